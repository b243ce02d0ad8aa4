import { look, runAction } from './action.ts';
import type { Done, Planned } from './action.ts';
import type { Change } from './change.ts';
import { contextOf } from './context.ts';
import type { Run } from './context.ts';
import { difference } from './difference.ts';
import { messageOf, RunbookError } from './errors.ts';
import type { StepOutcome } from './events.ts';
import type { Finding } from './finding.ts';
import { outcomeOf } from './outcome.ts';
import type { ActionStep } from './procedure.ts';
import { causeOf } from './stop.ts';
import { tierNumber } from './tier.ts';

/** Everything after the confirmation. */
export const carryOut = async <Input, Ports>(
  run: Run<Input, Ports>,
  step: ActionStep<Input, Ports>,
  path: string,
  confirmed: Planned,
): Promise<Done> => {
  const planned = await stillTrue(run, step, path, confirmed);
  run.stop.soft.throwIfAborted();
  const context = contextOf(run, path, run.stop.hard);
  run.emit({
    type: 'step.intent',
    step: path,
    tier: planned.tier,
    change: planned.change,
    fingerprint: planned.fingerprint,
  });
  run.changedAt ??= run.clock.monotonic();
  let finding: Finding;
  let applied = false;
  try {
    const told = await step.apply(context, planned.change);
    applied = true;
    finding = await step.verify(context, planned.change, told);
  } catch (raised) {
    const error = causeOf(raised, run.stop.hard);
    const plain = error instanceof RunbookError && !run.stop.hard.aborted;
    if (plain && error.kind === 'failed') throw await offerUndo(run, step, path, planned.change, error);
    // A verification that could not look has not said that the change is not there.
    throw plain && !applied ? error : outcomeUnknown(run, planned.change, error);
  }
  if (finding.verdict === 'ok' || finding.verdict === 'warn') return { result: 'ok', finding };
  // With its evidence: the error that ends the step is a sentence.
  run.emit({ type: 'finding', step: path, finding });
  if (finding.verdict === 'unknown') throw outcomeUnknown(run, planned.change, finding.summary);
  throw await offerUndo(run, step, path, planned.change, new RunbookError('failed', `${finding.summary}.`), 'told');
};

/** The plan as it is now, if it is still what was confirmed. */
const stillTrue = async <Input, Ports>(
  run: Run<Input, Ports>,
  step: ActionStep<Input, Ports>,
  path: string,
  confirmed: Planned,
): Promise<Planned> => {
  if (run.clock.monotonic() < confirmed.freshUntil) return confirmed;
  const now = await look(run, step, path);
  const changed = now.fingerprint === confirmed.fingerprint ? [] : whatChanged(confirmed.change, now.change);
  const riskier =
    tierNumber(now.tier) > tierNumber(confirmed.tier)
      ? [`it became ${now.tier}: ${now.change.raises?.join(', ')}`]
      : [];
  if (changed.length + riskier.length === 0) return now;
  run.emit({ type: 'plan.stale', step: path, difference: [...changed, ...riskier] });
  throw new RunbookError(
    'refused',
    [
      `"${step.title}" is no longer what was confirmed. It was not done. What changed:`,
      ...[...changed, ...riskier].map((line) => `  ${line}`),
    ].join('\n'),
    { next: ['run the command again and look at the new plan'] },
  );
};

const facts = (change: Change) => ({ ...change.basis, target: { ...change.target } });

/** Never empty: two fingerprints that differ are two states, also where no line can say how. */
const whatChanged = (before: Change, now: Change): readonly string[] => {
  const lines = difference(facts(before), facts(now));
  return lines.length > 0 ? lines : ['the state that the plan rests on'];
};

const outcomeUnknown = <Input, Ports>(run: Run<Input, Ports>, change: Change, cause: unknown): RunbookError =>
  new RunbookError('unknown', `Nobody knows yet whether this was done: ${change.summary}. ${messageOf(cause)}`, {
    next: [`rb resume ${run.session}`],
    cause,
  });

/** At a terminal the way back is offered at once. The step has failed either way. */
const offerUndo = async <Input, Ports>(
  run: Run<Input, Ports>,
  step: ActionStep<Input, Ports>,
  path: string,
  change: Change,
  failure: RunbookError,
  why: 'told' | 'new' = 'new',
): Promise<RunbookError> => {
  if (!step.undo || !run.operator.canAsk || run.stop.soft.aborted) return failure;
  const undo = step.undo(change, contextOf(run, path, run.stop.soft));
  if (!undo) return failure;
  const undoPath = `${path}/${undo.id}`;
  if (why === 'new') run.emit({ type: 'step.progress', step: path, note: failure.message });
  run.emit({ type: 'step.started', step: undoPath, kind: 'action', title: undo.title });
  const began = run.clock.monotonic();
  const ended = (result: StepOutcome, rest: { finding?: Finding; error?: string }) =>
    run.emit({ type: 'step.result', step: undoPath, result, ms: Math.round(run.clock.monotonic() - began), ...rest });
  try {
    const done = await runAction(run, undo, undoPath);
    ended(done.result, done.finding ? { finding: done.finding } : {});
    run.takenBack = true;
    return new RunbookError('failed', `${failure.message} It was taken back: ${undo.title}.`, { next: failure.next });
  } catch (error) {
    if (run.recording.failed) throw error;
    const notWanted = error instanceof RunbookError && (error.kind === 'declined' || error.kind === 'interrupted');
    ended(outcomeOf(error), { error: messageOf(error) });
    if (error instanceof RunbookError && error.kind === 'refused')
      return new RunbookError('failed', `${failure.message} It was not taken back: ${error.message}`, {
        next: failure.next,
      });
    return notWanted
      ? failure
      : new RunbookError('failed', `${failure.message} Taking it back failed as well: ${messageOf(error)}`, {
          next: failure.next,
        });
  }
};
