import type { Event } from '../../src/engine/session/events.ts';
import {
  everyCallIsOpenedAndClosed,
  everyStepKeepsItsNumber,
  everythingSideBySideIsInOrder,
} from './call-invariants.ts';
import {
  everyFailureIsRecordedBeforeItsUndo,
  everythingIsTakenBackInOrder,
  nothingRunsAfterAFailure,
} from './failure-invariants.ts';
import {
  everyApplyWasConfirmedAndIntended,
  everyDoneChangeWasVerified,
  everyFindingCounts,
  everyItemIsLookedAtBefore,
  everyStepGetsItsChange,
} from './invariants.ts';
import type { Observed } from './invariants.ts';

/** What holds of every run that may change something, a resumed one too. `log` is what was on record before it. */
export const mustKeepTheRules = (observed: Observed, log: readonly Event[]): void => {
  everyApplyWasConfirmedAndIntended(observed);
  everyDoneChangeWasVerified(observed);
  everyFindingCounts(observed);
  everyItemIsLookedAtBefore(observed);
  everyStepGetsItsChange(observed);
  nothingRunsAfterAFailure(observed);
  everyFailureIsRecordedBeforeItsUndo(observed);
  everythingIsTakenBackInOrder(observed);
  everyCallIsOpenedAndClosed(observed);
  everyStepKeepsItsNumber(log, observed);
  if (!observed.unrecorded) everythingSideBySideIsInOrder(observed);
};
