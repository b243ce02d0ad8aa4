import { contextOf } from './context.ts';
import type { RunOptions } from './context.ts';
import { messageOf, RunbookError } from './errors.ts';
import type { EventBody, SessionOutcome } from './events.ts';
import type { Finding } from './finding.ts';
import type { Json } from './json.ts';
import { planExpiresAfterMs, planHash, requirePlan } from './plan-hash.ts';
import type { Plan, PlannedStep } from './plan-hash.ts';
import { changesSomething, outline } from './procedure.ts';
import { runSteps, verdictOf } from './run.ts';
import type { RunResult } from './run.ts';

export interface SessionOptions<Input, Ports> extends RunOptions<Input, Ports> {
  readonly opening: Extract<EventBody, { type: 'session.opened' | 'session.resumed' }>;
  /** Execute exactly the plan with this hash, or nothing. */
  readonly plan?: string;
}

export interface SessionEnd {
  readonly outcome: SessionOutcome;
  /** What was thrown, where the outcome is no plain success: a fault of the program is recognised by it. */
  readonly error?: unknown;
}

/** Runs a procedure from its first event to its last. Never rejects; `outcome.status` becomes the exit code. */
export const runSession = async <Input, Ports>(options: SessionOptions<Input, Ports>): Promise<SessionEnd> => {
  const began = options.clock.monotonic();
  let end: SessionEnd;
  let undone: readonly string[] = options.procedure.steps.map((step) => step.title);
  try {
    options.emit(options.opening);
    const expected = options.plan === undefined ? undefined : await requirePlanned(options, options.plan);
    const result = await runSteps({ ...options, ...(expected ? { expected } : {}) });
    undone = result.undone;
    if (options.dryRun && !result.error && result.planned.length > 0) emitHash(options, result);
    // The time that somebody thought about the question is not the time that the change took.
    end = endOf(options, result, options.clock.monotonic() - (result.changedAt ?? began));
    if (result.error !== undefined && result.changedAt !== undefined) end = await withStateLeft(options, result, end);
  } catch (error) {
    end = { outcome: outcomeOf(options, { planned: [], findings: new Map(), undone }, error), error };
  }
  try {
    options.emit({ type: 'session.closed', outcome: end.outcome });
    return end;
  } catch (error) {
    // The log failed at the very end: what was done stands, but it is not on record.
    return end.outcome.status === 'unrecorded'
      ? end
      : { outcome: { ...end.outcome, status: 'unrecorded', summary: messageOf(error) }, error };
  }
};

/** How long a look at what was left may take. */
const stateLeftWithinMs = 10_000;

/** Says what was left half-way, unless nobody waits for it any more. What cannot be seen is not worth a second failure. */
const withStateLeft = async <Input, Ports>(
  options: SessionOptions<Input, Ports>,
  result: RunResult,
  end: SessionEnd,
): Promise<SessionEnd> => {
  if (!options.procedure.stateLeft || options.stop.hard.aborted) return end;
  try {
    const signal = AbortSignal.any([options.stop.hard, AbortSignal.timeout(stateLeftWithinMs)]);
    const state = await options.procedure.stateLeft(contextOf({ ...options, findings: result.findings }, '', signal));
    return { ...end, outcome: { ...end.outcome, summary: `${end.outcome.summary}\n${state}` } };
  } catch {
    return end;
  }
};

const planOf = <Input, Ports>(options: SessionOptions<Input, Ports>, result: RunResult): Plan => ({
  procedure: options.procedure.id,
  outline: outline(options.procedure.steps),
  input: options.input as Json,
  steps: result.planned,
});

/** The steps of the plan with this hash, if it is still what would be done. */
const requirePlanned = async <Input, Ports>(
  options: SessionOptions<Input, Ports>,
  hash: string,
): Promise<readonly PlannedStep[]> => {
  const rehearsal = await runSteps({ ...options, dryRun: true, emit: () => undefined });
  if (rehearsal.error) throw rehearsal.error;
  requirePlan(hash, planOf(options, rehearsal), options.clock.now());
  return rehearsal.planned;
};

const emitHash = <Input, Ports>(options: SessionOptions<Input, Ports>, result: RunResult): void => {
  const expires = new Date(options.clock.now().getTime() + planExpiresAfterMs);
  options.emit({ type: 'plan.hash', hash: planHash(planOf(options, result), expires), expires: expires.toISOString() });
};

const endOf = <Input, Ports>(options: SessionOptions<Input, Ports>, result: RunResult, ms: number): SessionEnd => {
  if (result.error !== undefined) return { outcome: outcomeOf(options, result, result.error), error: result.error };
  const changing = changesSomething(options.procedure.steps);
  const worstFinding = verdictOf(result.findings);
  if (!changing && worstFinding === 'critical')
    return {
      outcome: {
        status: 'critical',
        summary: sentences(result.findings, 'critical'),
        undone: [],
        next: after(options, result),
      },
    };
  if (options.dryRun) return done('Dry run: nothing was changed.');
  const summary =
    options.procedure.summarise?.({ input: options.input, findings: result.findings, ms }) ??
    (changing ? `${options.procedure.title}: done.` : sentences(result.findings, worstFinding));
  const unseen = changing && worstFinding === 'unknown' ? ` Not seen: ${sentences(result.findings, 'unknown')}` : '';
  return done(summary + unseen);
};

const done = (summary: string): SessionEnd => ({ outcome: { status: 'done', summary, undone: [], next: [] } });

const sentences = (findings: ReadonlyMap<string, Finding>, verdict: Finding['verdict']): string =>
  [...findings.values()]
    .filter((finding) => finding.verdict === verdict)
    .map((finding) => `${finding.summary}.`)
    .join(' ');

const outcomeOf = <Input, Ports>(
  options: SessionOptions<Input, Ports>,
  result: RunResult,
  error: unknown,
): SessionOutcome => {
  const { undone } = result;
  if (!(error instanceof RunbookError))
    return {
      status: 'failed',
      summary: `This is a fault of the program: ${messageOf(error)}`,
      undone,
      next: ['rb audit show', 'run it again with -v and report what it prints'],
    };
  const open = error.kind === 'interrupted' || error.kind === 'unknown';
  const said = error.next.some((line) => line.includes('rb resume'));
  const resumable = open && !said && changesSomething(options.procedure.steps) ? [`rb resume ${options.session}`] : [];
  const failed = error.kind === 'failed' || error.kind === 'unknown' ? after(options, result) : [];
  return {
    status: error.kind,
    summary: error.message,
    undone,
    next: [...new Set([...error.next, ...resumable, ...failed])],
  };
};

const after = <Input, Ports>(
  options: SessionOptions<Input, Ports>,
  { failedStep, takenBack, findings }: Pick<RunResult, 'failedStep' | 'takenBack' | 'findings'>,
): readonly string[] => {
  try {
    return (
      options.procedure.afterFailure?.({ input: options.input, failedStep, takenBack: takenBack === true, findings }) ??
      []
    );
  } catch {
    // Advice that cannot be given must not hide what happened.
    return [];
  }
};
