import type { Json, Schema } from '../../json.ts';
import type { Item } from '../../procedure/specs.ts';
import type { AnyStep, CallStep, EachCallStep, EachStep } from '../../procedure/tree.ts';
import { openFrame } from '../steps/call.ts';
import { restoredData } from '../data.ts';
import { restoreDone } from './done.ts';
import { actionOf, note, restoreItem } from '../steps/each.ts';
import { itemPath, join } from '../frame.ts';
import type { Frame } from '../frame.ts';
import { keep } from '../steps/stepped.ts';

/**
 * Takes from the record of an earlier run what stands, and says whether the step is settled by that: a change that was made, a call that has
 * ended, what a person has done, evidence that an intent rests on. Everything else is run, or looked at, again.
 */
export const restore = (frame: Frame, step: AnyStep, path: string): boolean => {
  const before = frame.run.history?.steps.get(path);
  if (!before || (before.result !== 'ok' && before.result !== 'skipped')) return false;
  const evidence = frame.restored.has(step);
  if (before.result === 'skipped' && step.kind !== 'manual') return evidence;
  switch (step.kind) {
    // Entered again: their own steps know what is done.
    case 'decision':
    case 'parallel':
      return false;
    case 'action':
      keep(frame, step, before.finding, undefined);
      restoreDone(frame, step, path);
      return true;
    case 'each':
      restoreItems(frame, step, path);
      return true;
    case 'eachCall':
      return (evidence || step.procedure.does === 'changes') && restoreCalls(frame, step, path);
    case 'manual':
      if (!before.answer) return evidence;
      keep(frame, step, undefined, before.answer.answer);
      return true;
    case 'watch':
      keep(frame, step, before.finding, undefined);
      return true;
    case 'check':
      if (!evidence) return false;
      keep(frame, step, before.finding, dataOf(step.title, step.data, before.finding?.data));
      return true;
    case 'call':
      return (evidence || step.procedure.does === 'changes') && restoreCall(frame, step, path);
  }
};

const dataOf = (title: string, schema: Schema<Json> | undefined, data: Json | undefined) =>
  schema && data !== undefined ? restoredData(title, schema, data) : undefined;

/** Null stands for a part that could not be seen, unless the look declares it as a result. */
const resultIn = ({ title, procedure: { result: schema } }: CallStep, result: Json): Json | undefined => {
  if (!schema) return null;
  return result === null && !schema.safeParse(null).success ? undefined : restoredData(title, schema, result);
};

const restoreCall = (frame: Frame, step: CallStep, path: string): boolean => {
  const before = frame.run.history?.steps.get(path);
  if (!before) return false;
  const { closed, input } = before.call ?? {};
  const { procedure } = step;
  keep(frame, step, before.finding, closed && resultIn(step, closed.result));
  const child = openFrame(frame.run, { procedure, input: input ?? null, path, parent: frame });
  restoreChanges(child, procedure.steps, path);
  return true;
};

const restoreItems = (frame: Frame, group: EachStep, path: string): void => {
  for (const item of recordedItems(frame, group, path)) restoreItem(frame, group, item, actionOf(group, item), path);
};

const restoreCalls = (frame: Frame, group: EachCallStep, path: string): boolean => {
  for (const item of recordedItems(frame, group, path)) {
    const { procedure } = group;
    const step: CallStep = { kind: 'call', id: item.id, title: item.id, procedure, input: () => group.input(item) };
    const its = itemPath(path, item.id);
    if (frame.run.history?.steps.get(its)?.result !== 'ok') continue;
    restoreCall(frame, step, its);
    note(frame, group, item, frame.seen.get(step));
  }
  return true;
};

const recordedItems = (frame: Frame, group: EachStep | EachCallStep, path: string): readonly Item[] => {
  const items = frame.run.history?.steps.get(path)?.items ?? [];
  frame.items.set(
    group,
    items.map(({ id }) => ({ id })),
  );
  return items.map((item) => restoredData(group.title, group.item, item));
};

/** The changes of a call that has ended, well or not: they may have to be taken back. An inner call that failed has asked about its own. */
export const restoreChanges = (child: Frame, steps: readonly AnyStep[], parent: string): void => {
  for (const step of steps) {
    const path = join(parent, step.id);
    const before = child.run.history?.steps.get(path);
    if (step.kind === 'decision') {
      const answer = before?.answer?.answer ?? '';
      const option = Object.hasOwn(step.options, answer) ? step.options[answer] : undefined;
      if (option) restoreChanges(child, option.steps, join(path, answer));
    }
    // Of a group that failed those items that are done.
    if (step.kind === 'each' && before?.items) restoreItems(child, step, path);
    if (step.kind === 'eachCall' && before?.items) restoreCalls(child, step, path);
    if (before?.result !== 'ok') continue;
    if (step.kind === 'action') restoreDone(child, step, path);
    if (step.kind === 'call') restoreCall(child, step, path);
    // An undo may read what was seen before its change.
    if (step.kind === 'check') keep(child, step, before.finding, dataOf(step.title, step.data, before.finding?.data));
    if (step.kind === 'parallel') restoreChanges(child, step.steps, path);
  }
};
