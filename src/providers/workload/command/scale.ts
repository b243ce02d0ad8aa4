import * as z from 'zod/mini';
import type { Change } from '../../../engine/change.ts';
import { RunbookError } from '../../../engine/errors.ts';
import type { AnyFinding, Finding } from '../../../engine/finding.ts';
import { shown } from '../../../clients/process/shown.ts';
import { operation } from '../shared/operation.ts';
import type { Call, Operation } from '../port.ts';
import { Before, beforeOf } from './before.ts';
import { followComeback, type Standing } from './comeback.ts';
import { isStopped } from './describe.ts';
import { listing } from '../../../words/listing.ts';
import { counted } from '../../../words/counts.ts';
import { follow, waited, whileWatching } from './follow.ts';
import { commandsDone, type CommandsDone, type Service } from './service.ts';
import { requireExpectedCount, requireWholeCount } from '../shared/wanted-count.ts';

interface ScaleInput {
  readonly to: number;
  readonly expected: number;
}

const ScaleData = z.object({ before: z.array(Before), to: z.number() });
type ScaleData = z.output<typeof ScaleData>;

/** Changes the number of instances. The floor and the ceiling are shown here and guarded by the procedure. */
export const scaleOperation = (service: Service): Operation<ScaleInput> =>
  operation({
    change: ScaleData,
    plan: (input, call, interrupted) => planScale(service, input, call, interrupted),
    apply: async (change, call) => {
      await requireCount(service, change, call);
      await whileWatching(service, call, service.change('scale', { count: String(change.data.to) }, call));
      return commandsDone;
    },
    verify: ({ data }, call, receipt) => verifyScale(service, data, call, receipt),
  });

/** The count that the change rests on is its precondition: the command sets an absolute number, over anything that happened since. */
const requireCount = async (service: Service, change: Change, call: Call): Promise<void> => {
  const { desired } = await service.intended(await service.instances(call.signal), call.signal);
  if (desired === change.basis['desired']) return;
  throw new RunbookError(
    'refused',
    `${service.config.name} has ${counted(desired, 'instance')} now: another process changed it`,
    {
      next: ['rb scale status'],
    },
  );
};

const planScale = async (
  service: Service,
  { to, expected }: ScaleInput,
  call: Call,
  interrupted?: Change<ScaleData>,
): Promise<Change<ScaleData>> => {
  const { config } = service;
  requireWholeCount(to);
  const all = await service.instances(call.signal);
  const { desired } = await service.intended(all, call.signal);
  requireExpectedCount(config.name, { present: desired, expected }, interrupted);
  const equivalent = [shown(service.argv('scale', { count: String(to) }))];
  const { min, max } = config.scaling ?? {};
  const limits = [min === undefined ? undefined : `minimum ${min}`, max === undefined ? undefined : `maximum ${max}`];
  return {
    summary: `scale ${config.name} from ${desired} to ${counted(to, 'instance')}`,
    target: service.target,
    blastRadius: [
      to < desired
        ? `${desired - to} of ${counted(desired, 'instance')} stopped; the platform chooses which`
        : `${counted(to - desired, 'instance')} more`,
      [`now ${desired}`, ...limits].filter((part) => part !== undefined).join(', '),
    ],
    equivalent,
    undo: shown(service.argv('scale', { count: String(desired) })),
    basis: { desired },
    affects: ['desired', 'count', 'instances'],
    data: { before: interrupted?.data.before ?? all.map((each) => beforeOf(each, call.clock.now())), to },
  };
};

const enough = 3;

const verifyScale = (
  service: Service,
  { before, to: wanted }: ScaleData,
  call: Call,
  receipt: CommandsDone | undefined,
): Promise<AnyFinding> => {
  const { config } = service;
  const hasHealth = config.instanceHealth !== undefined;
  // None of them has to be new: only to be there and healthy.
  const rules = { unhealthyThreshold: config.unhealthyThreshold, hasHealth, commandsDone: true };
  const wasUnhealthy = new Set(before.filter(({ health }) => health === 'critical').map(({ id }) => id));
  const followed = new Map<string, ReturnType<typeof followComeback>>();
  let wrong = 0;

  return follow(
    service,
    call,
    receipt,
    (look) => {
      const up = look.instances.filter((instance) => !isStopped(instance));
      const standings = up.map((instance): Standing => {
        const known = followed.get(instance.id) ?? followComeback(instance.id, undefined, rules);
        followed.set(instance.id, known);
        return known(instance, look.at);
      });
      if (look.commandRunning) return undefined;
      const failed = standings.find(({ id, kind }) => kind === 'failed' && !wasUnhealthy.has(id));
      if (failed) return { verdict: 'critical', summary: `${failed.id} is not healthy: ${failed.why}` };
      if (up.length !== wanted) {
        wrong += 1;
        return !receipt && wrong >= enough
          ? { verdict: 'critical', summary: `not scaled: ${up.length} of ${counted(wanted, 'instance')}` }
          : undefined;
      }
      wrong = 0;
      return scaled(standings, wanted);
    },
    (look) => {
      const up = look.instances.filter((instance) => !isStopped(instance));
      const ill = up
        .filter(({ health }) => health !== 'ok')
        .map(({ id, detail }) => `${id}: ${detail ?? 'not healthy'}`);
      return {
        verdict: 'critical',
        summary: `${up.length} of ${counted(wanted, 'instance')} after ${waited(look)}${ill.length === 0 ? '' : `; ${ill.join('; ')}`}`,
      };
    },
  );
};

const scaled = (standings: readonly Standing[], wanted: number): Finding | undefined => {
  const still = standings.filter(({ kind }) => kind === 'failed').map(({ id }) => id);
  const unseen = standings.filter(({ kind, times }) => kind === 'running' || (kind === 'unclear' && times >= enough));
  const healthy = standings.filter(({ kind }) => kind === 'healthy');
  if (still.length + unseen.length + healthy.length < standings.length) return undefined;
  if (still.length > 0)
    return {
      verdict: 'warn',
      summary: `${counted(wanted, 'instance')} running; ${listing(still)} not healthy, as before`,
    };
  if (unseen.length > 0)
    return {
      verdict: 'warn',
      summary: `${counted(wanted, 'instance')} listed; healthy or not is not known, because no instanceHealth is configured`,
    };
  return {
    verdict: 'ok',
    summary: wanted === 0 ? 'no instance is running' : `${counted(wanted, 'instance')} running and healthy`,
  };
};
