import * as z from 'zod/mini';
import { type Change, digest } from '../../../../engine/change.ts';
import { RunbookError } from '../../../../engine/errors.ts';
import type { AnyFinding } from '../../../../engine/finding.ts';
import type { JsonObject } from '../../../../engine/json.ts';
import { age } from '../../shared/instances-table.ts';
import { operation } from '../../shared/operation.ts';
import type { Autoscaling, Call } from '../../port.ts';
import { graceMs, judgeCount, lateCount } from './count-verdict.ts';
import { autoscalerBasis, findAutoscaler, type FoundAutoscaler, sleepsAtZero, withLimits } from './find-autoscaler.ts';
import { optimistically } from '../writing/optimistic.ts';
import type { Service } from '../service.ts';
import { watchWorkload } from '../rollout/watching.ts';
import { counted } from '../../../../words/counts.ts';

const LimitsData = z.object({
  name: z.string(),
  uid: z.string(),
  min: z.number(),
  max: z.number(),
  from: z.number(),
  to: z.number(),
});
type LimitsData = z.output<typeof LimitsData>;

/** An HPA looks every 15 s, KEDA every 30 s unless it is told otherwise; a missed turn more is no failure. */
const actsWithinMs = 75_000;

/** Moves the limits of the autoscaler, so that it sets the count itself. */
export const setLimitsOperation = (service: Service): Autoscaling['setLimits'] =>
  operation({
    change: LimitsData,
    plan: (input, call, interrupted) => planLimits(service, input, call, interrupted),
    apply: (change, call) => applyLimits(service, change, call),
    verify: ({ data }, call) => verifyLimits(service, data, call),
  });

const planLimits = async (
  service: Service,
  { to, expected }: { readonly to: number; readonly expected: number },
  { signal }: Call,
  interrupted?: Change,
): Promise<Change<LimitsData>> => {
  const { config, client } = service;
  const [found, { uid, replicas }] = await Promise.all([findAutoscaler(service, signal), service.read(signal)]);
  if (!found)
    throw new RunbookError('refused', `no autoscaler sets the count of ${config.service} any more`, {
      next: ['rb scale status'],
    });
  if (replicas !== expected && !interrupted)
    throw new RunbookError(
      'refused',
      `${config.service} has ${counted(replicas, 'instance')} now, not ${expected}: somebody or something else changed it`,
      { next: ['rb scale status'] },
    );
  requireAwake(service, found, replicas, to);
  const after = newLimits(found, replicas, to);
  const { kind, name } = found;
  const patch = kind.limits(after.min, after.max);
  await client.patch(kind.resource, name, patch, { type: 'merge', signal, dryRun: true });
  const command = (limits: JsonObject) =>
    service.kubectl('patch', kind.word, name, '--type', 'merge', '-p', `'${JSON.stringify(limits)}'`);
  return {
    summary: `move the limits of ${withLimits(found)} to ${after.min} to ${after.max}, so that it sets ${counted(to, 'instance')}`,
    target: service.target,
    blastRadius: [
      to < replicas
        ? `${replicas - to} of ${counted(replicas, 'instance')} stopped; the platform chooses which`
        : `${counted(to - replicas, 'instance')} more`,
      `the limits stay like this until somebody changes them`,
    ],
    equivalent: [command(patch)],
    difference: [
      ...(after.min === found.min ? [] : [`- minimum: ${found.min}`, `+ minimum: ${after.min}`]),
      ...(after.max === found.max ? [] : [`- maximum: ${found.max}`, `+ maximum: ${after.max}`]),
    ],
    undo: command(kind.limits(found.min, found.max)),
    basis: { uid, desired: replicas, autoscaler: autoscalerBasis(found) },
    affects: ['autoscaler', 'desired', 'count', 'generation'],
    data: { name, uid: found.uid, ...after, from: replicas, to },
  };
};

const newLimits = ({ min, max }: FoundAutoscaler, present: number, to: number) =>
  to >= present ? { min: to, max: Math.max(max, to) } : { min: Math.min(min, to), max: to };

const requireAwake = ({ config }: Service, found: FoundAutoscaler, replicas: number, to: number): void => {
  const next = ['rb scale status'];
  if (found.inactive !== undefined)
    throw new RunbookError('refused', `${found.title} would not set the count: ${found.inactive}`, { next });
  if (sleepsAtZero(found, replicas))
    throw new RunbookError('refused', `${found.title} does nothing while ${config.service} has a count of 0`, {
      next: [`rb scale to ${Math.max(to, found.min)}`],
    });
  if (to < 1)
    throw new RunbookError(
      'usage',
      `${found.title} cannot be told to keep ${counted(to, 'instance')}: its maximum is at least 1`,
      {
        next,
      },
    );
};

const applyLimits = (service: Service, { data, basis }: Change<LimitsData>, call: Call): Promise<void> =>
  optimistically(call, async (mayBeDone) => {
    const { min, max } = data;
    const present = await findAutoscaler(service, call.signal);
    if (mayBeDone && present?.min === min && present.max === max) return;
    if (!present || digest(autoscalerBasis(present)) !== digest(basis['autoscaler'] ?? null))
      throw changedSincePlan(data, present);
    const { kind, name, uid, resourceVersion } = present;
    const patch = { metadata: { uid, resourceVersion }, ...kind.limits(min, max) };
    await service.client.patch(kind.resource, name, patch, { type: 'merge', signal: call.signal });
  });

const changedSincePlan = ({ name }: LimitsData, present: FoundAutoscaler | undefined): RunbookError =>
  new RunbookError(
    'refused',
    `${name} is not what it was when this was planned: ${present ? withLimits(present) : 'it is gone'}`,
    { next: ['rb scale status'] },
  );

const verifyLimits = (
  service: Service,
  { name, to, min, max, uid, from }: LimitsData,
  call: Call,
): Promise<AnyFinding> => {
  const wanted = { to, unready: new Set<string>() };
  const judge = judgeCount(service, wanted, call);
  let found: FoundAutoscaler | undefined;
  let lookedAt = Number.NEGATIVE_INFINITY;
  const look = async (): Promise<void> => {
    if (call.clock.monotonic() - lookedAt < 2000) return;
    found = await findAutoscaler(service, call.signal);
    lookedAt = call.clock.monotonic();
  };
  return watchWorkload(service, call, {
    from: 'last step',
    forMs: (snapshot) => actsWithinMs + Math.max(service.config.readyTimeoutMs, to < from ? graceMs(snapshot) : 0),
    judge: async (seen) => {
      await look();
      if (!found || found.uid !== uid) return { verdict: 'critical', summary: `${name} is gone` };
      if (found.min !== min || found.max !== max)
        return { verdict: 'critical', summary: `the limits were not moved: ${withLimits(found)}` };
      const replicas = seen.snapshot?.replicas ?? 0;
      // Between its limits the count is its own: where the load asks for more it goes past the wanted one at once.
      if (replicas >= min && replicas <= max) return judge(seen, replicas);
      if (seen.waitedMs < actsWithinMs) return undefined;
      return {
        verdict: 'critical',
        summary: [
          `the limits are ${min} to ${max}, but the count is still ${replicas} after ${age(seen.waitedMs)}`,
          ...found.complaints,
        ].join('; '),
      };
    },
    late: (seen) => lateCount({ ...wanted, to: seen.snapshot?.replicas ?? to }, seen, age(seen.waitedMs)),
  });
};
