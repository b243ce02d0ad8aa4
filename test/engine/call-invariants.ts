import type { Event } from '../../src/engine/session/events.ts';
import { must, recordOf } from './invariants.ts';
import type { Observed } from './invariants.ts';
import { isUndo, prefixes } from './places.ts';

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

/** Steps side by side are shown in their order, whichever was first, and what is inside one of them after those before it. */
export const everythingSideBySideIsInOrder = ({ entries }: Observed): void => {
  const open = new Map<string, Set<number>>();
  for (const event of entries.map(recordOf)) {
    if (!event || !('step' in event)) continue;
    for (const path of prefixes(event.step)) {
      const [, group, n] = /^(.*\/|)p(\d)$/.exec(path) ?? [];
      if (group === undefined) continue;
      const begun = open.get(group) ?? new Set();
      open.set(group, begun);
      if (event.type === 'step.started' && path === event.step) begun.add(Number(n));
      else
        must(
          Number(n) <= Math.min(...begun),
          () => `${event.type} of ${event.step} before p${Math.min(...begun)} was shown`,
        );
      if (event.type === 'step.result' && path === event.step) begun.delete(Number(n));
    }
  }
};
