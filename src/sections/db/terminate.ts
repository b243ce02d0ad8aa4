import { procedure } from '../ports.ts';
import { PidInput } from './cancel.ts';
import { chosenIn, lookAtSession } from './one-session.ts';
import { terminating } from './terminate-action.ts';

/** Section 3.3 of the runbook, "If cancel doesn't work". */
export const terminate = procedure({
  id: 'db.terminate',
  section: '3.3',
  title: 'End a session',
  needs: ['database', 'settings'],
  input: PidInput,
  steps: ({ precondition, action }) => [
    precondition('session', 'Session', (context) => lookAtSession(context, context.input.pid)),
    action('terminate', 'End the session', terminating(chosenIn('session'))),
  ],
  summarise: ({ input, findings }) => `pid ${input.pid}: ${findings.get('terminate')?.summary}.`,
  afterFailure: () => ['rb db running', 'rb db blocking'],
});
