import * as z from 'zod/mini';
import { countInstances, Instances, lookAgain } from '../instances.ts';
import { procedure } from '../ports.ts';
import { workloadAction } from '../workload-action.ts';

/** One instance, for when only that one is in trouble. */
export const singleRestart = procedure({
  id: 'restart.instance',
  section: '2.1',
  title: 'Restart of one instance',
  purpose: 'One instance hangs, and the others are well.',
  needs: { workload: 'required' },
  input: z.object({ id: z.string().check(z.minLength(1)) }),
  steps: ({ check, action, verification }) => {
    const before = check('before', 'Instances before the restart', { data: Instances, look: countInstances });
    const restart = action(
      'restart',
      'Restart the instance',
      workloadAction({
        tier: 'disruptive',
        of: (workload) => workload.restartInstance,
        wanted: ({ input }) => input,
      }),
    );
    const after = verification('after', 'All instances healthy', {
      replaces: before,
      data: Instances,
      look: lookAgain(before),
    });
    return {
      steps: [before, restart, after],
      summary: ({ input, seen }) => `${input.id} was restarted. ${seen(after)?.summary}.`,
      afterFailure: () => ['rb restart status', 'rb restart --rolling'],
    };
  },
});
