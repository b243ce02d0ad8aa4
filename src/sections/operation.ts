import type { ActionSpec } from '../engine/procedure.ts';
import type { Tier } from '../engine/tier.ts';
import type { Operation, Workload } from '../providers/workload/port.ts';

/**
 * Makes an action of something that a workload can do. `undo` gives the action that takes a failed change back. Where `waits`
 * says no, it is done as soon as the platform has taken the change.
 */
export const operation = <Input, Ports extends { readonly workload: Workload }, Wanted>(
  tier: Tier,
  of: (workload: Workload) => Operation<Wanted>,
  wanted: (input: Input) => Wanted,
  undo?: NonNullable<ActionSpec<Input, Ports>['undo']>,
  waits: (input: Input) => boolean = () => true,
): ActionSpec<Input, Ports> => ({
  tier,
  plan: (context, interrupted) => of(context.workload).plan(wanted(context.input), context, interrupted),
  apply: (context, change) => of(context.workload).apply(change, context),
  verify: (context, change) => {
    const able = of(context.workload);
    return able.accepted && !waits(context.input) ? able.accepted(change, context) : able.verify(change, context);
  },
  ...(undo ? { undo } : {}),
});
