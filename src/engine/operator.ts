import { answeredByFlags, flagsFor, requirementFor } from './confirmation.ts';
import type { ConfirmationRequest, GivenAnswers, Prompts, Question } from './confirmation.ts';
import { RunbookError } from './errors.ts';

export interface ConfirmationAnswer {
  readonly decision: 'confirmed' | 'declined' | 'refused';
  /** What gave the answer: "prompt", "--yes", "--confirm ...", "no terminal". */
  readonly by: string;
  /** Why the procedure ends here; set for everything but `confirmed`. */
  readonly error?: RunbookError;
}

export interface Answer {
  readonly answer: string;
  readonly by: string;
  readonly note?: string;
}

/** Who answers: the flags first, then the person at the terminal if there is one. Nothing else ever confirms anything. */
export interface Operator {
  readonly canAsk: boolean;
  confirm(request: ConfirmationRequest): Promise<ConfirmationAnswer>;
  /** Errors: `declined`, `usage` where nobody can be asked or the given answer is none of the options. */
  choose(step: string, question: Question): Promise<Answer>;
  acknowledge(step: string, title: string, instruction: string): Promise<Answer>;
}

/** `prompts` is absent where there is no terminal: then a missing flag is a usage error that names it. */
export const createOperator = (given: GivenAnswers, prompts?: Prompts): Operator => ({
  canAsk: prompts !== undefined,

  async confirm(request) {
    const { subject, tier } = request;
    const phrase = `${subject.service}/${subject.environment}`;
    if (given.confirm !== undefined && given.confirm !== phrase)
      return {
        decision: 'refused',
        by: '--confirm',
        error: new RunbookError(
          'refused',
          `--confirm names ${given.confirm}, but this would change ${phrase}. Nothing was done.`,
          {
            next: [`check --env and the configuration, then pass --confirm ${phrase}`],
          },
        ),
      };
    const requirement = requirementFor(tier, subject);
    const flag = answeredByFlags(tier, subject, given);
    if (!requirement || flag !== undefined) return { decision: 'confirmed', by: flag || 'tier 0' };
    if (!prompts)
      return {
        decision: 'refused',
        by: 'no terminal',
        error: new RunbookError(
          'usage',
          `"${request.title}" needs a confirmation (${tier}${raisedBy(request)}), and there is no terminal to ask at. Nothing was done.`,
          { next: [`pass ${flagsFor(tier, subject).join(' and ')} to confirm it`, 'or --dry-run to see the plan'] },
        ),
      };
    if (await prompts.confirm(request, requirement)) return { decision: 'confirmed', by: 'prompt' };
    return {
      decision: 'declined',
      by: 'prompt',
      error: new RunbookError('declined', `Declined: ${request.summary}.`),
    };
  },

  async choose(step, question) {
    const ids = question.options.map((option) => option.id);
    const answer = given.answers.get(step);
    if (answer !== undefined) {
      if (ids.includes(answer)) return { answer, by: '--answer' };
      throw new RunbookError('usage', `--answer ${step}=${answer}: the answers are ${ids.join(', ')}.`);
    }
    const unasked = question.options.find((option) => option.unasked);
    if (!prompts && unasked) return { answer: unasked.id, by: 'no terminal' };
    if (!prompts) throw unanswered(step, question.question, ids);
    const chosen = await prompts.choose(question);
    if (chosen === undefined) throw new RunbookError('declined', `No answer to "${question.question}".`);
    return { answer: chosen, by: 'prompt' };
  },

  async acknowledge(step, title, instruction) {
    const answer = given.answers.get(step);
    if (answer === 'done' || answer === 'skipped') return { answer, by: '--answer' };
    if (answer !== undefined)
      throw new RunbookError('usage', `--answer ${step}=${answer}: the answers are done, skipped.`);
    if (!prompts) throw unanswered(step, instruction, ['done', 'skipped']);
    const acknowledged = await prompts.acknowledge({ title, instruction });
    if (!acknowledged) throw new RunbookError('declined', `"${title}" was neither done nor skipped.`);
    return { answer: acknowledged.answer, by: 'prompt', ...(acknowledged.note ? { note: acknowledged.note } : {}) };
  },
});

const raisedBy = ({ raisedBy: reasons }: ConfirmationRequest): string =>
  reasons.length > 0 ? `, because of ${reasons.join('; ')}` : '';

const unanswered = (step: string, question: string, answers: readonly string[]): RunbookError =>
  new RunbookError('usage', `"${question}" needs an answer, and there is no terminal to ask at.`, {
    next: [`pass --answer ${step}=<${answers.join('|')}>`],
  });
