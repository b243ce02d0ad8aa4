import * as z from 'zod/mini';
import type { Change } from '../../engine/change.ts';
import type { RestartUnit } from '../../providers/workload/port.ts';
import { instancesFinding } from '../instances.ts';
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
    check('before', 'Instances before the restart', async ({ workload, signal, clock }) =>
      instancesFinding(await workload.status({ signal }), clock.now()),
    ),
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
      describe: (changes) => ({
        summary: changes.length === 1 ? (changes[0]?.summary ?? '') : `${changes.length} restarts, one after another`,
        blastRadius: atATime(changes),
      }),
    }),
    verification('after', 'All instances healthy', async ({ workload, signal, clock }) =>
      instancesFinding(await workload.status({ signal }), clock.now()),
    ),
    verification('errors', 'Errors in the logs since the restart', ({ logs, findings, signal }) =>
      errorsSince(logs, startOf(findings.get('before')), signal),
    ),
  ],
  summarise: ({ input, findings, ms }) =>
    `${expectedTime('Rolling restart', ms, input.expectedMinutes)} ${findings.get('after')?.summary}.`,
  afterFailure: ({ failedStep }) => [
    'rb restart status',
    ...(failedStep?.startsWith('restart/')
      ? [`rb restart --instance ${failedStep.slice('restart/'.length)}   (try that one again)`]
      : []),
    'rb restart undo   (back to the version before)',
    'rb restart --emergency   (stops everything; only if nothing else helps)',
  ],
});

/** What is true of every unit is said once. */
const atATime = (changes: readonly Change[]): readonly string[] =>
  [...new Set(changes.flatMap((change) => change.blastRadius))].map((each) =>
    changes.length > 1 ? `at a time: ${each}` : each,
  );
