import { RunbookError } from '../../engine/errors.ts';
import type { ActionSpec, ActionStep } from '../../engine/procedure.ts';
import type { Workload } from '../../providers/workload/port.ts';
import { operation } from '../operation.ts';

/** The way back that a workload knows. Errors: `usage` where it knows none. */
export const rollbackOf = (workload: Workload): NonNullable<Workload['rollback']> => {
  if (workload.rollback) return workload.rollback;
  throw new RunbookError('usage', 'No way back is configured for this workload.', {
    next: ['add the argument list `rollback` to `workload` in runbook.config.yaml'],
  });
};

/** Rolls back to the revision that the input names, or to the one before. */
export const rollBack = <Input, Ports extends { readonly workload: Workload }>(
  revisionOf: (input: Input) => string | undefined,
): ActionSpec<Input, Ports> =>
  operation('disruptive', rollbackOf, (input: Input) => {
    const revision = revisionOf(input);
    return revision === undefined ? {} : { revision };
  });

/**
 * After a restart that failed: what ran before it, where the platform rolls by itself and keeps that. A restart changes no
 * version, so this brings back the same one: it stops the rollout and keeps those instances that still run.
 */
export const undoOfRestart = <Input, Ports extends { readonly workload: Workload }>(
  workload: Workload,
): ActionStep<Input, Ports> | undefined =>
  workload.restart.accepted && workload.rollback
    ? { kind: 'action', id: 'undo', title: 'Back to what ran before the restart', ...rollBack(() => undefined) }
    : undefined;
