import * as z from 'zod/mini';
import { RunbookError } from '../../engine/errors.ts';
import type { Finding } from '../../engine/finding.ts';
import type { RestartUnit, Workload } from '../../providers/workload/port.ts';
import { countInstances, instancesIn, instancesLeft } from '../instances.ts';
import { operation } from '../operation.ts';
import { procedure } from '../ports.ts';
import { errorsSince, expectedTime, startOf } from './after.ts';
import { undoOfRestart } from './back.ts';

const RollingInput = z.object({
  /** Instances at a time. */
  batch: z.int().check(z.gte(1)),
  expectedMinutes: z.optional(z.number()),
  /** Whether to stay until it is done. Absent: yes. */
  wait: z.optional(z.boolean()),
});
type RollingInput = z.output<typeof RollingInput>;

const waits = (input: RollingInput): boolean => input.wait !== false;
const whenWaiting = ({ input }: { readonly input: RollingInput }): boolean => waits(input);

/** Option A of the runbook: one instance (or batch) after another, each healthy again before the next is touched. */
export const rollingRestart = procedure({
  id: 'restart.rolling',
  section: '2.1',
  title: 'Rolling restart',
  needs: ['workload', 'logs'],
  input: RollingInput,
  steps: ({ check, each, action, verification }) => [
    { ...check('before', 'Instances before the restart', countInstances), when: whenWaiting },
    each('restart', 'Restart one after another', {
      items: ({ workload, input, signal }) => {
        if (!waits(input)) requireOwnRolling(workload);
        return workload.restartUnits(input.batch, { signal });
      },
      step: (unit) =>
        action(
          unit.id,
          `Restart ${unit.id}`,
          operation(
            'disruptive',
            (workload) => workload.restart,
            () => unit as RestartUnit,
            (_, { workload, input }) => (waits(input) ? undoOfRestart(workload) : undefined),
            waits,
          ),
        ),
    }),
    { ...verification('after', 'All instances healthy', countInstances), when: whenWaiting },
    {
      ...verification('errors', 'Errors in the logs since the restart', ({ logs, findings, signal }) =>
        errorsSince(logs, startOf(findings.get('before')), signal),
      ),
      when: whenWaiting,
    },
  ],
  summarise: ({ input, findings, ms }) =>
    waits(input)
      ? `${expectedTime('Rolling restart', ms, input.expectedMinutes)} ${findings.get('after')?.summary}.`
      : `Rolling restart begun${begun(findings)}. How it goes: rb restart status`,
  stateLeft: async ({ workload, findings, signal }) =>
    instancesLeft(findings.get('before'), await workload.status({ signal })),
  afterFailure: ({ input, failedStep, takenBack, findings }) => [
    'rb restart status',
    // The version before serves again: another undo would bring the bad one back.
    ...(takenBack
      ? []
      : [
          ...again(input.batch, failedStep, findings.get('before')),
          'rb restart undo   (back to the version before)',
          'rb restart --emergency   (stops everything; only if nothing else helps)',
        ]),
  ],
});

/** Errors: `usage` where nothing would go on without us. */
const requireOwnRolling = ({ restart }: Workload): void => {
  if (restart.accepted) return;
  throw new RunbookError(
    'usage',
    'rb itself takes the instances of this workload one after another; --no-wait would stop half-way. Nothing was done.',
    { next: ['rb restart --rolling'] },
  );
};

/** What the platform said when it took the change. */
const begun = (findings: ReadonlyMap<string, Finding>): string => {
  const said = [...findings].flatMap(([step, { summary }]) => (step.startsWith('restart/') ? [summary] : []));
  return said.length === 0 ? '' : `: ${said.join('; ')}`;
};

/** A batch is no instance, nor is what the platform rolls by itself; a new rollout begins with what is not healthy. */
const again = (batch: number, failedStep: string | undefined, before: Finding | undefined): readonly string[] => {
  if (!failedStep?.startsWith('restart/')) return [];
  if (batch > 1) return ['rb restart --rolling   (begins with what is not healthy)'];
  const unit = failedStep.slice('restart/'.length);
  return instancesIn(before).some(({ id }) => id === unit)
    ? [`rb restart --instance ${unit}   (try that one again)`]
    : [];
};
