import { messageOf, RunbookError } from '../errors.ts';
import type { SessionOutcome } from './events.ts';
import { contextOf, readsOf } from '../run/context.ts';
import { inSentences, sentences, summaryOf } from '../run/steps/call.ts';
import type { Frame, Run } from '../run/frame.ts';
import type { RunResult } from '../run/run.ts';
import { isUnverified, nextIn, unseenIn, verdictOf } from '../run/verdict.ts';

export interface SessionEnd {
  readonly outcome: SessionOutcome;
  /** What was thrown, where the outcome is not a plain success: a bug is recognised by it. */
  readonly error?: unknown;
}

/** Whether a dry run found something that would be done, or that could not be planned; a look has neither, nor has a call of one. */
export const hasPlan = ({ planned, root }: Pick<Run, 'planned' | 'root'>): boolean =>
  root.does === 'changes' && planned.some((entry) => 'tier' in entry || 'open' in entry);

/** How a session ended. Where nothing was applied, its findings decide, whatever its tree could have done. */
export const outcomeOf = ({ frame, error }: RunResult, ms: number): SessionEnd => {
  const { run, procedure } = frame;
  if (error !== undefined) return { outcome: ofError(frame, error), error };
  // Of a look what it has found says what to do next. A change has its own way on.
  const found = procedure.does === 'reads' ? nextIn(frame) : [];
  const base = { verdict: verdictOf(frame), applied: run.applied, undone: [], next: found };
  const done = (summary: string): SessionEnd => ({ outcome: { ...base, status: 'done', summary } });
  const planned = run.dryRun && hasPlan(run);
  const critical = sentences(frame, 'critical');
  const unseen = inSentences(unseenIn(frame));
  if (run.applied === 0 && !planned) {
    if (base.verdict === 'critical')
      return {
        outcome: { ...base, status: 'critical', summary: critical, next: unique([...found, ...afterFailure([frame])]) },
      };
    if (unseen !== '') return { outcome: { ...base, status: 'unseen', summary: unseen } };
  }
  if (run.dryRun) return done('Dry run: nothing was changed.');
  const said =
    procedure.summary || procedure.does === 'reads' ? summaryOf(frame, base.verdict, ms) : `${procedure.title}: done`;
  const whole = `${said}.${procedure.does === 'changes' && unseen !== '' ? ` Not seen: ${unseen}` : ''}`;
  // What was changed and could not be verified is not simply done.
  return isUnverified(frame) ? { outcome: { ...base, status: 'unseen', summary: whole } } : done(whole);
};

const ofError = (frame: Frame, error: unknown): SessionOutcome => {
  const { run } = frame;
  const outcome = outcomeOfError(
    error,
    run.undone.map(({ title }) => title),
  );
  const { status } = outcome;
  const halfWay = status === 'interrupted' || status === 'unknown' || run.applied > 0;
  const mayGoOn = halfWay && status !== 'failed' && status !== 'unrecorded' && run.root.does === 'changes';
  const said = outcome.next.some((line) => line.includes('rb resume'));
  return {
    ...outcome,
    verdict: verdictOf(frame),
    applied: run.applied,
    next: unique([
      ...outcome.next,
      ...(mayGoOn && !said ? [`rb resume ${run.session}`] : []),
      ...(status === 'failed' || status === 'unknown'
        ? afterFailure([...run.left.filter(({ began }) => began), frame])
        : []),
    ]),
  };
};

const unique = (lines: readonly string[]): readonly string[] => [...new Set(lines)];

/** The outcome of what was thrown, as far as it is known without looking at what has run. */
export const outcomeOfError = (error: unknown, undone: readonly string[]): SessionOutcome => {
  const base = { verdict: 'ok', applied: 0, undone } as const;
  if (error instanceof RunbookError) return { ...base, status: error.kind, summary: error.message, next: error.next };
  return {
    ...base,
    status: 'failed',
    summary: `Internal error (a bug in rb): ${messageOf(error)}`,
    next: ['rb audit show', 'run it again with -v and report what it prints'],
  };
};

/** How long a look at what was left may take. */
const stateLeftWithinMs = 10_000;

/**
 * Says what was left half-way, of the innermost call that applied something first, unless the operator has stopped waiting. What cannot be seen
 * is not worth a second failure.
 */
export const stateLeft = async ({ frame }: RunResult, end: SessionEnd): Promise<SessionEnd> => {
  const { run } = frame;
  if (run.stop.hard.aborted) return end;
  const signal = AbortSignal.any([run.stop.hard, AbortSignal.timeout(stateLeftWithinMs)]);
  const states: string[] = [];
  for (const one of [...run.left, frame]) {
    if (!one.began || !one.procedure.stateLeft) continue;
    try {
      // oxlint-disable-next-line no-await-in-loop -- one or two of them, from the inside out
      states.push(await one.procedure.stateLeft(contextOf(one, one.path, signal)));
    } catch {
      continue;
    }
  }
  return { ...end, outcome: { ...end.outcome, summary: [end.outcome.summary, ...states].join('\n') } };
};

const afterFailure = (frames: readonly Frame[]): readonly string[] =>
  frames.flatMap((frame) => {
    try {
      const { failed, undone, input, procedure } = frame;
      return procedure.afterFailure?.({ ...readsOf(frame), input, failed, undone }) ?? [];
    } catch {
      // Advice that cannot be given must not hide what happened.
      return [];
    }
  });
