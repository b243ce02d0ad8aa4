import * as z from 'zod/mini';
import { lookAtInstances, instancesLeft } from '../instances.ts';
import { operation } from '../operation.ts';
import { procedure } from '../ports.ts';
import { errorsSince, expectedTime, startOf } from './after.ts';

/** Option B of the runbook: stop everything, wait for the drain, start again. There is a downtime. */
export const emergencyRestart = procedure({
  id: 'restart.emergency',
  section: '2.1',
  title: 'Emergency restart',
  needs: ['workload', 'logs'],
  input: z.object({ expectedMinutes: z.optional(z.number()) }),
  steps: ({ check, action, verification }) => [
    check('before', 'Instances before the restart', lookAtInstances),
    action(
      'restart',
      'Stop all instances, wait for the drain, start again',
      operation(
        'destructive',
        (workload) => workload.stopAndStart,
        () => ({}),
      ),
    ),
    verification('after', 'All instances healthy', lookAtInstances),
    verification('errors', 'Errors in the logs since the restart', ({ logs, findings, signal }) =>
      errorsSince(logs, startOf(findings.get('before')), signal),
    ),
  ],
  summarise: ({ input, findings, ms }) =>
    `${expectedTime('Emergency restart', ms, input.expectedMinutes)} ${findings.get('after')?.summary}.`,
  stateLeft: async ({ workload, findings, signal }) =>
    instancesLeft(findings.get('before'), await workload.status({ signal })),
  afterFailure: () => ['rb restart status', 'rb restart undo   (back to the version before)'],
});
