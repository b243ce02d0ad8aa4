import type { Change } from '../../change.ts';
import { messageOf, RunbookError } from '../../errors.ts';
import type { AnyFinding } from '../../finding.ts';
import type { ActionStep, AnyContext } from '../../procedure/tree.ts';
import { causeOf } from '../../session/stop.ts';
import { contextOf } from '../context.ts';
import { made } from '../resume/done.ts';
import type { Frame } from '../frame.ts';
import type { Role } from './plan.ts';
import { recordedChange } from '../resume/recorded.ts';
import { keep } from '../steps/stepped.ts';
import type { Ended } from '../steps/stepped.ts';

/** What the steps around an action have to know of it. */
export interface Trace {
  /** The change whose intent is on record, of this run or of an earlier one. */
  intended?: Change;
  /** What an earlier run left open was not done. */
  notDone?: true;
}

/**
 * What an earlier run left of an action: a failure stays a failure, and an intent without a result is settled by `verify`. Undefined: it
 * was not done.
 */
export const settle = async (
  frame: Frame,
  step: ActionStep,
  path: string,
  trace: Trace,
  role: Role,
): Promise<Ended | undefined> => {
  const { run } = frame;
  const before = run.history?.steps.get(path);
  const change = recordedChange(frame, step, path);
  if (!change || run.dryRun) return undefined;
  if (before?.unsettled === undefined) {
    if (before?.result !== 'failed' || before.cause !== 'failed') return undefined;
    trace.intended = change;
    keep(frame, step, before.finding, undefined);
    throw new RunbookError('failed', before.error ?? 'It failed.');
  }
  const context = contextOf(frame, path, run.stop.soft);
  context.report({ note: 'an earlier run was interrupted in this step: looking at what became of it' });
  run.stop.soft.throwIfAborted();
  const finding = await verified(frame, step, context, change);
  const { verdict, summary } = finding;
  const done =
    verdict === 'unknown' ? await askedWhetherDone(frame, step, path, change, summary) : verdict !== 'critical';
  run.unsettled.delete(path);
  if (!done) {
    if (verdict === 'critical') context.report({ note: `not done: ${summary}` });
    trace.notDone = true;
    return undefined;
  }
  made(frame, step, path, change, role);
  return { result: 'ok', finding };
};

/** A verification that fails has not said that the change is not there: only what is out of reach is tried again as it is. */
const verified = async ({ run }: Frame, step: ActionStep, context: AnyContext, change: Change): Promise<AnyFinding> => {
  try {
    return await step.verify(context, change);
  } catch (error) {
    const cause = causeOf(error, run.stop.soft);
    if (cause instanceof RunbookError && (cause.kind === 'interrupted' || cause.kind === 'unreachable')) throw error;
    throw new RunbookError('unknown', `It is not known whether this was done: ${change.summary}. ${messageOf(cause)}`, {
      next: [`rb resume ${run.session}`],
      cause: error,
    });
  }
};

const askedWhetherDone = async (
  { run }: Frame,
  step: ActionStep,
  path: string,
  change: Change,
  seen: string,
): Promise<boolean> => {
  run.stop.soft.throwIfAborted();
  run.requireRecord();
  const answer = await run.operator
    .choose(path, { title: step.title, question: `Was this done: ${change.summary}?`, options: settling })
    .catch((error: unknown) => {
      throw error instanceof RunbookError && error.kind === 'usage'
        ? new RunbookError('unknown', `It is not known whether this was done: ${change.summary}. ${seen}.`, {
            next: [`look, then: rb resume ${run.session} --answer ${path}=<done|not-done>`],
          })
        : error;
    });
  run.emit({ type: 'answer', step: path, ...answer });
  return answer.answer === 'done';
};

export const settling = [
  { id: 'done', title: 'yes, it was done' },
  { id: 'not-done', title: 'no, do it now' },
] as const;
