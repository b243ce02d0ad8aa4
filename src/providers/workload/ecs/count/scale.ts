import * as z from 'zod/mini';
import type { Change } from '../../../../engine/change.ts';
import { RunbookError } from '../../../../engine/errors.ts';
import { operation } from '../../shared/operation.ts';
import type { Call, Operation } from '../../port.ts';
import { awaitCount } from './await-count.ts';
import type { Serving } from './await-count.ts';
import { noted, Noted } from '../tasks/noted.ts';
import type { Seen } from '../tasks/seen.ts';
import type { EcsService } from '../service.ts';
import { counted } from '../../../../words/counts.ts';
import { requireExpectedCount, requireWholeCount } from '../../shared/wanted-count.ts';

interface ScaleInput {
  readonly to: number;
  readonly expected: number;
}

const ScaleData = z.object({ to: z.number(), noted: Noted });
type ScaleData = z.output<typeof ScaleData>;

/** For so long after UpdateService the reads may show the count of before. */
export const countAppearsWithinMs = 30_000;

/**
 * Sets the desired count. ECS has no update with a condition: the count is read again right before it is set, and what somebody
 * else sets within those milliseconds is overwritten.
 */
export const scaleOperation = (service: EcsService, serving: Serving): Operation<ScaleInput> =>
  operation({
    change: ScaleData,
    plan: (input, call, interrupted) => planScale(service, input, call, interrupted),
    apply: async (change, call) => {
      const { desired } = await service.look(call, 'new');
      if (desired !== change.basis['desired'])
        throw new RunbookError(
          'refused',
          `${service.config.service} has ${counted(desired, 'instance')} now: something else changed it.`,
          { next: ['rb scale status'] },
        );
      await setCount(service, change.data.to, call);
      return true;
    },
    verify: ({ data: { to, noted: notes } }, call, sent = false) =>
      awaitCount(
        service,
        serving,
        {
          to,
          desiredWithinMs: sent ? countAppearsWithinMs : 0,
          notDone: (desired) =>
            sent
              ? `the desired count is ${desired} and not ${to}: something else changed it`
              : `not scaled: the desired count is ${desired} and not ${to}`,
          done: (what) => what,
          eventsSince: notes.events,
        },
        call,
      ),
  });

/** Where no answer comes, `verify` sees whether it was done. */
export const setCount = async (service: EcsService, desiredCount: number, call: Call): Promise<void> => {
  try {
    await service.update({ desiredCount }, call);
  } catch (error) {
    call.signal.throwIfAborted();
    if (!(error instanceof RunbookError) || error.kind !== 'unknown') throw error;
    call.report({ note: `${error.message}; looking whether it was` });
  }
};

export const requireCountable = ({ daemon }: Seen): void => {
  if (daemon)
    throw new RunbookError(
      'refused',
      'the service runs one task on each container instance (DAEMON): it has no count to set',
      {
        next: ['add or remove container instances of the cluster'],
      },
    );
};

const planScale = async (
  service: EcsService,
  { to, expected }: ScaleInput,
  call: Call,
  interrupted?: Change<ScaleData>,
): Promise<Change<ScaleData>> => {
  const { config } = service;
  requireWholeCount(to);
  const seen = await service.look(call, 'plan');
  requireCountable(seen);
  const { desired } = seen;
  requireExpectedCount(config.service, { present: desired, expected }, interrupted);
  return {
    summary: `scale ${config.service} from ${desired} to ${counted(to, 'instance')}`,
    target: service.target(seen),
    blastRadius: [
      to < desired
        ? `${desired - to} of ${counted(desired, 'instance')} stopped; ECS chooses which`
        : `${counted(to - desired, 'instance')} more`,
      limits(desired, config.scaling),
    ],
    equivalent: [service.command('update-service', '--desired-count', String(to))],
    undo: service.command('update-service', '--desired-count', String(desired)),
    basis: { desired },
    affects: ['desired'],
    data: { to, noted: noted(seen, call.clock.now()) },
  };
};

/** "now 3, minimum 1, maximum 9". */
const limits = (
  desired: number,
  { min, max }: { readonly min?: number | undefined; readonly max?: number | undefined } = {},
): string =>
  [
    `now ${desired}`,
    ...(min === undefined ? [] : [`minimum ${min}`]),
    ...(max === undefined ? [] : [`maximum ${max}`]),
  ].join(', ');
