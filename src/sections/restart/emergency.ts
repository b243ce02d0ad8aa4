import * as z from 'zod/mini';
import { Instances, lookAgain, lookAtInstances } from '../instances.ts';
import { procedure } from '../ports.ts';
import { workloadAction } from '../workload-action.ts';
import { beganAfter, errorsSince, expectedTime } from './after.ts';
import { instancesLeft } from './left.ts';

/** Option B of the runbook: stop everything, wait for the drain, start again. There is a downtime. */
export const emergencyRestart = procedure({
  id: 'restart.emergency',
  section: '2.1',
  title: 'Emergency restart',
  purpose: 'A rolling restart does not help, and a short downtime is acceptable.',
  needs: { workload: 'required', logs: 'optional' },
  input: z.object({ expectedMinutes: z.optional(z.number()) }),
  steps: ({ check, action, verification }) => {
    const before = check('before', 'Instances before the restart', { data: Instances, look: lookAtInstances });
    const began = check('began', 'Beginning of the restart', beganAfter(before));
    const restart = action(
      'restart',
      'Stop all instances, wait for the drain, start again',
      workloadAction({ tier: 'destructive', of: (workload) => workload.stopAndStart, wanted: () => ({}) }),
    );
    const after = verification('after', 'All instances healthy', {
      replaces: before,
      data: Instances,
      look: lookAgain(before),
    });
    const errors = verification('errors', 'Errors in the logs since the restart', errorsSince(before, began));
    return {
      steps: [before, began, restart, after, errors],
      summary: ({ input, seen, ms }) =>
        `${expectedTime('Emergency restart', ms, input.expectedMinutes)} ${seen(after)?.summary}.`,
      stateLeft: instancesLeft(before),
      afterFailure: () => ['rb restart status', 'rb restart undo   (roll back to the previous version)'],
    };
  },
});
