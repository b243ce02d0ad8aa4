import type { Change } from '../../src/engine/change.ts';
import type { Event, StepOutcome } from '../../src/engine/session/events.ts';
import type { SessionState } from '../../src/engine/session/session-state.ts';
import { tierNumber } from '../../src/engine/plan/tier.ts';
import type { Places } from './places.ts';
import type { Entry } from './world.ts';

/** What one run of a session did, and what the record had before it. */
export interface Observed {
  readonly places: Places;
  /** Those of this run. */
  readonly entries: readonly Entry[];
  readonly history: SessionState | undefined;
  readonly dryRun?: boolean;
  /** The record failed. */
  readonly unrecorded?: boolean;
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
export const everyItemIsLookedAtBefore = ({ entries, places, history, dryRun }: Observed): void => {
  if (dryRun) return;
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

/** What is recorded as done was verified after its intent, or a person has said so. */
export const everyDoneChangeWasVerified = ({ entries, history }: Observed): void => {
  const seen = new Map<string, string>();
  const said = new Set<string>();
  const begun = new Set([...(history?.steps ?? [])].flatMap(([path, { intentAt }]) => (intentAt ? [path] : [])));
  for (const entry of entries) {
    if (entry.is === 'verdict') seen.set(entry.step, entry.verdict);
    const event = recordOf(entry);
    if (event?.type === 'answer' && event.answer === 'done') said.add(event.step);
    if (event?.type === 'step.intent') {
      begun.add(event.step);
      seen.delete(event.step);
      said.delete(event.step);
    }
    if (event?.type !== 'step.result' || event.result !== 'ok' || !begun.has(event.step)) continue;
    const verdict = seen.get(event.step);
    const known = verdict === 'ok' || (verdict === 'unknown' && said.has(event.step));
    must(known, () => `${event.step} is recorded as done, and was seen as ${verdict}`);
  }
};

/** A critical precondition or verification ends the procedure; only what cannot be reached is borne as not seen. */
export const everyFindingCounts = ({ entries, places }: Observed): void => {
  for (const event of entries.map(recordOf)) {
    if (event?.type !== 'step.result' || !event.finding) continue;
    const { verdict, summary } = event.finding;
    const role = places.get(event.step)?.role ?? 'evidence';
    must(verdict !== 'critical' || role === 'evidence', () => `the ${role} ${event.step} is critical, and let through`);
    const hidden = /^cannot see: generated: (?!unreachable)/.test(summary);
    must(!hidden, () => `${event.step} has failed, and is recorded as not seen: ${summary}`);
  }
};

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
export const nothingBeginsAfterTheStop = ({ entries, history }: Observed, stoppedAt: number): void => {
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
    // What an earlier run has begun to take back has to be looked for to say that it is open.
    const left = entry.call === 'undo' && history !== undefined;
    must(finishing || beside || left, () => `${entry.call} of ${entry.step} began after the stop`);
  }
};
