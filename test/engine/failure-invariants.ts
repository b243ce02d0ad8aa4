import type { StepOutcome } from '../../src/engine/session/events.ts';
import { isGood, must, recordOf } from './invariants.ts';
import type { Observed } from './invariants.ts';
import { isUndo, prefixes, undone } from './places.ts';

/** Two steps of the same `parallel`, or in calls that are. */
const sideBySide = (one: string, other: string): boolean => {
  const mine = one.split('/');
  const theirs = other.split('/');
  const differ = mine.findIndex((part, n) => part !== theirs[n]);
  return /^p\d$/.test(mine[differ] ?? '') && /^p\d$/.test(theirs[differ] ?? '');
};

/**
 * After a step that did not end well nothing else is touched, not even looked at, but for what is side by side with it, and what takes it
 * back. A call that bears it goes on.
 */
export const nothingRunsAfterAFailure = ({ entries }: Observed): void => {
  let failed: string[] = [];
  for (const entry of entries) {
    const event = recordOf(entry);
    if (event?.type === 'step.result' && !isUndo(event.step)) {
      if (!isGood(event.result)) failed.push(event.step);
      else failed = failed.filter((path) => !path.startsWith(`${event.step}/`));
    }
    if (failed.length === 0 || entry.is !== 'call' || entry.call === 'stateLeft' || entry.call === 'open') continue;
    const { call, step } = entry;
    const takesBack = call === 'undo' || isUndo(step) || step.endsWith('/take-back');
    const beside = failed.every((one) => sideBySide(one, step));
    must(takesBack || beside, () => `${call} of ${step} after ${failed.join()} had not ended well`);
  }
};

/** An undo is begun only when the failure is on record: of the step, or of the call that it is in and that is to be taken back. */
export const everyFailureIsRecordedBeforeItsUndo = ({ entries, history }: Observed): void => {
  const results = new Map<string, StepOutcome | undefined>();
  const takenBack = new Set<string>();
  for (const [path, { result, answer }] of history?.steps ?? []) {
    results.set(path, result);
    if (answer?.answer === 'take-back') takenBack.add(path);
  }
  for (const entry of entries) {
    const event = recordOf(entry);
    if (event?.type === 'step.result') results.set(event.step, event.result);
    if (event?.type === 'step.intent') results.delete(event.step);
    if (event?.type === 'answer' && event.answer === 'take-back') takenBack.add(event.step);
    const step = entry.is === 'call' ? entry.step : event?.type === 'step.started' ? event.step : undefined;
    if (step === undefined || !isUndo(step)) continue;
    const of = undone(step);
    const itself = results.get(of) === 'failed';
    const call = prefixes(of).some((path) => results.get(path) === 'failed' && takenBack.has(`${path}/take-back`));
    must(itself || (call && results.get(of) === 'ok'), () => `${step} began, and ${of} is ${results.get(of)}`);
  }
};

/** What takes a call back goes from the last change to the first, and ends at the first that stays. */
export const everythingIsTakenBackInOrder = ({ entries, history, places }: Observed): void => {
  const order = new Map([...places.keys()].map((path, index) => [path, index]));
  const takenBack = new Set(
    [...(history?.steps ?? [])].flatMap(([path, { answer }]) => (answer?.answer === 'take-back' ? [path] : [])),
  );
  /** Of each call the change that was taken back last; undefined where it stays. */
  const last = new Map<string, number | undefined>();
  for (const event of entries.map(recordOf)) {
    if (event?.type === 'answer' && event.answer === 'take-back') takenBack.add(event.step);
    if (!event || !('step' in event) || !isUndo(event.step)) continue;
    const of = undone(event.step);
    const call = prefixes(of).find((path) => takenBack.has(`${path}/take-back`));
    if (call === undefined) continue;
    if (event.type === 'step.started') {
      const before = last.has(call) ? last.get(call) : Number.POSITIVE_INFINITY;
      must(before !== undefined, () => `${event.step} began after another undo had not ended well`);
      must((order.get(of) ?? 0) < (before ?? 0), () => `${event.step} began after the undo of an earlier change`);
    }
    if (event.type === 'step.result') last.set(call, event.result === 'ok' ? order.get(of) : undefined);
  }
};
