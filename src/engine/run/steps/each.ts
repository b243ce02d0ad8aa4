import { RunbookError } from '../../errors.ts';
import type { AnyFinding } from '../../finding.ts';
import type { Item } from '../../procedure/specs.ts';
import type { ActionStep, AnyStep, EachCallStep, EachStep } from '../../procedure/tree.ts';
import { carryOut } from '../change/carry-out.ts';
import { confirm } from '../change/confirm.ts';
import { contextOf } from '../context.ts';
import { parsed, restoredData } from '../data.ts';
import { restoreDone } from '../resume/done.ts';
import { itemPath } from '../frame.ts';
import type { Frame, Undone } from '../frame.ts';
import { plan } from '../change/plan.ts';
import type { Planned } from '../change/plan.ts';
import { settle } from '../change/settle.ts';
import type { Trace } from '../change/settle.ts';
import { keep } from './stepped.ts';
import type { Ended } from './stepped.ts';

/** Runs one item with its own `step.started` and `step.result`; offers its undo where it failed. */
export type Stepping = (
  step: ActionStep,
  path: string,
  item: string,
  work: (trace: Trace) => Promise<Ended>,
) => Promise<void>;

interface Open {
  readonly step: ActionStep;
  readonly path: string;
  readonly item: Item;
  readonly planned: Planned;
}

/** Items one after another under one confirmation: all are planned before the question is asked. */
export const runEach = async (frame: Frame, group: EachStep, path: string, stepping: Stepping): Promise<Ended> => {
  const { run } = frame;
  const open: Open[] = [];
  const items = await itemsOf(frame, group, path);
  const named = (item: Item): Undone => ({ path: itemPath(path, item.id), title: titleOf(group, item) });
  const begun = items.some(({ id }) => run.history?.steps.get(itemPath(path, id))?.intentAt !== undefined);
  /* oxlint-disable no-await-in-loop -- one item after another is the point */
  for (const [index, item] of items.entries()) {
    const step = actionOf(group, item);
    const its = itemPath(path, item.id);
    const before = run.history?.steps.get(its);
    if (restoreItem(frame, group, item, step, path)) continue;
    // What was passed over before the first change stays so.
    if (begun && before?.result === 'skipped') continue;
    run.stop.soft.throwIfAborted();
    /** For what needs no question. Where it ends the group, the others are not done. */
    const runNow = async (work: Parameters<Stepping>[3]): Promise<void> => {
      try {
        await stepping(step, its, item.id, work);
      } catch (error) {
        run.undone.push(...[...open.map((one) => one.item), ...items.slice(index + 1)].map(named));
        throw error;
      }
    };
    if (step.when && before?.intentAt === undefined && !(await step.when(contextOf(frame, its, run.stop.soft)))) {
      await runNow(() => Promise.resolve({ result: 'skipped' }));
      continue;
    }
    const trace: Trace = {};
    const settled = await settle(frame, step, its, trace, 'step').catch((failed: unknown) => ({ failed }));
    if (settled && 'failed' in settled)
      await runNow((own) => {
        Object.assign(own, trace);
        return Promise.reject(settled.failed);
      });
    else if (settled) {
      await runNow(() => Promise.resolve(settled));
      note(frame, group, item, settled.finding);
    } else open.push({ step, path: its, item, planned: await plan(frame, step, its) });
  }
  if (run.dryRun) {
    frame.pending.add(group);
    return { result: 'skipped' };
  }
  if (open.length > 0) await confirm(frame, path, group.title, open);
  await oneAfterAnother(
    frame,
    open,
    ({ item }) => named(item),
    async ({ step, path: its, item, planned: one }) => {
      try {
        await stepping(step, its, item.id, async (trace) => {
          await lookBefore(frame, group, its, item);
          return carryOut(frame, step, its, one, trace, 'step');
        });
      } finally {
        note(frame, group, item, frame.seen.get(step));
      }
    },
  );
  /* oxlint-enable no-await-in-loop */
  return { result: 'ok' };
};

export const actionOf = (group: EachStep, item: Item): ActionStep => ({
  ...group.action(item),
  kind: 'action',
  id: item.id,
  title: titleOf(group, item),
});

/** Takes an item from the record whose change an earlier run has made. */
export const restoreItem = (frame: Frame, group: EachStep, item: Item, step: ActionStep, path: string): boolean => {
  const its = itemPath(path, item.id);
  const before = frame.run.history?.steps.get(its);
  if (before?.result !== 'ok') return false;
  keep(frame, step, before.finding, undefined);
  note(frame, group, item, before.finding);
  restoreDone(frame, step, its);
  return true;
};

/** One call for each item; each plans and asks for itself. */
export const runEachCall = async (
  frame: Frame,
  group: EachCallStep,
  path: string,
  call: (item: Item, path: string, before: () => Promise<void>) => Promise<AnyFinding | undefined>,
): Promise<Ended> => {
  const items = await itemsOf(frame, group, path);
  await oneAfterAnother(
    frame,
    items,
    (item) => ({ path: itemPath(path, item.id), title: titleOf(group, item) }),
    async (item) => {
      const its = itemPath(path, item.id);
      // Not of a call that an earlier run has begun: half-way its item looks different.
      const begun = frame.run.history?.steps.get(its)?.call !== undefined;
      const before = async () => (begun || frame.run.dryRun ? undefined : lookBefore(frame, group, its, item));
      note(frame, group, item, await call(item, its, before));
    },
  );
  if (!frame.run.dryRun) return { result: 'ok' };
  frame.pending.add(group);
  return { result: 'skipped' };
};

export const titleOf = (group: EachStep | EachCallStep, item: Item): string => group.titleOf?.(item) ?? item.id;

/** Where one fails or the operator stops, those after it are not done. */
const oneAfterAnother = async <One>(
  { run }: Frame,
  all: readonly One[],
  named: (one: One) => Undone,
  work: (one: One) => Promise<void>,
): Promise<void> => {
  const undone = (from: number) => run.undone.push(...all.slice(from).map(named));
  for (const [index, one] of all.entries()) {
    if (run.stop.soft.aborted) {
      undone(index);
      throw run.stop.soft.reason;
    }
    try {
      // oxlint-disable-next-line no-await-in-loop
      await work(one);
    } catch (error) {
      undone(index + 1);
      throw error;
    }
  }
};

/** Read once and recorded: a resumed session goes on with the same. */
const itemsOf = async (frame: Frame, group: EachStep | EachCallStep, path: string): Promise<readonly Item[]> => {
  const { run } = frame;
  const before = run.history?.steps.get(path)?.items;
  const items = before
    ? before.map((item) => restoredData(group.title, group.item, item))
    : (await group.items(contextOf(frame, path, run.stop.soft))).map((item) => parsed(group.title, group.item, item));
  if (items.some(({ id }) => id === '' || !id.isWellFormed()))
    throw new TypeError(`an item of "${group.title}" has an id that cannot be part of a path`);
  if (new Set(items.map(({ id }) => id)).size < items.length)
    throw new TypeError(`two items of "${group.title}" have the same id`);
  frame.items.set(
    group,
    items.map(({ id }) => ({ id })),
  );
  if (before) return items;
  run.stop.soft.throwIfAborted();
  run.emit({ type: 'items.planned', step: path, items });
  return items;
};

const lookBefore = async (frame: Frame, group: EachStep | EachCallStep, path: string, item: Item): Promise<void> => {
  if (!group.before) return;
  const finding = await group.before(contextOf(frame, path, frame.run.stop.soft), item);
  if (finding.verdict === 'ok') return;
  frame.run.emit({ type: 'finding', step: path, finding });
  if (finding.verdict !== 'critical') return;
  keep(frame, group, finding, undefined);
  throw new RunbookError('failed', `${finding.summary}.`);
};

export const note = (frame: Frame, group: AnyStep, { id }: Item, finding: AnyFinding | undefined): void => {
  const mine = frame.items.get(group)?.find((one) => one.id === id);
  if (mine && finding) mine.finding = finding;
};
