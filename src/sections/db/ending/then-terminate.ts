import type { Step } from '../../../engine/procedure/step.ts';
import type { Words } from '../../../engine/procedure/words.ts';
import { protectedBy } from '../idle/idle-selection.ts';
import type { Chosen } from './one-session.ts';
import type { DatabasePorts, OnServer } from '../reading/server.ts';
import { nameOf } from '../reading/session-facts.ts';
import { terminating } from './terminate-action.ts';

/**
 * After a cancel that did not work: whether to end the session, as a step of its own with a confirmation of its own. In a
 * script it is left, and the command has failed. `ended` is that step, inside `question`.
 */
export const thenTerminate = <Input extends OnServer, Ports extends DatabasePorts, Need extends string>(
  { decision, action, verification }: Words<Input, Ports, Need>,
  cancelled: Step,
  chosen: Chosen,
) => {
  const left = verification('left', 'Statement', {
    look: (context) => ({
      verdict: 'critical',
      summary: `${nameOf(chosen(context))} was asked to cancel its statement, and goes on`,
    }),
  });
  const ended = action('terminate', 'End the session', terminating(chosen));
  const question = decision('then', 'The cancel did not work', {
    when: ({ seen }) => seen(cancelled)?.verdict === 'warn',
    question: 'The statement goes on. End the whole session?',
    options: {
      leave: { title: 'no, leave it', unasked: true, steps: [left] },
      terminate: { title: 'yes, end it: its transaction is rolled back', steps: [ended] },
    },
    advise: async (context) => {
      const never = (await context.ports.settings()).environment.database?.neverTerminate;
      const why = never && protectedBy(chosen(context), never);
      return why === undefined ? undefined : { option: 'leave', because: why };
    },
  });
  return { question, ended };
};
