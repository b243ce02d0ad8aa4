import { RunbookError } from '../../errors.ts';
import type { AnyFinding, Verdict } from '../../finding.ts';
import type { Json } from '../../json.ts';
import { outline } from '../../procedure/outline.ts';
import type { AnyProcedure, AnyStep, CallStep } from '../../procedure/tree.ts';
import { tolerated } from './check.ts';
import { readsOf } from '../context.ts';
import { parsed, restoredData } from '../data.ts';
import { DependsOn } from '../depends.ts';
import type { Frame, Run } from '../frame.ts';
import { unavailable } from '../ports.ts';
import { restoredSteps } from '../resume/resuming.ts';
import type { Ended } from './stepped.ts';
import { lastLooks, verdictOf } from '../verdict.ts';

export const openFrame = (
  run: Run,
  of: { readonly procedure: AnyProcedure; readonly input: Json; readonly path: string; readonly parent?: Frame },
): Frame => ({
  run,
  ...of,
  seen: new Map(),
  data: new Map(),
  items: new Map(),
  calls: new Map(),
  pending: new Set(),
  restored: restoredSteps(of.procedure.steps, of.path, run.history),
  done: [],
  began: false,
  undone: false,
});

/** How the steps of a procedure are run; see `sequence.ts`. */
export type Sequence = (frame: Frame, steps: readonly AnyStep[], parent: string) => Promise<void>;

interface Calling {
  readonly procedure: AnyProcedure;
  readonly title: string;
  readonly path: string;
  /** What it lacks cannot be seen, and no reason to refuse. */
  readonly tolerant?: true | undefined;
  /** Evaluated where nothing of the call is on record. */
  readonly input: () => unknown;
}

/** Runs another procedure inside this one. `opened` is given its frame as soon as there is one. */
export const runCall = async (
  frame: Frame,
  { procedure, title, path, tolerant, input }: Calling,
  sequence: Sequence,
  opened: (child: Frame) => void = () => undefined,
): Promise<Ended> => {
  const { run } = frame;
  const lacks = unavailable(procedure, run.ports);
  if (lacks !== undefined && tolerant) throw new RunbookError('unreachable', lacks);
  if (lacks !== undefined) throw new RunbookError('usage', `"${title}" is not available: ${lacks}.`);
  const given = await inputOf(frame, procedure, title, path, input);
  run.expected?.requireSameCall(path, title, procedure.id, run.redact(given));
  // A look has no plan: there is nothing to confirm.
  if (run.root.does === 'changes') run.planned.push({ step: path, calls: procedure.id, input: given });
  run.emit({ type: 'call.opened', step: path, procedure: recorded(procedure), input: given });
  const child = openFrame(run, { procedure, input: given, path, parent: frame });
  opened(child);
  const began = run.clock.monotonic();
  try {
    await sequence(child, procedure.steps, path);
  } catch (error) {
    run.left.push(child);
    throw error;
  }
  const verdict = verdictOf(child);
  const summary = summaryOf(child, verdict, Math.round(run.clock.monotonic() - began));
  const result = resultOf(child);
  run.emit({ type: 'call.closed', step: path, verdict, summary, result: result ?? null });
  if (procedure.does === 'changes' && run.dryRun) return { result: 'skipped' };
  const finding: AnyFinding = { verdict, summary };
  return result === undefined ? { result: 'ok', finding } : { result: 'ok', finding, data: result };
};

/** Runs a look so that what it could not see may be unknown; any other call as it is. */
export const tolerantCall = async (
  frame: Frame,
  step: CallStep,
  call: (caller: Frame) => Promise<Ended>,
): Promise<Ended> => {
  const { run } = frame;
  if (step.procedure.does === 'changes') return call(frame);
  // Lists of its own: steps beside it write to those of the run at the same time.
  const apart = { ...run, undone: [], left: [] };
  try {
    return await call({ ...frame, run: apart });
  } catch (error) {
    const finding = tolerated(frame, step, error);
    // What it could not look at is not left undone, and its advice is not wanted.
    if (finding) return { result: 'ok', finding };
    run.undone.push(...apart.undone);
    run.left.push(...apart.left);
    throw error;
  }
};

const recorded = (procedure: AnyProcedure) => ({
  id: procedure.id,
  section: procedure.section,
  title: procedure.title,
  outline: outline(procedure),
});

/** A call that changes something goes on with the input that it began with; a look, and a call that has not begun, gets it now. */
const inputOf = async (
  { run }: Frame,
  procedure: AnyProcedure,
  title: string,
  path: string,
  input: () => unknown,
): Promise<Json> => {
  const before = run.history?.steps.get(path)?.call;
  if (before && procedure.does === 'changes') return restoredData(title, procedure.input, before.input);
  run.stop.soft.throwIfAborted();
  return parsed(title, procedure.input, await input());
};

/** The sentence of a procedure that has ended well, without a full stop. */
export const summaryOf = (frame: Frame, verdict: Verdict, ms: number): string =>
  (ownSummary(frame, ms) ?? (sentences(frame, verdict) || frame.procedure.title)).replace(/\.$/, '');

const ownSummary = (frame: Frame, ms: number): string | undefined => {
  if (frame.run.dryRun) return undefined;
  try {
    return frame.procedure.summary?.({ ...readsOf(frame), input: frame.input, ms });
  } catch {
    // A sentence that cannot be made must not hide what was done.
    return undefined;
  }
};

/** What was found with this verdict, in the order of the steps. */
export const sentences = (frame: Frame, verdict: Verdict): string =>
  inSentences(lastLooks(frame).filter((finding) => finding.verdict === verdict));

export const inSentences = (findings: readonly AnyFinding[]): string =>
  findings.map(({ summary }) => `${summary}.`).join(' ');

/** What a look gives its caller; undefined where a part of it could not be seen. Null for a procedure that changes something. */
export const resultOf = (frame: Frame): Json | undefined => {
  const { procedure } = frame;
  if (!procedure.result || !procedure.resultOf) return null;
  try {
    return parsed(procedure.title, procedure.result, procedure.resultOf(readsOf(frame)));
  } catch (error) {
    // Of a part that could not be seen, or in a dry run that would have to be watched, there is no result.
    if (error instanceof RunbookError || error instanceof DependsOn) return undefined;
    throw error;
  }
};
