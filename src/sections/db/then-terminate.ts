import type { DecisionStep } from '../../engine/procedure.ts';
import { words } from '../../engine/steps.ts';
import { protectedBy } from './idle-selection.ts';
import type { Chosen, DatabasePorts, OnContext } from './one-session.ts';
import { nameOf } from './session-facts.ts';
import { terminating } from './terminate-action.ts';

const { decision, action, verification } = words<OnContext['input'], DatabasePorts>();

/**
 * After a cancel that did not work: whether to end the session, as a step of its own with a confirmation of its own. In a
 * script it is left, and the command has failed.
 */
export const thenTerminate = (cancelStep: string, chosen: Chosen): DecisionStep<OnContext['input'], DatabasePorts> => ({
  ...decision('then', 'The cancel did not work', {
    question: 'The statement goes on. End the whole session?',
    options: [
      {
        id: 'leave',
        title: 'no, leave it',
        unasked: true,
        steps: [
          verification('left', 'Statement', ({ findings }) => ({
            verdict: 'critical',
            summary: `${nameOf(chosen(findings))} was asked to cancel its statement, and goes on`,
          })),
        ],
      },
      {
        id: 'terminate',
        title: 'yes, end it: its transaction is rolled back',
        steps: [action('terminate', 'End the session', terminating(chosen))],
      },
    ],
    advise: ({ findings, settings }) => {
      const never = settings.environment.database?.neverTerminate;
      const why = never && protectedBy(chosen(findings), never);
      return why === undefined ? undefined : { option: 'leave', because: why };
    },
  }),
  when: ({ findings }) => {
    const { worked } = (findings.get(cancelStep)?.data ?? { worked: true }) as { readonly worked: boolean };
    return !worked;
  },
});
