import type { Change } from '../../change.ts';
import type { ActionStep } from '../../procedure/tree.ts';
import { around } from '../frame.ts';
import type { Frame } from '../frame.ts';
import type { Role } from '../change/plan.ts';
import { recordedChange } from './recorded.ts';

/** Notes a change that was made, so that what comes after it is judged by it, and so that it can be taken back. An undo is not one more. */
export const made = (frame: Frame, step: ActionStep, path: string, change: Change, role: Role): void => {
  if (role === 'undo') return;
  frame.run.applied += 1;
  noteDone(frame, step, path, change);
};

/** The same for what an earlier run made: it is counted already. */
export const restoreDone = (frame: Frame, step: ActionStep, path: string): void => {
  const change = recordedChange(frame, step, path);
  if (change) noteDone(frame, step, path, change);
};

const noteDone = (frame: Frame, step: ActionStep, path: string, change: Change): void => {
  frame.run.effects.add(change);
  // One object in the lists of all: a call that asks about it takes it out of those around it.
  const done = { step, path, change, frame };
  for (const one of around(frame)) {
    one.began = true;
    one.done = [...one.done, done];
  }
};
