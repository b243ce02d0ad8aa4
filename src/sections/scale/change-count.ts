import { anyJson } from '../../engine/any-json.ts';
import type { Change } from '../../engine/change.ts';
import type { Json } from '../../engine/json.ts';
import type { Context } from '../../engine/procedure/context.ts';
import type { ActionSpec } from '../../engine/procedure/specs.ts';
import type { Operation, Receipt, Workload } from '../../providers/workload/port.ts';
import type { Has } from '../ports.ts';
import { limitsOf, scaleRaises } from './guard.ts';

interface Wanted {
  readonly to: number;
  readonly expected: number;
}

type ScalePorts = Has<'workload' | 'settings'>;
type ScaleContext<Input> = Context<Input, ScalePorts>;

/** Changes the number of instances, or what sets it, with what makes such a change risky. */
export const changeCount = <Input>({
  of,
  wanted,
  affects = () => [],
}: {
  readonly of: (workload: Workload) => Operation<Wanted>;
  /** `desired` is the present number. */
  readonly wanted: (context: ScaleContext<Input>, desired: number) => Wanted;
  /** What else it does, for the person who confirms it. */
  readonly affects?: (context: ScaleContext<Input>, change: Change) => readonly string[];
}): ActionSpec<Input, ScalePorts, Json, Receipt> => ({
  tier: 'disruptive',
  change: anyJson,
  plan: async (context, interrupted) => {
    const { ports, signal, clock } = context;
    const workload = await ports.workload();
    const { desired } = await workload.status({ signal }, 'brief');
    const { to, expected } = wanted(context, desired);
    const change = await of(workload).plan({ to, expected }, context, interrupted);
    const limits = limitsOf(await ports.settings());
    return {
      ...change,
      blastRadius: [...change.blastRadius, ...affects(context, change)],
      raises: [...(change.raises ?? []), ...scaleRaises(desired, to, limits, clock.now())],
    };
  },
  apply: async (context, change) => of(await context.ports.workload()).apply(change, context),
  verify: async (context, change, receipt) => of(await context.ports.workload()).verify(change, context, receipt),
});
