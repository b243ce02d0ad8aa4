import { procedure } from '../../ports.ts';
import { cancelling } from './cancel-action.ts';
import { lookAtSession, PidInput } from './one-session.ts';
import type { Chosen } from './one-session.ts';
import { thenTerminate } from './then-terminate.ts';

/** Section 3.3 of the runbook, "Kill blocking query if safe": cancel first, end the session only if that does not work. */
export const cancel = procedure({
  id: 'db.cancel',
  section: '3.3',
  title: 'Cancel a statement',
  purpose: 'One statement runs for too long, or others wait for it.',
  needs: { database: 'required', settings: 'required' },
  input: PidInput,
  steps: (say) => {
    const session = say.precondition('session', 'Session', lookAtSession);
    const chosen: Chosen = ({ read }) => read(session).session;
    const cancelled = say.action('cancel', 'Cancel its statement', cancelling(chosen));
    const { question, ended } = thenTerminate(say, cancelled, chosen);
    return {
      steps: [session, cancelled, question],
      summary: ({ input, seen }) => {
        const end = seen(ended);
        return `pid ${input.pid}: ${end ? `the cancel did not work; ${end.summary}` : seen(cancelled)?.summary}.`;
      },
      afterFailure: ({ input }) => [
        'rb db running',
        `rb db cancel ${input.pid}`,
        `rb db terminate ${input.pid}   (ends the session)`,
      ],
    };
  },
});
