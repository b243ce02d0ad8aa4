import * as z from 'zod/mini';
import { Instances, lookAtInstances } from '../../instances.ts';
import { procedure } from '../../ports.ts';
import { rollBack } from './back.ts';

/** Back to the previous version, or to a named revision. */
export const undoRestart = procedure({
  id: 'restart.undo',
  section: '2.1',
  title: 'Roll back to the previous version',
  purpose: 'The present version does not work, and an earlier one did.',
  needs: { workload: 'required' },
  input: z.object({
    /** As the platform counts them; the previous one where it is absent. */
    revision: z.optional(z.string().check(z.minLength(1))),
  }),
  steps: ({ action, verification }) => {
    const rollback = action(
      'rollback',
      'Roll back',
      rollBack(({ revision }) => revision),
    );
    const after = verification('after', 'All instances healthy', { data: Instances, look: lookAtInstances });
    return {
      steps: [rollback, after],
      summary: ({ input, seen }) =>
        `Rolled back${input.revision === undefined ? '' : ` to revision ${input.revision}`}. ${seen(after)?.summary}.`,
      afterFailure: () => ['rb restart status'],
    };
  },
});
