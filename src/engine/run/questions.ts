import { RunbookError } from '../errors.ts';
import type { Question } from '../plan/confirmation.ts';
import { acknowledgements, requireOption } from '../session/operator.ts';
import { takeBackId } from '../procedure/take-back.ts';
import type { AnyStep } from '../procedure/tree.ts';
import type { SessionState } from '../session/session-state.ts';
import { optionsOf } from './steps/decision.ts';
import { join } from './frame.ts';
import type { PortSource } from './ports.ts';
import { settling } from './change/settle.ts';
import { takingBack } from './change/undo.ts';

interface Asked {
  /** With `*` in place of the id of an item. */
  readonly path: string;
  readonly options: Question['options'];
}

/**
 * Every `--answer` must be one to a question that this run can ask: a mistyped one would be ignored, and a script believe that it counted.
 * Errors: `usage`, with the questions there are.
 */
export const requireAnswerable = (
  answers: ReadonlyMap<string, string>,
  steps: readonly AnyStep[],
  ports: PortSource,
  history: SessionState | undefined,
): void => {
  if (answers.size === 0) return;
  const chosen = (path: string) => answers.get(path) ?? history?.steps.get(path)?.answer?.answer;
  const asked = [...questionsIn(steps, '', ports, chosen), ...unsettled(history)];
  for (const [path, answer] of answers) {
    const question = asked.find((one) => matches(one.path, path));
    if (question) requireOption(path, answer, question.options);
    else
      throw new RunbookError('usage', `--answer ${path}=${answer}: there is no such question here.`, {
        next: asked.map((one) => `--answer ${one.path}=<${one.options.map(({ id }) => id).join('|')}>`),
      });
  }
};

const matches = (pattern: string, path: string): boolean => {
  const wanted = pattern.split('/');
  const given = path.split('/');
  return wanted.length === given.length && wanted.every((part, index) => part === '*' || part === given[index]);
};

/** `chosen`: the option that is known already, so that the questions of the others will not be asked. */
function* questionsIn(
  steps: readonly AnyStep[],
  parent: string,
  ports: PortSource,
  chosen: (path: string) => string | undefined,
): Generator<Asked> {
  for (const step of steps) {
    const path = join(parent, step.id);
    switch (step.kind) {
      case 'manual':
        yield { path, options: acknowledgements };
        break;
      case 'decision': {
        yield { path, options: optionsOf(step.options, ports) };
        const known = chosen(path);
        for (const [id, option] of Object.entries(step.options))
          if (known === undefined || known === id) yield* questionsIn(option.steps, join(path, id), ports, chosen);
        break;
      }
      case 'call':
      case 'eachCall': {
        const called = step.kind === 'call' ? path : join(path, '*');
        if (step.procedure.does === 'changes') yield { path: join(called, takeBackId), options: takingBack };
        yield* questionsIn(step.procedure.steps, called, ports, chosen);
        break;
      }
      default:
        break;
    }
  }
}

const unsettled = (history: SessionState | undefined): readonly Asked[] =>
  [...(history?.steps ?? [])].flatMap(([path, step]) => (step.unsettled ? [{ path, options: settling }] : []));
