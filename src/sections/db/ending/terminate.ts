import { procedure } from '../../ports.ts';
import { lookAtSession, PidInput } from './one-session.ts';
import { terminating } from './terminate-action.ts';

/** Section 3.3 of the runbook, "If cancel doesn't work". */
export const terminate = procedure({
  id: 'db.terminate',
  section: '3.3',
  title: 'End a session',
  purpose: 'Cancelling the statement of a session did not help.',
  needs: { database: 'required', settings: 'required' },
  input: PidInput,
  steps: ({ precondition, action }) => {
    const session = precondition('session', 'Session', lookAtSession);
    const end = action(
      'terminate',
      'End the session',
      terminating(({ read }) => read(session).session),
    );
    return {
      steps: [session, end],
      summary: ({ input, seen }) => `pid ${input.pid}: ${seen(end)?.summary}.`,
      afterFailure: () => ['rb db running', 'rb db blocking'],
    };
  },
});
