import { anyJson } from '../../../engine/any-json.ts';
import { RunbookError } from '../../../engine/errors.ts';
import type { Json } from '../../../engine/json.ts';
import { undoAction } from '../../../engine/procedure/build.ts';
import type { ActionSpec, Undo } from '../../../engine/procedure/specs.ts';
import type { Receipt, Workload } from '../../../providers/workload/port.ts';
import type { Has } from '../../ports.ts';
import { findWayBack } from './way-back.ts';

/** The rollback that a workload knows. Errors: `usage` where it knows none. */
const rollbackOf = (workload: Workload): NonNullable<Workload['rollback']> => {
  if (workload.rollback) return workload.rollback;
  throw new RunbookError('usage', 'No way back is configured for this workload.', {
    next: ['add the argument list `rollback` to `workload` in runbook.config.yaml'],
  });
};

/** Rolls back to the revision that the input names, or to the previous one; see `findWayBack`. */
export const rollBack = <Input, Ports extends Has<'workload'>>(
  revisionOf: (input: Input) => string | undefined,
): ActionSpec<Input, Ports, Json, Receipt> => ({
  tier: 'disruptive',
  change: anyJson,
  plan: async (context, interrupted) => {
    const workload = await context.ports.workload();
    const rollback = rollbackOf(workload);
    const asked = revisionOf(context.input);
    if (asked !== undefined) return rollback.plan({ revision: asked }, context, interrupted);
    const found = await findWayBack(workload, context);
    if (!found) return rollback.plan({}, context, interrupted);
    const change = await rollback.plan({ revision: found.revision }, context, interrupted);
    return { ...change, blastRadius: [...change.blastRadius, `revision ${found.revision}: ${found.because}`] };
  },
  apply: async (context, change) => rollbackOf(await context.ports.workload()).apply(change, context),
  verify: async (context, change, receipt) =>
    rollbackOf(await context.ports.workload()).verify(change, context, receipt),
});

/**
 * After a restart that failed, where the platform rolls by itself and keeps its revisions. The plan says which version that is:
 * where a restart makes a revision of its own it is mostly the same one, and the instances that still serve stay.
 */
export const undoOfRestart = <Input, Ports extends Has<'workload'>>(
  workload: Workload,
): Undo<Input, Ports> | undefined =>
  workload.restart.accepted && workload.rollback
    ? undoAction(
        'undo',
        'Roll back to the previous version',
        rollBack<Input, Ports>(() => undefined),
      )
    : undefined;
