import type { Question } from '../../plan/confirmation.ts';
import { onOneLine, RunbookError } from '../../errors.ts';
import type { Answer } from '../../session/operator.ts';
import type { AnyContext, DecisionStep } from '../../procedure/tree.ts';
import { contextOf } from '../context.ts';
import { join, pend } from '../frame.ts';
import type { Frame } from '../frame.ts';
import { missingIn } from '../ports.ts';
import type { PortSource } from '../ports.ts';
import type { Ended } from './stepped.ts';

type Advice = Awaited<ReturnType<DecisionStep['advise']>>;

/**
 * A question; its data is the option that was chosen. What an earlier run answered is not asked again. A dry run asks nothing: with an
 * answer on the command line it plans that option, without one it shows what would be asked.
 */
export const runDecision = async (frame: Frame, step: DecisionStep, path: string): Promise<Ended> => {
  const { run } = frame;
  const recorded = run.history?.steps.get(path)?.answer;
  if (recorded) {
    optionOf(step, recorded.answer);
    return chosen(frame, path, recorded);
  }
  const context = contextOf(frame, path, run.stop.soft);
  const question = questionOf(frame, step, await adviceFor(step, context));
  const answered = run.operator.answered(path, question.options);
  if (run.dryRun && !answered) {
    showQuestion(context, path, question);
    pend(frame, step);
    run.planned.push({ step: path, open: path });
    return { result: 'skipped' };
  }
  run.stop.soft.throwIfAborted();
  // Without a question there is nothing to record yet: a look at a full disk ends here.
  if (run.operator.canAsk && !answered) run.requireRecord();
  const answer = await run.operator.choose(path, question);
  const { advice } = question;
  run.emit({ type: 'answer', step: path, ...answer, ...(advice ? { advice: inWords(advice) } : {}) });
  return chosen(frame, path, answer);
};

/** Evidence that could not be seen speaks for nothing. Errors: any other of `advise`. */
const adviceFor = async (step: DecisionStep, context: AnyContext): Promise<Advice> => {
  try {
    return await step.advise(context);
  } catch (error) {
    if (error instanceof RunbookError && error.kind === 'refused') return undefined;
    throw error;
  }
};

/** The option that was chosen. Errors: `refused` where the record of an earlier run has an answer that is not one of them. */
export const optionOf = ({ title, options }: DecisionStep, answer: string): DecisionStep['options'][string] => {
  const option = Object.hasOwn(options, answer) ? options[answer] : undefined;
  if (option) return option;
  throw new RunbookError(
    'refused',
    `The record has "${onOneLine(answer)}" as the answer to "${title}", which is not an option.`,
    {
      next: ['look at the service, then run the command again'],
    },
  );
};

const chosen = ({ run }: Frame, path: string, { answer, by }: Answer): Ended => {
  if (by === '--answer') run.chosen.add(join(path, answer));
  return { result: 'ok', data: answer };
};

/** The options as they are shown, each with what it lacks here. */
export const optionsOf = (options: DecisionStep['options'], ports: PortSource): Question['options'] =>
  Object.entries(options).map(([id, { title, unasked, steps }]) => {
    const why = missingIn(steps, ports);
    return { id, title, ...(unasked ? { unasked } : {}), ...(why === undefined ? {} : { unavailable: why }) };
  });

const questionOf = (frame: Frame, { title, question, options }: DecisionStep, advice: Advice): Question => {
  const shown = optionsOf(options, frame.run.ports);
  // What is not available cannot be advised.
  const possible = advice && shown.some(({ id, unavailable: why }) => id === advice.option && why === undefined);
  return { title, question, options: shown, ...(possible ? { advice } : {}) };
};

const inWords = (advice: NonNullable<Advice>): string => `${advice.option}: ${advice.because}`;

const showQuestion = (context: AnyContext, path: string, { question, options, advice }: Question): void => {
  context.report({ note: `would ask: ${question}${advice ? ` Advice: ${inWords(advice)}` : ''}` });
  for (const { id, title, unavailable: why } of options)
    context.report({
      note: why === undefined ? `--answer ${path}=${id}: ${title}` : `${id}: ${title} (not available: ${why})`,
    });
};
