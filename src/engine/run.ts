import { runAction } from './action.ts';
import { contextOf } from './context.ts';
import { runDecision } from './decision.ts';
import { runEach } from './each.ts';
import { runWatch } from './watch.ts';
import type { Run, RunOptions } from './context.ts';
import { messageOf, RunbookError } from './errors.ts';
import type { StepOutcome } from './events.ts';
import { worst } from './finding.ts';
import type { Finding } from './finding.ts';
import { outcomeOf } from './outcome.ts';
import type { PlannedStep } from './plan-hash.ts';
import { changesSomething } from './procedure.ts';
import type { CheckStep, Context, ManualStep, ParallelStep, Step } from './procedure.ts';
import { causeOf } from './stop.ts';

export interface RunResult {
  readonly planned: readonly PlannedStep[];
  readonly findings: ReadonlyMap<string, Finding>;
  /** Titles of the steps that did not run or did not end well. */
  readonly undone: readonly string[];
  readonly failedStep?: string;
  readonly takenBack?: true;
  /** When the first change began, on the monotonic clock. */
  readonly changedAt?: number;
  /** Why it ended early; absent when every step ran. */
  readonly error?: unknown;
}

/** Runs the steps in their order until one fails, is refused or declined, or the operator stops. Never rejects. */
export const runSteps = async <Input, Ports>(options: RunOptions<Input, Ports>): Promise<RunResult> => {
  const run: Run<Input, Ports> = {
    ...options,
    ...failClosed(options.emit),
    findings: new Map(),
    planned: [],
    undone: [],
  };
  const result = () => ({
    planned: run.planned,
    findings: run.findings,
    undone: run.undone,
    ...(run.failedStep === undefined ? {} : { failedStep: run.failedStep }),
    ...(run.takenBack === undefined ? {} : { takenBack: run.takenBack }),
    ...(run.changedAt === undefined ? {} : { changedAt: run.changedAt }),
  });
  try {
    await runSequence(run, run.procedure.steps, '');
    return result();
  } catch (error) {
    // Of several checks side by side that failed, the log that cannot be written counts most.
    return { ...result(), error: run.recording.failed ? run.recording.failure : error };
  }
};

/** After one record that could not be written every further one fails, also where the recorder would take it. */
const failClosed = (emit: RunOptions<unknown, unknown>['emit']): Pick<Run<unknown, unknown>, 'emit' | 'recording'> => {
  const recording: Run<unknown, unknown>['recording'] = { failed: false };
  return {
    recording,
    emit: (event) => {
      try {
        emit(event);
      } catch (error) {
        if (!recording.failed) Object.assign(recording, { failed: true, failure: error });
      }
      if (recording.failed) throw recording.failure;
    },
  };
};

const join = (parent: string, id: string): string => (parent ? `${parent}/${id}` : id);

const runSequence = async <Input, Ports>(
  run: Run<Input, Ports>,
  steps: readonly Step<Input, Ports>[],
  parent: string,
): Promise<void> => {
  for (const [index, step] of steps.entries()) {
    if (run.stop.soft.aborted) {
      run.undone.push(...steps.slice(index).map((later) => later.title));
      throw run.stop.soft.reason;
    }
    try {
      // oxlint-disable-next-line no-await-in-loop -- one step after another is what a procedure is
      await runStep(run, step, join(parent, step.id));
    } catch (error) {
      run.undone.push(...steps.slice(index + 1).map((later) => later.title));
      throw error;
    }
  }
};

/** Already done in an earlier run of this session: its finding is evidence again, and nothing runs. */
const restored = <Input, Ports>(run: Run<Input, Ports>, path: string): boolean => {
  const before = run.history?.steps.get(path);
  if (before?.result !== 'ok' && before?.result !== 'skipped') return false;
  if (before.finding) run.findings.set(path, before.finding);
  return true;
};

/** Of checks side by side: ends when those before it have been told. */
type Turn = () => Promise<unknown>;

/** Wraps the work of a step in its `step.started` and `step.result`. */
const stepped = async <Input, Ports>(
  run: Run<Input, Ports>,
  step: Step<Input, Ports>,
  path: string,
  work: () => Promise<{ readonly result: StepOutcome; readonly finding?: Finding }>,
  turn?: Turn,
): Promise<void> => {
  const began = run.clock.monotonic();
  let tookMs: number | undefined;
  const ms = () => Math.round(tookMs ?? run.clock.monotonic() - began);
  const worked = async () => {
    try {
      return await work();
    } finally {
      tookMs = run.clock.monotonic() - began;
      await turn?.();
    }
  };
  const undoneBefore = run.undone.length;
  try {
    run.emit({ type: 'step.started', step: path, kind: step.kind, title: step.title });
    run.stop.soft.throwIfAborted();
    const done = await worked();
    if (done.finding) run.findings.set(path, done.finding);
    run.emit({ type: 'step.result', step: path, ms: ms(), ...done });
  } catch (raised) {
    const error = causeOf(raised, run.stop.soft);
    run.failedStep ??= path;
    // A group's items say for themselves what was not done, once they have begun.
    if (step.kind !== 'each' || run.undone.length === undoneBefore) run.undone.unshift(step.title);
    // A log that cannot be written has said so already; the reason must not be replaced by a second failure.
    if (!run.recording.failed)
      run.emit({ type: 'step.result', step: path, ms: ms(), result: outcomeOf(error), error: messageOf(error) });
    throw error;
  }
};

const runStep = async <Input, Ports>(
  run: Run<Input, Ports>,
  step: Step<Input, Ports>,
  path: string,
  turn?: Turn,
): Promise<void> => {
  const before = run.history?.steps.get(path);
  // A decision is entered again: its own steps know what is done.
  if (step.kind === 'decision' ? before?.result === 'skipped' : restored(run, path)) return;
  const context = contextOf(run, path, run.stop.soft);
  // What an earlier run was in the middle of is not passed over because the world looks different half-way.
  const begun = before?.unsettled ?? before?.answer ?? before?.items;
  if (step.when && !begun) {
    let wanted: boolean;
    try {
      run.stop.soft.throwIfAborted();
      wanted = await step.when(context);
    } catch (error) {
      return stepped(run, step, path, () => Promise.reject(error), turn);
    }
    if (!wanted) return stepped(run, step, path, () => Promise.resolve({ result: 'skipped' }), turn);
  }
  switch (step.kind) {
    case 'check':
      return stepped(run, step, path, () => runCheck(run, step, context), turn);
    case 'parallel':
      return runParallel(run, step, path);
    case 'action':
      return stepped(run, step, path, () => runAction(run, step, path));
    case 'each':
      return stepped(run, step, path, () =>
        runEach(run, step, path, (inner, innerPath, work) => stepped(run, inner, innerPath, work)),
      );
    case 'watch':
      return stepped(run, step, path, () => runWatch(run, step, path, context));
    case 'manual':
      return stepped(run, step, path, () => runManual(run, step, path));
    case 'decision':
      return runDecision(run, step, path, {
        stepped: (work) => stepped(run, step, path, work),
        goOn: (option) => runSequence(run, option.steps, join(path, option.id)),
      });
  }
};

const runCheck = async <Input, Ports>(
  run: Run<Input, Ports>,
  step: CheckStep<Input, Ports>,
  context: Context<Input, Ports>,
): Promise<{ result: StepOutcome; finding?: Finding }> => {
  // There is nothing to verify where nothing was changed.
  if (step.role === 'verification' && run.dryRun) return { result: 'skipped' };
  const finding = await looked(run, step, context);
  if (finding.verdict === 'critical') {
    if (step.role === 'precondition') throw new RunbookError('refused', `${finding.summary}. Nothing was done.`);
    if (step.role === 'verification') throw new RunbookError('failed', `${step.title}: ${finding.summary}.`);
  }
  return { result: 'ok', finding };
};

/** Evidence that cannot be had is unknown, never fine; it does not keep a procedure from running that exists to mend things. */
const looked = async <Input, Ports>(
  run: Run<Input, Ports>,
  step: CheckStep<Input, Ports>,
  context: Context<Input, Ports>,
): Promise<Finding> => {
  try {
    return await step.look(context);
  } catch (error) {
    const bearable = step.role === 'evidence' && changesSomething(run.procedure.steps);
    if (!bearable || run.stop.soft.aborted || !(error instanceof RunbookError) || error.kind !== 'unreachable')
      throw error;
    return { verdict: 'unknown', summary: `cannot see: ${error.message}` };
  }
};

const runParallel = async <Input, Ports>(
  run: Run<Input, Ports>,
  group: ParallelStep<Input, Ports>,
  path: string,
): Promise<void> => {
  let told: Promise<unknown> = Promise.resolve();
  const ended = await Promise.allSettled(
    group.steps.map((step) => {
      const before = told;
      const mine = runStep(run, step, join(path, step.id), () => before);
      told = Promise.allSettled([before, mine]);
      return mine;
    }),
  );
  const failed = ended.find((one) => one.status === 'rejected');
  if (failed) throw failed.reason;
};

const runManual = async <Input, Ports>(
  run: Run<Input, Ports>,
  step: ManualStep<Input, Ports>,
  path: string,
): Promise<{ result: StepOutcome }> => {
  if (run.dryRun) {
    run.emit({ type: 'step.progress', step: path, note: `for a person: ${step.instruction}` });
    return { result: 'skipped' };
  }
  const answer = await run.operator.acknowledge(path, step.title, step.instruction);
  run.emit({ type: 'answer', step: path, ...answer });
  return { result: answer.answer === 'skipped' ? 'skipped' : 'ok' };
};

/** The worst verdict of all findings; what a read-only command is judged by. */
export const verdictOf = (findings: ReadonlyMap<string, Finding>): Finding['verdict'] =>
  worst([...findings.values()].map((finding) => finding.verdict));
