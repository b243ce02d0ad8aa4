import * as z from 'zod/mini';
import type { RestartUnit } from '../../providers/workload/port.ts';
import { lookAtInstances, instancesLeft } from '../instances.ts';
import { operation } from '../operation.ts';
import { procedure } from '../ports.ts';
import { errorsSince, expectedTime, startOf } from './after.ts';

const RollingInput = z.object({
  /** Instances at a time. */
  batch: z.int().check(z.gte(1)),
  expectedMinutes: z.optional(z.number()),
});

/** Option A of the runbook: one instance (or batch) after another, each healthy again before the next is touched. */
export const rollingRestart = procedure({
  id: 'restart.rolling',
  section: '2.1',
  title: 'Rolling restart',
  needs: ['workload', 'logs'],
  input: RollingInput,
  steps: ({ check, each, action, verification }) => [
    check('before', 'Instances before the restart', lookAtInstances),
    each('restart', 'Restart one after another', {
      items: ({ workload, input, signal }) => workload.restartUnits(input.batch, { signal }),
      step: (unit) =>
        action(
          unit.id,
          `Restart ${unit.id}`,
          operation(
            'disruptive',
            (workload) => workload.restart,
            () => unit as RestartUnit,
          ),
        ),
    }),
    verification('after', 'All instances healthy', lookAtInstances),
    verification('errors', 'Errors in the logs since the restart', ({ logs, findings, signal }) =>
      errorsSince(logs, startOf(findings.get('before')), signal),
    ),
  ],
  summarise: ({ input, findings, ms }) =>
    `${expectedTime('Rolling restart', ms, input.expectedMinutes)} ${findings.get('after')?.summary}.`,
  stateLeft: async ({ workload, findings, signal }) =>
    instancesLeft(findings.get('before'), await workload.status({ signal })),
  afterFailure: ({ input, failedStep }) => [
    'rb restart status',
    ...again(input.batch, failedStep),
    'rb restart undo   (back to the version before)',
    'rb restart --emergency   (stops everything; only if nothing else helps)',
  ],
});

/** A batch is no instance; a new rollout begins with what is not healthy. */
const again = (batch: number, failedStep: string | undefined): readonly string[] => {
  if (!failedStep?.startsWith('restart/')) return [];
  return batch === 1
    ? [`rb restart --instance ${failedStep.slice('restart/'.length)}   (try that one again)`]
    : ['rb restart --rolling   (begins with what is not healthy)'];
};
