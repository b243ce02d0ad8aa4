import * as z from 'zod/mini';
import { procedure } from '../ports.ts';
import { cancelling } from './cancel-action.ts';
import { chosenIn, lookAtSession } from './one-session.ts';
import { thenTerminate } from './then-terminate.ts';

export const PidInput = z.object({ pid: z.int().check(z.gte(1), z.lte(2 ** 31 - 1)), on: z.optional(z.string()) });
const chosen = chosenIn('session');

/** Section 3.3 of the runbook, "Kill blocking query if safe": cancel first, end the session only if that does not work. */
export const cancel = procedure({
  id: 'db.cancel',
  section: '3.3',
  title: 'Cancel a statement',
  needs: ['database', 'settings'],
  input: PidInput,
  steps: ({ precondition, action }) => [
    precondition('session', 'Session', (context) => lookAtSession(context, context.input.pid)),
    action('cancel', 'Cancel its statement', cancelling(chosen)),
    thenTerminate('cancel', chosen),
  ],
  summarise: ({ input, findings }) => {
    const ended = findings.get('then/terminate/terminate');
    return `pid ${input.pid}: ${ended ? `the cancel did not work; ${ended.summary}` : findings.get('cancel')?.summary}.`;
  },
  afterFailure: ({ input }) => [
    'rb db running',
    `rb db cancel ${input.pid}`,
    `rb db terminate ${input.pid}   (ends the session)`,
  ],
});
