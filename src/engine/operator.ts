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
  /** The answer that was given beforehand, if one was. Errors: `usage` where it is none of the options. */
  answered(step: string, options: readonly { readonly id: string }[]): Answer | undefined;
  /** Errors: `declined`, `usage` where nobody can be asked or the given answer is none of the options. */
  choose(step: string, question: Question): Promise<Answer>;
  acknowledge(step: string, title: string, instruction: string): Promise<Answer>;
}

/** `prompts` is absent where there is no terminal: then a missing flag is a usage error that names it. */
export const createOperator = (given: GivenAnswers, prompts?: Prompts): Operator => ({
  canAsk: prompts !== undefined,
  answered: (step, options) => answerAmong(given, step, idsOf(options)),

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
    const ids = idsOf(question.options);
    const answered = answerAmong(given, step, ids);
    if (answered) return answered;
    const unasked = question.options.find((option) => option.unasked);
    if (!prompts && unasked) return { answer: unasked.id, by: 'no terminal' };
    if (!prompts) throw unanswered(step, question.question, ids, question.advice);
    const chosen = await prompts.choose(question);
    if (chosen === undefined) throw new RunbookError('declined', `No answer to "${question.question}".`);
    return { answer: chosen, by: 'prompt' };
  },

  async acknowledge(step, title, instruction) {
    const answered = answerAmong(given, step, acknowledgements);
    if (answered) return answered;
    if (!prompts) throw unanswered(step, instruction, acknowledgements);
    const acknowledged = await prompts.acknowledge({ title, instruction });
    if (!acknowledged) throw new RunbookError('declined', `"${title}" was neither done nor skipped.`);
    return { answer: acknowledged.answer, by: 'prompt', ...(acknowledged.note ? { note: acknowledged.note } : {}) };
  },
});

const acknowledgements = ['done', 'skipped'] as const;

const idsOf = (options: readonly { readonly id: string }[]): readonly string[] => options.map(({ id }) => id);

const answerAmong = (given: GivenAnswers, step: string, ids: readonly string[]): Answer | undefined => {
  const answer = given.answers.get(step);
  if (answer === undefined || ids.includes(answer)) return answer === undefined ? answer : { answer, by: '--answer' };
  throw new RunbookError('usage', `--answer ${step}=${answer}: the answers are ${ids.join(', ')}.`);
};

const raisedBy = ({ raisedBy: reasons }: ConfirmationRequest): string =>
  reasons.length > 0 ? `: ${reasons.join('; ')}` : '';

const unanswered = (
  step: string,
  question: string,
  answers: readonly string[],
  advice?: Question['advice'],
): RunbookError => {
  const advised = advice ? ` Advice: ${advice.option}, because ${advice.because}.` : '';
  return new RunbookError('usage', `"${question}" needs an answer, and there is no terminal to ask at.${advised}`, {
    next: [`pass --answer ${step}=<${answers.join('|')}>`],
  });
};
