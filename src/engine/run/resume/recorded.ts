import type { Change } from '../../change.ts';
import type { ActionStep } from '../../procedure/tree.ts';
import { restoredData } from '../data.ts';
import type { Frame } from '../frame.ts';

/** The change that an earlier run was about to make, or made. */
export const recordedChange = (
  { run }: Frame,
  { title, change: schema }: ActionStep,
  path: string,
): Change | undefined => {
  const before = run.history?.steps.get(path);
  if (before?.intentAt === undefined || !before.change) return undefined;
  return { ...before.change, data: restoredData(title, schema, before.change.data) };
};

/** The same where it is not known yet what became of it. */
export const interruptedChange = (frame: Frame, step: ActionStep, path: string): Change | undefined =>
  frame.run.history?.steps.get(path)?.unsettled ? recordedChange(frame, step, path) : undefined;
