import * as z from 'zod/mini';
import type { Change } from '../../../../engine/change.ts';
import { RunbookError } from '../../../../engine/errors.ts';
import type { AnyFinding } from '../../../../engine/finding.ts';
import { age } from '../../shared/instances-table.ts';
import { operation } from '../../shared/operation.ts';
import type { Call, Operation } from '../../port.ts';
import {
  autoscalerBasis,
  type FoundAutoscaler,
  lookForAutoscaler,
  sleepsAtZero,
  withLimits,
} from './find-autoscaler.ts';
import { createdAgain } from '../objects/describe.ts';
import { graceMs, judgeCount, lateCount } from './count-verdict.ts';
import { isOver } from '../objects/pods.ts';
import type { Service } from '../service.ts';
import { setCount, trySetCount } from './set-count.ts';
import type { Snapshot } from '../objects/snapshot.ts';
import { watchWorkload } from '../rollout/watching.ts';
import { counted } from '../../../../words/counts.ts';
import { requireExpectedCount, requireWholeCount } from '../../shared/wanted-count.ts';

interface ScaleInput {
  readonly to: number;
  readonly expected: number;
}

const ScaleData = z.object({
  uid: z.string(),
  from: z.number(),
  to: z.number(),
  /** Pods that were not ready before; that they still are not is no failure of this change. */
  unready: z.array(z.string()),
});
type ScaleData = z.output<typeof ScaleData>;

/** Changes the number of pods. The floor and the ceiling are shown here and guarded by the procedure. */
export const scaleOperation = (service: Service): Operation<ScaleInput> =>
  operation({
    change: ScaleData,
    plan: (input, call, interrupted) => planScale(service, input, call, interrupted),
    apply: async ({ data: { to, uid, from } }, call) => {
      await setCount(service, to, { uid, replicas: from }, call);
      return { applied: true };
    },
    verify: ({ data }, call, receipt) => verifyScale(service, data, call, receipt?.applied ?? false),
  });

/** Errors: `usage` for a DaemonSet. */
export const requireScalable = ({ config, target }: Service, next: string): void => {
  if (config.kind !== 'daemonset') return;
  throw new RunbookError(
    'usage',
    `${target.name} has no count: a DaemonSet runs one instance on every node that it selects`,
    { next: [next] },
  );
};

const planScale = async (
  service: Service,
  { to, expected }: ScaleInput,
  { signal }: Call,
  interrupted?: Change<ScaleData>,
): Promise<Change<ScaleData>> => {
  const { config } = service;
  requireScalable(service, 'change its nodeSelector, or the labels of the nodes');
  requireWholeCount(to);
  const [snapshot, autoscaler] = await Promise.all([
    service.read(signal),
    lookForAutoscaler(service, signal),
    trySetCount(service, to, signal),
  ]);
  const { replicas, uid } = snapshot;
  requireExpectedCount(config.service, { present: replicas, expected }, interrupted);
  const { min, max } = config.scaling ?? {};
  const limits = [min === undefined ? undefined : `minimum ${min}`, max === undefined ? undefined : `maximum ${max}`];
  const said = autoscaler.found ? aboutAutoscaler(autoscaler.found, replicas, to) : {};
  const lines = [said.line, autoscaler.unseen].filter((line) => line !== undefined);
  return {
    summary: `scale ${config.service} from ${replicas} to ${counted(to, 'instance')}`,
    target: service.target,
    blastRadius: [
      to < replicas
        ? `${replicas - to} of ${counted(replicas, 'instance')} stopped; the platform chooses which`
        : `${counted(to - replicas, 'instance')} more`,
      [`now ${replicas}`, ...limits].filter((part) => part !== undefined).join(', '),
      ...lines,
    ],
    equivalent: [scaleCommand(service, replicas, to)],
    undo: scaleCommand(service, to, replicas),
    ...(said.raise === undefined ? {} : { raises: [said.raise] }),
    basis: { uid, desired: replicas, autoscaler: autoscalerBasis(autoscaler.found) },
    affects: ['desired', 'count', 'generation'],
    data: { uid, from: replicas, to, unready: await unreadyPods(service, snapshot, signal) },
  };
};

export const scaleCommand = (service: Service, from: number, to: number): string =>
  service.kubectl(
    'scale',
    `${service.config.kind}/${service.config.name}`,
    `--current-replicas=${from}`,
    `--replicas=${to}`,
  );

/** What the autoscaler will make of the new count. */
const aboutAutoscaler = (
  found: FoundAutoscaler,
  from: number,
  to: number,
): { readonly line?: string; readonly raise?: string } => {
  if (found.inactive !== undefined)
    return { line: `${withLimits(found)} does not change the count: ${found.inactive}` };
  if (sleepsAtZero(found, to))
    return { raise: `${found.title} is switched off by a count of 0, until somebody sets another count` };
  const kept = Math.min(found.max, Math.max(found.min, to));
  if (kept !== to) return { raise: `${withLimits(found)} will set the count to ${kept} again` };
  return {
    line: sleepsAtZero(found, from)
      ? `${withLimits(found)} changes the count again from now on`
      : `${withLimits(found)} may change the count again`,
  };
};

const mostUnready = 50;

const unreadyPods = async (service: Service, snapshot: Snapshot, signal: AbortSignal): Promise<string[]> => {
  // The counts say it where all is well: no list of hundreds of pods for nothing.
  if (snapshot.ready >= snapshot.replicas) return [];
  const pods = await service.pods(snapshot, signal);
  return pods
    .filter((pod) => !pod.ready && !pod.terminating && !isOver(pod))
    .map(({ name }) => name)
    .slice(0, mostUnready);
};

const verifyScale = (
  service: Service,
  { to, from, unready, uid }: ScaleData,
  call: Call,
  applied: boolean,
): Promise<AnyFinding> => {
  const wanted = { to, unready: new Set(unready) };
  const judge = judgeCount(service, wanted, call);
  return watchWorkload(service, call, {
    from: 'last step',
    forMs: (snapshot) =>
      to < from ? Math.max(service.config.readyTimeoutMs, graceMs(snapshot)) : service.config.readyTimeoutMs,
    judge: (look) => {
      const now = look.snapshot?.replicas;
      if (look.snapshot && look.snapshot.uid !== uid) return { verdict: 'critical', summary: createdAgain(service) };
      if (now === to) return judge(look);
      return !applied && now === from
        ? { verdict: 'critical', summary: `not scaled: still ${counted(from, 'instance')}` }
        : { verdict: 'critical', summary: `something else set it to ${counted(now ?? 0, 'instance')}; ${to} wanted` };
    },
    late: (look) => lateCount(wanted, look, age(look.waitedMs)),
  });
};
