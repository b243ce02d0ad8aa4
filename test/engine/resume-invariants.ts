import type { SessionState, StepState } from '../../src/engine/session/session-state.ts';
import { must, recordOf } from './invariants.ts';
import type { Observed } from './invariants.ts';
import { isRestedOn, isUndo, lastBegun, prefixes, undone } from './places.ts';
import type { Place } from './places.ts';
import type { World } from './world.ts';

type Resumed = Observed & { readonly history: SessionState };

/** Whether a step failed after its intent: it stays failed, and what remains is its undo. */
export const hasFailed = ({ intentAt, result, cause, unsettled }: StepState): boolean =>
  intentAt !== undefined && unsettled === undefined && result === 'failed' && cause === 'failed';

/** The calls that an earlier run has begun to take back. */
export const callsTakenBack = ({ steps }: Pick<SessionState, 'steps'>): readonly string[] =>
  [...steps].flatMap(([path, { answer }]) =>
    path.endsWith('/take-back') && answer?.answer === 'take-back' ? [path.slice(0, -'/take-back'.length)] : [],
  );

/** What an earlier run has done is not done again, what it has answered not asked again, what it has read once not read again. */
export const nothingDoneRunsAgain = ({ history, entries, places }: Resumed): void => {
  const back = callsTakenBack(history);
  for (const entry of entries) {
    if (entry.is !== 'call' || entry.call === 'stateLeft' || entry.call === 'undo' || entry.call === 'open') continue;
    const { step, call } = entry;
    const before = history.steps.get(step);
    const place = places.get(step);
    const say = (what: string) => () => `${call} of ${step}, which ${what}`;
    const changing = call === 'plan' || call === 'apply' || call === 'verify';
    if (changing) {
      must(before?.result !== 'ok', say('was done'));
      if (before) must(!hasFailed(before), say('has failed'));
      must(history.steps.get(`${step}/undo`)?.intentAt === undefined, say('an earlier run has begun to take back'));
    }
    if (!isUndo(step) && !step.endsWith('/take-back')) {
      for (const path of prefixes(step).slice(1))
        if (places.get(path)?.callee?.does === 'changes')
          must(history.steps.get(path)?.result !== 'ok', say(`is in ${path}, which has ended`));
      must(!back.some((path) => step.startsWith(`${path}/`)), say('is in a call that is being taken back'));
    }
    if (call === 'items') must(before?.items === undefined, say('were read'));
    if (call === 'input' && place?.callee?.does === 'changes') must(!before?.call, say('is on record'));
    if (call === 'ask' && before?.answer && !before.intentAt && !isUndo(step)) must(false, say('was answered'));
  }
};

/** What an earlier run left open is looked at before it is planned again; where that shows nothing, a person is asked. */
export const whatWasLeftOpenIsSettledFirst = ({ history, entries }: Resumed): void => {
  const looked = new Map<string, string>();
  for (const entry of entries) {
    if (entry.is === 'verdict') looked.set(entry.step, entry.verdict);
    if (entry.is !== 'call' || !history.steps.get(entry.step)?.unsettled) continue;
    const { call, step } = entry;
    if (call === 'verify' && !looked.has(step)) must(entry.receipt === false, () => `verify of ${step} got a receipt`);
    if (call !== 'plan') continue;
    const seen = looked.get(step);
    must(seen === 'critical' || seen === 'unknown', () => `${step} was planned again, and looked at: ${seen}`);
  }
};

/** What an earlier run has begun to take back is settled as soon as its step has failed again, whether anybody can be asked or not. */
export const everyBegunUndoIsSettled = ({ history, entries }: Resumed): void => {
  const failed = new Set<string>();
  for (const entry of entries) {
    const event = recordOf(entry);
    if (event?.type === 'step.result' && event.cause === 'failed') failed.add(`${event.step}/undo`);
    if (entry.is === 'call' && entry.call === 'verify') failed.delete(entry.step);
  }
  for (const path of failed) must(!history.steps.get(path)?.unsettled, () => `${path} was begun, and not looked at`);
};

/** A finding is evidence again where an intent of the same call rests on it, and nowhere else. */
export const onlyEvidenceIsNotLookedAtAgain = ({ history, entries, places }: Resumed): void => {
  const last = lastBegun(places, history);
  const looked = new Set<string>();
  const passed = new Set<string>();
  const checks = new Map<string, Place[]>();
  for (const place of places.values())
    if (place.kind === 'check' && history.steps.get(place.path)?.result === 'ok')
      checks.set(place.frame, [...(checks.get(place.frame) ?? []), place]);
  for (const entry of entries) {
    if (entry.is === 'call' && (entry.call === 'look' || entry.call === 'sample')) {
      const { step } = entry;
      looked.add(step);
      const place = places.get(step);
      const stands = history.steps.get(step)?.result === 'ok' && place && isRestedOn(places, last, place);
      must(!stands, () => `${step} was looked at again, and an intent rests on it`);
    }
    const event = recordOf(entry);
    if (event?.type === 'step.result' && event.result === 'skipped') passed.add(event.step);
    if (event?.type !== 'step.intent' || isUndo(event.step)) continue;
    for (const prefix of prefixes(event.step)) {
      const reached = places.get(prefix);
      for (const check of reached ? (checks.get(reached.frame) ?? []) : [])
        must(
          check.order >= (reached?.order ?? 0) ||
            looked.has(check.path) ||
            prefixes(check.path).some((path) => passed.has(path)) ||
            isRestedOn(places, last, check),
          () => `intent of ${event.step}, and ${check.path} (${check.role}) was not looked at again`,
        );
    }
  }
};

/** At the end of a session the record is what the world is. */
export const theRecordIsTrue = (state: SessionState, world: World): void => {
  for (const { id, kind, result, intentAt, unsettled } of state.steps.values()) {
    must(unsettled === undefined, () => `the session has ended, and ${id} is not settled`);
    if (result !== 'ok' || intentAt === undefined) continue;
    if (kind === 'undo') {
      must(!world.has(undone(id)), () => `${undone(id)} is recorded as taken back, and stands`);
      must(world.has(id), () => `${id} is recorded as done, and is not`);
      // An undo that is recorded as failed may have been seen too gloomily.
    } else if (state.steps.get(`${id}/undo`)?.intentAt === undefined)
      must(world.has(id), () => `${id} is recorded as done, and is not`);
  }
};

/** How many changes the record has, by the count of a reader that knows nothing of the engine. */
export const changesIn = ({ steps }: SessionState): number =>
  [...steps].filter(([path, { intentAt, result }]) => !isUndo(path) && intentAt !== undefined && result === 'ok')
    .length;
