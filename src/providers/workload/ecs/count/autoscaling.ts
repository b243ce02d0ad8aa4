import * as z from 'zod/mini';
import type { Change } from '../../../../engine/change.ts';
import { RunbookError } from '../../../../engine/errors.ts';
import { operation } from '../../shared/operation.ts';
import type { Autoscaling, Call } from '../../port.ts';
import { awaitCount } from './await-count.ts';
import type { Serving } from './await-count.ts';
import { noted, Noted } from '../tasks/noted.ts';
import { autoscalerOf, isHeld } from './scalable-target.ts';
import type { Scaling, ScalableTarget } from './scalable-target.ts';
import { requireCountable, setCount } from './scale.ts';
import type { EcsService } from '../service.ts';
import { counted } from '../../../../words/counts.ts';
import { requireWholeCount } from '../../shared/wanted-count.ts';

const LimitsData = z.object({ to: z.number(), min: z.number(), max: z.number(), noted: Noted });
type LimitsData = z.output<typeof LimitsData>;

interface LimitsInput {
  readonly to: number;
  readonly expected: number;
}

/** Application Auto Scaling answers a moved limit by itself, but not at once. */
const followsWithinMs = 60_000;

/** What sets the desired count by itself, and its limits. */
export const openAutoscaling = (service: EcsService, scalable: ScalableTarget, serving: Serving): Autoscaling => ({
  find: async (call) => {
    const scaling = await scalable.find(call);
    return scaling && autoscalerOf(scaling);
  },
  setLimits: operation({
    change: LimitsData,
    plan: (input, call, interrupted) => planLimits(service, scalable, input, call, interrupted),
    apply: async (change, call) => {
      const { to, min, max } = change.data;
      const [scaling, seen] = await Promise.all([scalable.find(call), service.look(call, 'new')]);
      const now = { desired: seen.desired, min: scaling?.min ?? null, max: scaling?.max ?? null };
      if (now.min !== change.basis['min'] || now.max !== change.basis['max'] || now.desired !== change.basis['desired'])
        throw new RunbookError(
          'refused',
          `the limits are ${now.min} to ${now.max} and the desired count is ${now.desired} now: something else changed them.`,
          { next: ['rb scale status'] },
        );
      await scalable.limit({ min, max }, call);
      await setCount(service, to, call);
    },
    verify: async ({ data: { to, min, max, noted: notes } }, call) => {
      const scaling = await scalable.find(call);
      if (scaling?.min !== min || scaling.max !== max)
        return {
          verdict: 'critical',
          summary: `the limits were not moved: ${scaling === undefined ? 'there are none' : `${scaling.min} to ${scaling.max}`}, ${min} to ${max} wanted`,
        };
      return awaitCount(
        service,
        serving,
        {
          to,
          within: isHeld(scaling) ? undefined : scaling,
          desiredWithinMs: followsWithinMs,
          notDone: (desired) => `the limits are ${min} to ${max}, but the desired count is ${desired} and not ${to}`,
          done: (what) => `${what}; the limits are ${min} to ${max}`,
          eventsSince: notes.events,
        },
        call,
      );
    },
  }),
});

const planLimits = async (
  service: EcsService,
  scalable: ScalableTarget,
  { to, expected }: LimitsInput,
  call: Call,
  interrupted?: Change<LimitsData>,
): Promise<Change<LimitsData>> => {
  requireWholeCount(to);
  const [scaling, seen] = await Promise.all([scalable.find(call), service.look(call, 'plan')]);
  requireCountable(seen);
  if (!scaling)
    throw new RunbookError('refused', `${service.config.service} is not registered with Application Auto Scaling`, {
      next: [`rb scale to ${to}`],
    });
  if (seen.desired !== expected && !interrupted)
    throw new RunbookError(
      'refused',
      `${service.config.service} has ${counted(seen.desired, 'instance')} now, not ${expected}: somebody or something else changed it`,
      { next: ['rb scale status'] },
    );
  const { min, max } = moved(scaling, to, seen.desired);
  return {
    summary: `move the limits of Application Auto Scaling from ${scaling.min}-${scaling.max} to ${min}-${max}, and ${service.config.service} from ${seen.desired} to ${counted(to, 'instance')}`,
    target: service.target(seen),
    blastRadius: [
      to < seen.desired
        ? `${seen.desired - to} of ${counted(seen.desired, 'instance')} stopped; ECS chooses which`
        : `${counted(to - seen.desired, 'instance')} more`,
      `it goes on scaling between ${min} and ${max}`,
    ],
    equivalent: [
      scalable.command('--min-capacity', String(min), '--max-capacity', String(max)),
      service.command('update-service', '--desired-count', String(to)),
    ],
    undo: scalable.command('--min-capacity', String(scaling.min), '--max-capacity', String(scaling.max)),
    ...(isHeld(scaling) ? { raises: ['Application Auto Scaling is suspended'] } : {}),
    basis: { desired: seen.desired, min: scaling.min, max: scaling.max },
    // An emergency restart rests on the limits too.
    affects: ['desired', 'min', 'max', 'scaling.min', 'scaling.max'],
    data: { to, min, max, noted: noted(seen, call.clock.now()) },
  };
};

/** Upwards the minimum, downwards the maximum; the other one only where it would be in the way. */
const moved = (scaling: Scaling, to: number, desired: number): { readonly min: number; readonly max: number } =>
  to >= desired ? { min: to, max: Math.max(scaling.max, to) } : { min: Math.min(scaling.min, to), max: to };
