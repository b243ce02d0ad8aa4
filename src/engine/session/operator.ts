import { answeredByFlags, flagsFor, requirementFor } from '../plan/confirmation.ts';
import type { ConfirmationRequest, GivenAnswers, Prompts, Question } from '../plan/confirmation.ts';
import { RunbookError } from '../errors.ts';

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
  /** The answers that were given on the command line, by the path of their step. */
  readonly answers: ReadonlyMap<string, string>;
  /** `uncovered`: why no flag may answer for this one; only a person at a terminal can. */
  confirm(request: ConfirmationRequest, uncovered?: string): Promise<ConfirmationAnswer>;
  /** The answer that was given beforehand, if one was. Errors: `usage` where it is not one of the options, or cannot be chosen. */
  answered(step: string, options: Question['options']): Answer | undefined;
  /** Errors: `declined`, `usage` where there is no terminal or the given answer is not one of the options. */
  choose(step: string, question: Question): Promise<Answer>;
  acknowledge(step: string, title: string, instruction: string): Promise<Answer>;
}

/** `prompts` is absent where there is no terminal: then a missing flag is a usage error that names it. */
export const createOperator = (given: GivenAnswers, prompts?: Prompts): Operator => ({
  canAsk: prompts !== undefined,
  answers: given.answers,
  answered: (step, options) => answerAmong(given, step, options),

  async confirm(request, uncovered) {
    const { subject, tier } = request;
    const phrase = `${subject.service}/${subject.environment}`;
    if (given.confirm !== undefined && given.confirm !== phrase)
      return {
        decision: 'refused',
        by: '--confirm',
        error: new RunbookError('refused', `--confirm names ${given.confirm}, but this would change ${phrase}.`, {
          next: [`check --env and the configuration, then pass --confirm ${phrase}`],
        }),
      };
    const requirement = requirementFor(tier, subject);
    const flag = uncovered === undefined ? answeredByFlags(tier, subject, given) : undefined;
    if (!requirement || flag !== undefined) return { decision: 'confirmed', by: flag || 'tier 0' };
    if (!prompts)
      return {
        decision: 'refused',
        by: 'no terminal',
        error: new RunbookError(
          'usage',
          `"${request.title}" needs a confirmation (${tier}${raisedBy(request)}), and there is no terminal to ask at.${uncovered === undefined ? '' : ` The flags do not cover it: ${uncovered}.`}`,
          {
            next:
              uncovered === undefined
                ? [`pass ${flagsFor(tier, subject).join(' and ')} to confirm it`, 'or --dry-run to see the plan']
                : ['run it with --dry-run and the answers, then pass --plan <hash> as well'],
          },
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
    const answered = answerAmong(given, step, question.options);
    if (answered) return answered;
    const unasked = question.options.find((option) => option.unasked && option.unavailable === undefined);
    if (!prompts && unasked) return { answer: unasked.id, by: 'no terminal' };
    if (!prompts) throw unanswered(step, question.question, question.options, question.advice);
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

/** The answers to a step that only a person can do. */
export const acknowledgements = [
  { id: 'done', title: 'it is done' },
  { id: 'skipped', title: 'it is skipped' },
] as const;

const answerAmong = (given: GivenAnswers, step: string, options: Question['options']): Answer | undefined => {
  const answer = given.answers.get(step);
  if (answer === undefined) return undefined;
  requireOption(step, answer, options);
  return { answer, by: '--answer' };
};

/** Errors: `usage` where an answer is not one of the options, or one that cannot be chosen. */
export const requireOption = (step: string, answer: string, options: Question['options']): void => {
  const chosen = options.find(({ id }) => id === answer);
  if (!chosen)
    throw new RunbookError('usage', `--answer ${step}=${answer}: the answers are ${idsOf(options).join(', ')}.`);
  if (chosen.unavailable !== undefined)
    throw new RunbookError('usage', `--answer ${step}=${answer}: not available, ${chosen.unavailable}.`);
};

const idsOf = (options: Question['options']): readonly string[] =>
  options.filter(({ unavailable }) => unavailable === undefined).map(({ id }) => id);

const raisedBy = ({ raisedBy: reasons }: ConfirmationRequest): string =>
  reasons.length > 0 ? `: ${reasons.join('; ')}` : '';

const unanswered = (
  step: string,
  question: string,
  options: Question['options'],
  advice?: Question['advice'],
): RunbookError => {
  const advised = advice ? ` Advice: ${advice.option}, because ${advice.because}.` : '';
  return new RunbookError('usage', `"${question}" needs an answer, and there is no terminal to ask at.${advised}`, {
    next: [`pass --answer ${step}=<${idsOf(options).join('|')}>`],
  });
};
