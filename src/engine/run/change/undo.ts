import { messageOf, RunbookError } from '../../errors.ts';
import type { ErrorKind } from '../../errors.ts';
import type { StepOutcome } from '../../session/events.ts';
import type { AnyFinding } from '../../finding.ts';
import { takeBackId } from '../../procedure/take-back.ts';
import type { AnyUndo } from '../../procedure/tree.ts';
import { causeOf } from '../../session/stop.ts';
import { runAction } from './action.ts';
import { contextOf } from '../context.ts';
import { around, join, numberOf } from '../frame.ts';
import type { Done, Frame, Run } from '../frame.ts';
import { outcomeOf } from '../outcome.ts';
import type { Trace } from './settle.ts';

/** What is offered where there is a way back from a failed change: a step of its own, after the failure is on record. */
export const offerUndo = async (
  frame: Frame,
  step: Done['step'],
  path: string,
  { intended: change }: Trace,
  failure: unknown,
): Promise<unknown> => {
  const { run } = frame;
  if (!isFailure(failure) || !change || run.recording.failed || run.dryRun || !mayTakeBack(run, path)) return failure;
  const undo = await wayBack({ step, path, change, frame });
  if (!undo) return failure;
  const ended = await takeBack(frame, undo, join(path, undo.id));
  if (ended.result === 'ok') for (const one of around(frame)) one.undone = true;
  return withUndoOutcome(failure, undo, ended);
};

/**
 * A call that failed half-way is taken back by taking back its changes, the last one first, each planned and confirmed. Beforehand it says
 * which of them cannot be. Only the innermost call asks for a change.
 */
export const offerCallUndo = async (
  frame: Frame,
  title: string,
  path: string,
  child: Frame,
  failure: unknown,
): Promise<unknown> => {
  const { run } = frame;
  if (!isFailure(failure) || run.recording.failed || run.dryRun) return failure;
  const done = [...child.done];
  for (const one of around(child)) one.done = one.done.filter((each) => !done.includes(each));
  const asked = run.history?.steps.get(join(path, takeBackId))?.answer !== undefined;
  if (run.stop.soft.aborted && !asked) return failure;
  const ways = await Promise.all(done.map(async (one) => ({ ...one, undo: await wayBack(one) })));
  const possible = ways.flatMap(({ undo, ...one }) => (undo ? [{ ...one, undo }] : []));
  if (possible.length === 0 || !(await wantsAllBack(frame, title, join(path, takeBackId), ways))) return failure;
  let after = failure;
  for (const { undo, path: changed, frame: its } of possible.toReversed()) {
    // oxlint-disable-next-line no-await-in-loop -- the last change first
    const ended = await takeBack(its, undo, join(changed, undo.id));
    after = withUndoOutcome(after, undo, ended);
    // What was made before rests on what was made after: the first that stays ends it.
    if (ended.result !== 'ok') return after;
  }
  child.undone = true;
  return after;
};

export const takingBack = [
  { id: 'take-back', title: 'yes, take them back, each after a confirmation' },
  { id: 'keep', title: 'no, keep them', unasked: true },
] as const;

const wantsAllBack = async (
  { run }: Frame,
  title: string,
  path: string,
  ways: readonly { readonly step: Done['step']; readonly undo: unknown }[],
): Promise<boolean> => {
  const recorded = run.history?.steps.get(path)?.answer;
  if (recorded) return recorded.answer === 'take-back';
  if (run.stop.soft.aborted) return false;
  const lost = ways.filter(({ undo }) => !undo).map(({ step }) => step.title);
  const question = [
    `${ways.length} ${ways.length === 1 ? 'change was' : 'changes were'} made before it failed. Take back, last first?`,
    ...(lost.length === 0 ? [] : [`Cannot be taken back: ${lost.join(', ')}.`]),
  ].join(' ');
  try {
    const answer = await run.operator.choose(path, { title: `Take "${title}" back`, question, options: takingBack });
    run.emit({ type: 'answer', step: path, ...answer });
    return answer.answer === 'take-back';
  } catch (error) {
    // Not answered is not wanted: the failure is what counts.
    if (error instanceof RunbookError && (error.kind === 'declined' || error.kind === 'interrupted')) return false;
    throw error;
  }
};

/** At a terminal only, but one that an earlier run has begun is always brought to its end. */
const mayTakeBack = (run: Run, path: string): boolean =>
  isBegun(run, path) || (run.operator.canAsk && !run.stop.soft.aborted);

/** Whether an earlier run has begun to take this change back. */
const isBegun = ({ history }: Run, path: string): boolean =>
  [...(history?.steps ?? [])].some(
    ([one, { kind, intentAt }]) => kind === 'undo' && intentAt !== undefined && one.startsWith(`${path}/`),
  );

/** The way back from a change, if there is one. What cannot be built now cannot be offered: the failure is what counts. */
const wayBack = async ({ step, path, change, frame }: Done): Promise<AnyUndo | undefined> => {
  const context = contextOf(frame, path, frame.run.stop.soft);
  try {
    return await step.undo?.(change, context);
  } catch (error) {
    if (frame.run.recording.failed || isBegun(frame.run, path)) throw error;
    context.report({ note: `whether it can be taken back is not known: ${messageOf(error)}` });
    return undefined;
  }
};

interface TakenBack {
  readonly result: StepOutcome;
  readonly error?: unknown;
  /** What an earlier run left of it is as open as before. */
  readonly open?: boolean;
}

const takeBack = async (frame: Frame, undo: AnyUndo, path: string): Promise<TakenBack> => {
  const { run } = frame;
  if (run.history?.steps.get(path)?.result === 'ok') return { result: 'ok' };
  run.emit({ type: 'step.started', step: path, n: numberOf(run, path), kind: 'undo', title: undo.title });
  const began = run.clock.monotonic();
  const ended = (result: StepOutcome, rest: { finding?: AnyFinding; error?: string; cause?: ErrorKind }) =>
    run.emit({ type: 'step.result', step: path, result, ms: Math.round(run.clock.monotonic() - began), ...rest });
  const trace: Trace = {};
  try {
    const { result, finding } = await runAction(frame, undo, path, trace, 'undo');
    ended(result, finding ? { finding } : {});
    return { result };
  } catch (raised) {
    if (run.recording.failed) throw raised;
    const error = causeOf(raised, run.stop.soft);
    ended(outcomeOf(error), {
      error: messageOf(error),
      ...(error instanceof RunbookError ? { cause: error.kind } : {}),
    });
    const left = run.history?.steps.get(path)?.unsettled !== undefined;
    return { result: outcomeOf(error), error, open: left && !trace.notDone && !trace.intended };
  }
};

const isFailure = (error: unknown): error is RunbookError => error instanceof RunbookError && error.kind === 'failed';

const withUndoOutcome = (failure: RunbookError, undo: AnyUndo, { result, error, open }: TakenBack): RunbookError => {
  const say = (more: string) => new RunbookError('failed', `${failure.message} ${more}`, { next: failure.next });
  if (result === 'ok') return say(`It was taken back: ${undo.title}.`);
  const kind = error instanceof RunbookError ? error.kind : undefined;
  if (open && kind !== 'unknown')
    return new RunbookError(
      'unknown',
      `${failure.message} It is not known whether it was taken back: ${messageOf(error)}`,
    );
  if (kind === 'declined' || kind === 'interrupted') return failure;
  if (kind === 'refused' || kind === 'usage') return say(`It was not taken back: ${messageOf(error)}`);
  if (kind === 'unknown')
    return new RunbookError('unknown', `${failure.message} ${messageOf(error)}`, { next: nextOf(error) });
  return say(`Taking it back failed as well: ${messageOf(error)}`);
};

const nextOf = (error: unknown): readonly string[] => (error instanceof RunbookError ? error.next : []);
