import type { Change } from '../../src/engine/change.ts';
import type { Event, StepOutcome } from '../../src/engine/events.ts';
import type { SessionState } from '../../src/engine/session-state.ts';
import { tierNumber } from '../../src/engine/tier.ts';
import { isUndo, prefixes, undone } from './places.ts';
import type { Places } from './places.ts';
import type { Entry } from './world.ts';

/** What one run of a session did, and what the record had before it. */
export interface Observed {
  readonly places: Places;
  /** Those of this run. */
  readonly entries: readonly Entry[];
  readonly history: SessionState | undefined;
}

export const must = (holds: boolean, what: () => string): void => {
  if (!holds) throw new Error(what());
};

const good: ReadonlySet<StepOutcome> = new Set(['ok', 'skipped']);
export const isGood = (result: StepOutcome | undefined): boolean => result !== undefined && good.has(result);
export const recordOf = (entry: Entry): Event | undefined => (entry.is === 'record' ? entry.event : undefined);

/** Safety: nothing is applied that was not planned, confirmed as it is, at its tier, and durably intended. */
export const everyApplyWasConfirmedAndIntended = ({ entries }: Observed): void => {
  const confirmed = new Map<string, { fingerprint: string; tier: number; byPrompt: boolean; at: number }>();
  const planned = new Map<string, { fingerprint: string; tier: number; token: number; ms: number; at: number }>();
  const intended = new Map<string, Extract<Event, { type: 'step.intent' }>>();
  const saidNo = new Set<string>();
  /** What a fingerprint is without the declared effects of the session's own changes. */
  const own = new Map<unknown, string>();
  for (const [at, entry] of entries.entries()) {
    if (entry.is === 'planned') own.set(entry.fingerprint, entry.own);
    if (entry.is === 'planned') planned.set(entry.step, { ...entry, tier: tierNumber(entry.tier), at });
    const event = recordOf(entry);
    if (entry.is === 'said no') saidNo.add(entry.step);
    if (event?.type === 'confirmation')
      must(!saidNo.delete(event.step) || event.decision === 'declined', () => `${event.step} was declined`);
    if (event?.type === 'confirmation')
      for (const { step, fingerprint } of event.covers) {
        if (event.decision === 'confirmed')
          confirmed.set(step, { fingerprint, tier: tierNumber(event.tier), byPrompt: event.by === 'prompt', at });
        else confirmed.delete(step);
      }
    if (event?.type === 'step.intent') {
      intended.set(event.step, event);
      const plan = planned.get(event.step);
      must(plan !== undefined && event.monotonicMs - plan.ms <= 1000, () => `${event.step}: the plan is too old`);
      const answer = confirmed.get(event.step);
      must(
        !answer?.byPrompt || answer.at < (plan?.at ?? 0),
        () => `${event.step}: not planned again after the question`,
      );
    }
    if (entry.is !== 'call' || entry.call !== 'apply') continue;
    const { step } = entry;
    const intent = intended.get(step);
    must(intent !== undefined, () => `${step} was applied without an intent`);
    must(intent?.fingerprint === entry.fingerprint, () => `${step}: not what was intended`);
    must(planned.get(step)?.token === entry.token, () => `${step}: not what was planned last`);
    const answer = confirmed.get(step);
    must(answer !== undefined, () => `${step} was applied without a confirmation`);
    must(own.get(answer?.fingerprint) === own.get(entry.fingerprint), () => `${step}: not what was confirmed`);
    must((answer?.tier ?? -1) >= (planned.get(step)?.tier ?? Infinity), () => `${step}: confirmed below its tier`);
    // One confirmation and one intent are good for one time.
    intended.delete(step);
    confirmed.delete(step);
  }
};

/** Nothing is done to an item that was not looked at right before, or that looked critical. */
export const everyItemIsLookedAtBefore = ({ entries, places, history }: Observed): void => {
  const looked = new Map<string, string>();
  for (const entry of entries) {
    if (entry.is === 'verdict' && entry.step.endsWith('/before')) looked.set(entry.step, entry.verdict);
    const event = recordOf(entry);
    const applied = entry.is === 'call' && entry.call === 'apply' ? entry.step : undefined;
    // A call that an earlier run has begun looks different half-way.
    const called = event?.type === 'call.opened' && !history?.steps.get(event.step)?.call ? event.step : undefined;
    const step = applied ?? called;
    if (step !== undefined && places.get(step)?.before === true) {
      const seen = looked.get(`${step}/before`);
      must(seen !== undefined && seen !== 'critical', () => `${step} was begun, and looked at before: ${seen}`);
    }
    if (applied !== undefined) looked.clear();
  }
};

const tokenOf = (change: Change | undefined) => (change?.data as { readonly token?: number } | null | undefined)?.token;

/** `apply`, `verify` and `undo` get the change of the last intent; `plan` the one that an earlier run has left open. */
export const everyStepGetsItsChange = ({ entries, history }: Observed): void => {
  const tokens = new Map<string, unknown>();
  for (const [path, { intentAt, change }] of history?.steps ?? [])
    if (intentAt !== undefined) tokens.set(path, tokenOf(change));
  for (const entry of entries) {
    must(entry.is !== 'fault', () => (entry.is === 'fault' ? entry.what : ''));
    const event = recordOf(entry);
    if (event?.type === 'step.intent') tokens.set(event.step, tokenOf(event.change));
    if (entry.is !== 'call') continue;
    const { call, step, token } = entry;
    if (call === 'apply' || call === 'verify' || call === 'undo')
      must(tokens.get(step) === token, () => `${call} of ${step} got another change than the one on record`);
    const left = history?.steps.get(step);
    if (call === 'plan')
      must(token === (left?.unsettled ? tokenOf(left.change) : undefined), () => `plan of ${step}: interrupted?`);
  }
};

/** Every intent has its result, unless the recorder failed. */
export const everyIntentHasItsResult = ({ entries }: Observed): void => {
  const open = new Set<string>();
  for (const event of entries.map(recordOf)) {
    if (event?.type === 'step.intent') open.add(event.step);
    if (event?.type === 'step.result') open.delete(event.step);
  }
  must(open.size === 0, () => `intents without a result: ${[...open].join()}`);
};

/** After one record that could not be written nothing is changed, also where the next could be. */
export const nothingIsAppliedWithoutARecord = ({ entries }: Observed, failedAt: number): void => {
  for (const entry of entries.slice(failedAt))
    must(entry.is !== 'call' || entry.call !== 'apply', () => 'applied after a lost record');
};

/** After the operator asked to stop only the change that is under way is finished and verified. */
export const nothingBeginsAfterTheStop = ({ entries }: Observed, stoppedAt: number): void => {
  const underWay = new Set<string>();
  for (const [position, entry] of entries.entries()) {
    const event = recordOf(entry);
    if (position <= stoppedAt && event?.type === 'step.intent') underWay.add(event.step);
    if (event?.type === 'step.result') underWay.delete(event.step);
    // What is under way may still open a port.
    if (position <= stoppedAt || entry.is !== 'call' || entry.call === 'stateLeft' || entry.call === 'open') continue;
    const finishing = (entry.call === 'apply' || entry.call === 'verify') && underWay.has(entry.step);
    // The ways back from the changes of a call are looked for side by side.
    const before = entries[position - 1];
    const beside = entry.call === 'undo' && before?.is === 'call' && before.call === 'undo';
    must(finishing || beside, () => `${entry.call} of ${entry.step} began after the stop`);
  }
};

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
      if (!good.has(event.result)) failed.push(event.step);
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

/** `call.opened` is before the first record of a step in the call, `call.closed` after the last and before its good end. */
export const everyCallIsOpenedAndClosed = ({ entries, places, history }: Observed): void => {
  const opened = new Set([...(history?.steps ?? [])].flatMap(([path, { call }]) => (call ? [path] : [])));
  const closed = new Set<string>();
  const inside = new Map<string, boolean>();
  for (const event of entries.map(recordOf)) {
    if (!event || !('step' in event)) continue;
    const { step } = event;
    if (event.type === 'call.opened') {
      opened.add(step);
      closed.delete(step);
      inside.set(step, true);
      must((event.input as { at: string }).at === step, () => `${step} was opened with another input`);
    }
    if (event.type === 'call.closed') {
      must(inside.get(step) === true, () => `${step} was closed, and not opened`);
      closed.add(step);
    }
    if (event.type === 'step.result' && inside.get(step) && event.result === 'ok' && places.get(step)?.changes === true)
      must(closed.has(step) || event.finding?.verdict === 'unknown', () => `${step} ended well, and was not closed`);
    if (isUndo(step) || step.endsWith('/take-back')) continue;
    for (const path of prefixes(step).slice(1)) {
      if (places.get(path)?.callee === undefined) continue;
      must(opened.has(path), () => `${event.type} of ${step} before ${path} was opened`);
      must(!closed.has(path), () => `${event.type} of ${step} after ${path} was closed`);
    }
  }
};

/** A path has one number, and a number one path, over all runs; the mark of a step is made of it. */
export const everyStepKeepsItsNumber = (log: readonly Event[], { entries }: Pick<Observed, 'entries'>): void => {
  const numbers = new Map<string, string>();
  const paths = new Map<string, string>();
  const take = (path: string, mark: string) => {
    must((numbers.get(path) ?? mark) === mark, () => `${path} was ${numbers.get(path)}, and is ${mark}`);
    must((paths.get(mark) ?? path) === path, () => `${mark} is ${path}, and was ${paths.get(mark)}`);
    numbers.set(path, mark);
    paths.set(mark, path);
  };
  for (const event of log)
    if (event.type === 'step.started' || event.type === 'step.intent') take(event.step, `s1/${event.n}`);
  for (const entry of entries) {
    const event = recordOf(entry);
    if (event?.type === 'step.started' || event?.type === 'step.intent') take(event.step, `s1/${event.n}`);
    if (entry.is === 'call' && entry.mark !== undefined) take(entry.step, entry.mark);
  }
};

/** Steps side by side are shown in their order, whichever was first. */
export const everythingSideBySideIsInOrder = ({ entries }: Observed): void => {
  const ended = new Map<string, number>();
  for (const event of entries.map(recordOf)) {
    if (!event || !('step' in event) || event.type === 'step.started') continue;
    for (const path of prefixes(event.step)) {
      const [, group, n] = /^(.*\/|)p(\d)$/.exec(path) ?? [];
      if (group === undefined) continue;
      const last = ended.get(group) ?? -1;
      must(Number(n) >= last, () => `${event.type} of ${event.step} after p${last} was shown`);
      if (event.type === 'step.result' && path === event.step) ended.set(group, Number(n));
    }
  }
};
