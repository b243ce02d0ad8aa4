import * as z from 'zod/mini';
import { RunbookError } from '../../engine/errors.ts';
import type { Workload } from '../../providers/workload/port.ts';
import { countInstances, Instances, lookAgain } from '../instances.ts';
import { procedure } from '../ports.ts';
import { readIfSeen } from '../read-if-seen.ts';
import { workloadAction } from '../workload-action.ts';
import { beganAfter, errorsSince, expectedTime } from './after.ts';
import { undoOfRestart } from './roll-back/back.ts';
import { instancesLeft } from './left.ts';
import { inOrder, othersServe, Unit } from './others.ts';

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
  purpose: 'The application does not respond, workers hang, or a deadlock is suspected.',
  needs: { workload: 'required', logs: 'optional' },
  input: RollingInput,
  steps: ({ check, each, verification }) => {
    const before = check('before', 'Instances before the restart', {
      when: whenWaiting,
      data: Instances,
      look: countInstances,
    });
    const began = check('began', 'Beginning of the restart', beganAfter(before));
    const restart = each('restart', 'Restart one after another', {
      item: Unit,
      items: async (context) => {
        const workload = await context.ports.workload();
        if (!waits(context.input)) requireOwnRolling(workload);
        const units = await workload.restartUnits(context.input.batch, { signal: context.signal });
        return inOrder(units, readIfSeen(context, before));
      },
      titleOf: ({ id }) => `Restart ${id}`,
      before: async (context, unit) => {
        // Nothing else to compare with, and one request less before `--no-wait` ends.
        if (unit.instances.length === 0) return { verdict: 'ok', summary: 'the platform rolls it by itself' };
        const workload = await context.ports.workload();
        const now = await workload.status({ signal: context.signal });
        return othersServe(unit, readIfSeen(context, before), now, context.clock.now());
      },
      action: (unit) =>
        workloadAction({
          tier: 'disruptive',
          of: (workload) => workload.restart,
          wanted: () => unit,
          waits,
          undo: async (_, { ports, input }) => (waits(input) ? undoOfRestart(await ports.workload()) : undefined),
        }),
    });
    const after = verification('after', 'All instances healthy', {
      when: whenWaiting,
      replaces: before,
      data: Instances,
      look: lookAgain(before, 'brief'),
    });
    const errors = verification('errors', 'Errors in the logs since the restart', {
      when: whenWaiting,
      ...errorsSince(before, began),
    });
    return {
      steps: [before, began, restart, after, errors],
      summary: ({ input, seen, items, ms }) => {
        if (waits(input))
          return `${expectedTime('Rolling restart', ms, input.expectedMinutes)} ${seen(after)?.summary}.`;
        // What the platform said when it took the change.
        const begun = items(restart).flatMap(({ finding }) => (finding ? [finding.summary] : []));
        return `Rolling restart begun${begun.length === 0 ? '' : `: ${begun.join('; ')}`}. How it goes: rb restart status`;
      },
      stateLeft: instancesLeft(before),
      afterFailure: (run) => {
        // The previous version serves again: another undo would bring the bad one back.
        if (run.undone) return ['rb restart status'];
        const { step, item } = run.failed ?? {};
        const isInstance = readIfSeen(run, before)?.instances.some(({ id }) => id === item);
        const again = () => {
          // A batch is not an instance, and an instance is not to blame for what was seen of the others before its turn.
          if (run.input.batch > 1 || run.seen(restart)?.verdict === 'critical')
            return ['rb restart --rolling   (begins with what is not healthy)'];
          return isInstance ? [`rb restart --instance ${item}   (try that one again)`] : [];
        };
        return [
          'rb restart status',
          ...(step === restart ? again() : []),
          'rb restart undo   (roll back to the previous version)',
          'rb restart --emergency   (stops everything; only if nothing else helps)',
        ];
      },
    };
  },
});

/** Errors: `usage` where nothing would go on without us. */
const requireOwnRolling = ({ restart }: Workload): void => {
  if (restart.accepted) return;
  throw new RunbookError(
    'usage',
    'rb itself takes the instances of this workload one after another; --no-wait would stop half-way.',
    { next: ['rb restart --rolling'] },
  );
};
