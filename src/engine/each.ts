import { confirm, plan, settle } from './action.ts';
import type { Done, Planned } from './action.ts';
import { carryOut } from './carry-out.ts';
import { contextOf } from './context.ts';
import type { Run } from './context.ts';
import type { ActionStep, EachStep } from './procedure.ts';

/** Items one after another under one confirmation: all are planned before the question is asked. */
export const runEach = async <Input, Ports>(
  run: Run<Input, Ports>,
  group: EachStep<Input, Ports>,
  path: string,
  stepped: (step: ActionStep<Input, Ports>, path: string, work: () => Promise<Done>) => Promise<void>,
): Promise<Done> => {
  let items = run.history?.steps.get(path)?.items;
  if (!items) {
    items = await group.items(contextOf(run, path, run.stop.soft));
    run.stop.soft.throwIfAborted();
    run.emit({ type: 'items.planned', step: path, items });
  }
  const open: { step: ActionStep<Input, Ports>; path: string; planned: Planned }[] = [];
  const undone = (from: number) => run.undone.push(...open.slice(from).map((later) => later.step.title));
  /* oxlint-disable no-await-in-loop -- one item after another is the point */
  for (const item of items) {
    const step = group.step(item);
    const itemPath = `${path}/${item.id}`;
    const before = run.history?.steps.get(itemPath);
    if (before?.result === 'ok' || before?.result === 'skipped') continue;
    run.stop.soft.throwIfAborted();
    if (step.when && !before?.unsettled && !(await step.when(contextOf(run, itemPath, run.stop.soft)))) {
      run.emit({ type: 'step.started', step: itemPath, kind: step.kind, title: step.title });
      run.emit({ type: 'step.result', step: itemPath, result: 'skipped', ms: 0 });
      continue;
    }
    const settled = await settle(run, step, itemPath);
    if (settled) run.emit({ type: 'step.result', step: itemPath, ms: 0, ...settled });
    else open.push({ step, path: itemPath, planned: await plan(run, step, itemPath) });
  }
  if (run.dryRun) return { result: 'skipped' };
  if (open.length === 0) return { result: 'ok' };
  await confirm(run, path, group.title, open);
  for (const [index, one] of open.entries()) {
    if (run.stop.soft.aborted) {
      undone(index);
      throw run.stop.soft.reason;
    }
    try {
      await stepped(one.step, one.path, () => carryOut(run, one.step, one.path, one.planned));
    } catch (error) {
      undone(index + 1);
      throw error;
    }
  }
  /* oxlint-enable no-await-in-loop */
  return { result: 'ok' };
};
