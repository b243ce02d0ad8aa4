import { RunbookError } from '../../errors.ts';
import type { EventBody } from '../../session/events.ts';
import type { AnyFinding } from '../../finding.ts';
import type { Item } from '../../procedure/specs.ts';
import { takeBackId } from '../../procedure/take-back.ts';
import type { ActionStep, AnyStep, CallStep, EachCallStep, EachStep, ParallelStep } from '../../procedure/tree.ts';
import { runAction } from '../change/action.ts';
import { runCall, tolerantCall } from './call.ts';
import type { Sequence } from './call.ts';
import { runCheck } from './check.ts';
import { contextOf } from '../context.ts';
import { optionOf, runDecision } from './decision.ts';
import { DependsOn } from '../depends.ts';
import { runEach, runEachCall, titleOf } from './each.ts';
import { join, pend } from '../frame.ts';
import type { Frame, Run } from '../frame.ts';
import { runManual } from './manual.ts';
import type { Trace } from '../change/settle.ts';
import { restore, restoreChanges } from '../resume/restore.ts';
import { leaves } from '../resume/resuming.ts';
import { stepped } from './stepped.ts';
import type { Ended, Stepping, Turn } from './stepped.ts';
import { offerCallUndo, offerUndo } from '../change/undo.ts';
import { runWatch } from './watch.ts';

/** Runs steps in their order until one fails, is refused or declined, or the operator stops. */
export const runSequence = async (frame: Frame, steps: readonly AnyStep[], parent: string): Promise<void> => {
  const { run } = frame;
  for (const [index, step] of steps.entries()) {
    const undone = (from: number) =>
      run.undone.push(...steps.slice(from).map(({ id, title }) => ({ path: join(parent, id), title })));
    if (run.stop.soft.aborted) {
      undone(index);
      throw run.stop.soft.reason;
    }
    try {
      // oxlint-disable-next-line no-await-in-loop -- one step after another is what a procedure is
      await runStep(frame, step, join(parent, step.id));
    } catch (error) {
      if (!(error instanceof DependsOn)) {
        undone(index + 1);
        throw error;
      }
      // The planning of this branch ends here; what reads its steps depends on them in turn.
      for (const unplanned of steps.slice(index)) {
        const path = join(parent, unplanned.id);
        run.planned.push({ step: path, open: path });
        pend(frame, unplanned);
      }
      return;
    }
  }
};

const runStep = async (frame: Frame, step: AnyStep, path: string, turn?: Turn): Promise<void> => {
  const own = { kind: step.kind, turn };
  const fails = (error: unknown) => stepped(frame, step, path, () => Promise.reject(error), own);
  try {
    if (restore(frame, step, path)) return;
  } catch (error) {
    return fails(error);
  }
  const context = contextOf(frame, path, frame.run.stop.soft);
  if (step.when && !hasBegun(frame, path)) {
    let wanted: boolean;
    try {
      frame.run.stop.soft.throwIfAborted();
      wanted = await step.when(context);
    } catch (error) {
      return fails(error);
    }
    if (!wanted) return stepped(frame, step, path, () => Promise.resolve({ result: 'skipped' }), own);
  }
  switch (step.kind) {
    case 'check':
      return stepped(frame, step, path, () => runCheck(frame, step, context), own);
    case 'parallel':
      return runParallel(frame, step, path, turn);
    case 'action':
      return steppedAction(frame, step, path, (trace) => runAction(frame, step, path, trace));
    case 'each':
      return stepped(frame, step, path, () =>
        runEach(frame, step, path, (one, its, item, work) => steppedAction(frame, one, its, work, { step, item })),
      );
    case 'eachCall':
      return stepped(frame, step, path, () =>
        runEachCall(frame, step, path, (item, its, before) => runItemCall(frame, step, item, its, before)),
      );
    case 'call':
      return runCallStep(frame, step, path, () => step.input(context), { turn });
    case 'watch':
      return stepped(
        frame,
        step,
        path,
        async () => {
          const ended = await runWatch(frame, step, path, context);
          if (frame.run.dryRun) frame.pending.add(step);
          return ended;
        },
        own,
      );
    case 'manual':
      return stepped(frame, step, path, () => runManual(frame, step, path));
    case 'decision': {
      await stepped(frame, step, path, () => runDecision(frame, step, path));
      const chosen = frame.data.get(step);
      if (typeof chosen !== 'string') return undefined;
      return runSequence(frame, optionOf(step, chosen).steps, join(path, chosen));
    }
  }
};

/**
 * Once an earlier run has begun to take a call back, the call has failed: to look again at a world that is half taken back would go on with
 * changes that are gone. Its changes are taken from the record, and what is left of them to take back is.
 */
const failedForGood = ({ history }: Run, path: string): Sequence | undefined => {
  if (history?.steps.get(join(path, takeBackId))?.answer?.answer !== takeBackId) return undefined;
  const before = history.steps.get(path);
  return (child, steps) => {
    restoreChanges(child, steps, path);
    const failed = [...leaves(steps, path)].find(([, one]) => history.steps.get(one)?.result === 'failed');
    if (failed) child.failed = { step: failed[0] };
    return Promise.reject(
      new RunbookError('failed', (before?.result === 'failed' ? before.error : undefined) ?? 'It failed.'),
    );
  };
};

/** What an earlier run has begun is not passed over because the world looks different half-way. */
const hasBegun = ({ run }: Frame, path: string): boolean => {
  const before = run.history?.steps.get(path);
  return Boolean(before?.intentAt ?? before?.answer ?? before?.items ?? before?.call);
};

/** An action, of a group or on its own; where it fails, its undo comes after its result. */
const steppedAction = async (
  frame: Frame,
  step: ActionStep,
  path: string,
  work: (trace: Trace) => Promise<Ended>,
  failsAs?: { readonly step: EachStep; readonly item: string },
): Promise<void> => {
  const trace: Trace = {};
  try {
    await stepped(frame, step, path, () => work(trace), { kind: 'action', ...(failsAs && { failsAs }) });
  } catch (error) {
    throw await offerUndo(frame, step, path, trace, error);
  }
};

const runItemCall = async (
  frame: Frame,
  group: EachCallStep,
  item: Item,
  path: string,
  before: () => Promise<void>,
): Promise<AnyFinding | undefined> => {
  const input = () => group.input(item);
  const step: CallStep = { kind: 'call', id: item.id, title: titleOf(group, item), procedure: group.procedure, input };
  const failsAs = { step: group, item: item.id };
  try {
    if (restore(frame, step, path)) return frame.seen.get(step);
  } catch (error) {
    await runCallStep(frame, step, path, input, { failsAs, before: () => Promise.reject(error) });
  }
  await runCallStep(frame, step, path, input, { failsAs, before });
  return frame.seen.get(step);
};

interface Calling {
  readonly turn?: Turn | undefined;
  readonly failsAs?: Stepping['failsAs'];
  /** Of an item: looked at before anything of the call is evaluated. */
  readonly before?: () => Promise<void>;
}

const runCallStep = async (
  frame: Frame,
  step: CallStep,
  path: string,
  input: () => unknown,
  { turn, failsAs, before }: Calling,
): Promise<void> => {
  // Beside others its steps are shown together, when those before it have been.
  const held = turn && holdBack(frame.run);
  const caller = held ? { ...frame, run: held.run } : frame;
  let child: Frame | undefined;
  const { procedure, title, tolerant } = step;
  const work = async () => {
    await before?.();
    return tolerantCall(caller, step, (from) =>
      runCall(
        from,
        { procedure, title, path, tolerant, input },
        failedForGood(frame.run, path) ?? runSequence,
        (opened) => {
          child = opened;
        },
      ),
    );
  };
  const inTurn = turn && held && (() => turn().then(held.release));
  try {
    await stepped(frame, step, path, work, {
      kind: 'call',
      turn: inTurn,
      ...(failsAs && { failsAs }),
    });
  } catch (error) {
    throw child ? await offerCallUndo(frame, step.title, path, child, error) : error;
  }
  if (child) frame.calls.set(step, child);
  // A look in which something would have to be watched gives nothing yet.
  const unplanned = step.procedure.does === 'changes' || (child?.pending.size ?? 0) > 0;
  if (frame.run.dryRun && unplanned) frame.pending.add(step);
};

/** The same run, whose events wait until they are released. For what only reads. */
const holdBack = (run: Run): { readonly run: Run; readonly release: () => void } => {
  const waiting: EventBody[] = [];
  let released = false;
  const emit: Run['emit'] = (event) => (released ? run.emit(event) : void waiting.push(event));
  return {
    run: { ...run, emit },
    release: () => {
      released = true;
      for (const event of waiting.splice(0)) run.emit(event);
    },
  };
};

/** Steps side by side: they are shown in their order, whichever was first, and all end before the group does. */
const runParallel = async (frame: Frame, group: ParallelStep, path: string, turn?: Turn): Promise<void> => {
  let shown: Promise<unknown> = turn ? turn() : Promise.resolve();
  const ended = await Promise.allSettled(
    group.steps.map((step) => {
      const before = shown;
      const mine = runStep(frame, step, join(path, step.id), () => before);
      shown = Promise.allSettled([before, mine]);
      return mine;
    }),
  );
  const failed = ended.filter((one) => one.status === 'rejected').map(({ reason }) => reason as unknown);
  // What a dry run cannot plan yet must not hide what has failed beside it.
  if (failed.length > 0) throw failed.find((reason) => !(reason instanceof DependsOn)) ?? failed[0];
};
