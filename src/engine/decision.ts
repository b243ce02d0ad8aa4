import { contextOf } from './context.ts';
import type { Run } from './context.ts';
import type { StepOutcome } from './events.ts';
import type { Answer } from './operator.ts';
import type { DecisionStep } from './procedure.ts';

type Option<Input, Ports> = DecisionStep<Input, Ports>['options'][number];
type Advice = Awaited<ReturnType<DecisionStep<unknown, unknown>['advise']>>;

interface Ways<Input, Ports> {
  /** Wraps the question in its `step.started` and `step.result`. */
  readonly stepped: (work: () => Promise<{ readonly result: StepOutcome }>) => Promise<void>;
  /** Runs the steps of the option that was chosen. */
  readonly goOn: (option: Option<Input, Ports>) => Promise<void>;
}

/**
 * A question and the way on. What an earlier run answered is not asked again. A dry run asks nobody: with an answer on the
 * command line it plans that option, without one it shows what would be asked.
 */
export const runDecision = async <Input, Ports>(
  run: Run<Input, Ports>,
  step: DecisionStep<Input, Ports>,
  path: string,
  { stepped, goOn }: Ways<Input, Ports>,
): Promise<void> => {
  let chosen = run.history?.steps.get(path)?.answer?.answer;
  if (chosen === undefined)
    await stepped(async () => {
      const context = contextOf(run, path, run.stop.soft);
      const advice = await step.advise(context);
      if (run.dryRun && !run.operator.answered(path, step.options)) {
        for (const note of whatWouldBeAsked(step, path, advice)) context.report({ note });
        return { result: 'skipped' };
      }
      run.stop.soft.throwIfAborted();
      const answer = await answerTo(run, step, path, advice);
      run.emit({ type: 'answer', step: path, ...answer, ...(advice ? { advice: inWords(advice) } : {}) });
      chosen = answer.answer;
      return { result: 'ok' };
    });
  const option = step.options.find((candidate) => candidate.id === chosen);
  if (option) await goOn(option);
};

const answerTo = <Input, Ports>(
  run: Run<Input, Ports>,
  { title, question, options }: DecisionStep<Input, Ports>,
  path: string,
  advice: Advice,
): Promise<Answer> => run.operator.choose(path, { title, question, options, ...(advice ? { advice } : {}) });

const inWords = (advice: NonNullable<Advice>): string => `${advice.option}: ${advice.because}`;

const whatWouldBeAsked = <Input, Ports>(
  { question, options }: DecisionStep<Input, Ports>,
  path: string,
  advice: Advice,
): readonly string[] => [
  `would ask: ${question}${advice ? ` Advice: ${inWords(advice)}` : ''}`,
  ...options.map(({ id, title }) => `--answer ${path}=${id}: ${title}`),
];
