import * as z from 'zod/mini';
import { lookAtInstances } from '../instances.ts';
import { operation } from '../operation.ts';
import { procedure } from '../ports.ts';

/** One instance, for when only that one is in trouble. */
export const singleRestart = procedure({
  id: 'restart.instance',
  section: '2.1',
  title: 'Restart of one instance',
  needs: ['workload'],
  input: z.object({ id: z.string().check(z.minLength(1)) }),
  steps: ({ action, verification }) => [
    action(
      'restart',
      'Restart the instance',
      operation(
        'disruptive',
        (workload) => workload.restartInstance,
        (input) => input,
      ),
    ),
    verification('after', 'All instances healthy', lookAtInstances),
  ],
  summarise: ({ input, findings }) => `${input.id} was restarted. ${findings.get('after')?.summary}.`,
  afterFailure: () => ['rb restart status', 'rb restart --rolling'],
});
