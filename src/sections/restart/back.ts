import { RunbookError } from '../../engine/errors.ts';
import type { ActionSpec, ActionStep } from '../../engine/procedure.ts';
import type { Workload } from '../../providers/workload/port.ts';
import { findWayBack } from './way-back.ts';

/** The way back that a workload knows. Errors: `usage` where it knows none. */
const rollbackOf = (workload: Workload): NonNullable<Workload['rollback']> => {
  if (workload.rollback) return workload.rollback;
  throw new RunbookError('usage', 'No way back is configured for this workload.', {
    next: ['add the argument list `rollback` to `workload` in runbook.config.yaml'],
  });
};

/** Rolls back to the revision that the input names, or to the one before; see `findWayBack`. */
export const rollBack = <Input, Ports extends { readonly workload: Workload }>(
  revisionOf: (input: Input) => string | undefined,
): ActionSpec<Input, Ports> => ({
  tier: 'disruptive',
  plan: async (context, interrupted) => {
    const rollback = rollbackOf(context.workload);
    const asked = revisionOf(context.input);
    if (asked !== undefined) return rollback.plan({ revision: asked }, context, interrupted);
    const found = await findWayBack(context);
    if (!found) return rollback.plan({}, context, interrupted);
    const change = await rollback.plan({ revision: found.revision }, context, interrupted);
    return { ...change, blastRadius: [...change.blastRadius, `revision ${found.revision}: ${found.because}`] };
  },
  apply: (context, change) => rollbackOf(context.workload).apply(change, context),
  verify: (context, change) => rollbackOf(context.workload).verify(change, context),
});

/**
 * After a restart that failed, where the platform rolls by itself and keeps what was before. Which version that is, the
 * plan says: where a restart makes a revision of its own it is mostly the same one, and the instances that still serve stay.
 */
export const undoOfRestart = <Input, Ports extends { readonly workload: Workload }>(
  workload: Workload,
): ActionStep<Input, Ports> | undefined =>
  workload.restart.accepted && workload.rollback
    ? { kind: 'action', id: 'undo', title: 'Back to the version before', ...rollBack(() => undefined) }
    : undefined;
