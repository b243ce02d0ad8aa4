import * as z from 'zod/mini';
import { lookAtInstances } from '../instances.ts';
import { procedure } from '../ports.ts';
import { rollBack } from './back.ts';

const UndoInput = z.object({
  /** As the platform counts them; the one before where it is absent. */
  revision: z.optional(z.string().check(z.minLength(1))),
});

/** Back to the version before, or to a named revision. */
export const undoRestart = procedure({
  id: 'restart.undo',
  section: '2.1',
  title: 'Back to the version before',
  needs: ['workload'],
  input: UndoInput,
  steps: ({ action, verification }) => [
    action(
      'rollback',
      'Roll back',
      rollBack((input: z.output<typeof UndoInput>) => input.revision),
    ),
    verification('after', 'All instances healthy', lookAtInstances),
  ],
  summarise: ({ input, findings }) =>
    `Rolled back${input.revision === undefined ? '' : ` to revision ${input.revision}`}. ${findings.get('after')?.summary}.`,
  afterFailure: () => ['rb restart status'],
});
