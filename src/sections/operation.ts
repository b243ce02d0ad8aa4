import type { ActionSpec } from '../engine/procedure.ts';
import type { Tier } from '../engine/tier.ts';
import type { Operation, Workload } from '../providers/workload/port.ts';

/** Makes an action of something that a workload can do. `undo` gives the action that takes a failed change back. */
export const operation = <Input, Ports extends { readonly workload: Workload }, Wanted>(
  tier: Tier,
  of: (workload: Workload) => Operation<Wanted>,
  wanted: (input: Input) => Wanted,
  undo?: NonNullable<ActionSpec<Input, Ports>['undo']>,
): ActionSpec<Input, Ports> => ({
  tier,
  plan: (context, interrupted) => of(context.workload).plan(wanted(context.input), context, interrupted),
  apply: (context, change) => of(context.workload).apply(change, context),
  verify: (context, change) => of(context.workload).verify(change, context),
  ...(undo ? { undo } : {}),
});
