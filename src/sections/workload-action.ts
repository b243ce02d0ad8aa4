import { anyJson } from '../engine/any-json.ts';
import type { Json } from '../engine/json.ts';
import type { Given } from '../engine/procedure/context.ts';
import type { ActionSpec } from '../engine/procedure/specs.ts';
import type { Tier } from '../engine/plan/tier.ts';
import type { Operation, Receipt, Workload } from '../providers/workload/port.ts';
import type { Has } from './ports.ts';

interface Spec<Input, Ports, Wanted> {
  readonly tier: Tier;
  readonly of: (workload: Workload) => Operation<Wanted>;
  readonly wanted: Given<Input, Ports, Wanted>;
  /** Where it says no, the action is done as soon as the platform has taken the change. */
  readonly waits?: (input: Input) => boolean;
  readonly undo?: ActionSpec<Input, Ports, Json, Receipt>['undo'];
}

/** An action of something that a workload can do. The adapter owns the data of its change. */
export const workloadAction = <Input, Ports extends Has<'workload'>, Wanted>({
  tier,
  of,
  wanted,
  waits = () => true,
  undo,
}: Spec<Input, Ports, Wanted>): ActionSpec<Input, Ports, Json, Receipt> => ({
  tier,
  change: anyJson,
  plan: async (context, interrupted) =>
    of(await context.ports.workload()).plan(await wanted(context), context, interrupted),
  apply: async (context, change) => of(await context.ports.workload()).apply(change, context),
  verify: async (context, change, receipt) => {
    const able = of(await context.ports.workload());
    return able.accepted && !waits(context.input)
      ? able.accepted(change, context, receipt)
      : able.verify(change, context, receipt);
  },
  ...(undo && { undo }),
});
