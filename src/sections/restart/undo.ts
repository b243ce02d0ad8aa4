import * as z from 'zod/mini';
import { RunbookError } from '../../engine/errors.ts';
import type { Workload } from '../../providers/workload/port.ts';
import { lookAtInstances } from '../instances.ts';
import { operation } from '../operation.ts';
import { procedure } from '../ports.ts';

const rollbackOf = (workload: Workload): NonNullable<Workload['rollback']> => {
  if (workload.rollback) return workload.rollback;
  throw new RunbookError('usage', 'No way back is configured for this workload.', {
    next: ['add the argument list `rollback` to `workload` in runbook.config.yaml'],
  });
};

/** Back to the version before. */
export const undoRestart = procedure({
  id: 'restart.undo',
  section: '2.1',
  title: 'Back to the version before',
  needs: ['workload'],
  input: z.object({}),
  steps: ({ action, verification }) => [
    action(
      'rollback',
      'Roll back',
      operation('disruptive', rollbackOf, () => ({})),
    ),
    verification('after', 'All instances healthy', lookAtInstances),
  ],
  summarise: ({ findings }) => `Rolled back. ${findings.get('after')?.summary}.`,
  afterFailure: () => ['rb restart status'],
});
