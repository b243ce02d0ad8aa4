import { messageOf, RunbookError } from '../errors.ts';
import type { EventBody } from './events.ts';
import type { Json } from '../json.ts';
import { requireIntact, requireSamePlan } from '../plan/plan-file.ts';
import type { PlanFile } from '../plan/plan-file.ts';
import { planExpiresAfterMs, planHash, requireCurrent, requirePlan } from '../plan/plan-hash.ts';
import type { Plan, PlanRecord } from '../plan/plan-hash.ts';
import { outline } from '../procedure/outline.ts';
import { resultOf } from '../run/steps/call.ts';
import { expectedPlan } from '../run/change/expected.ts';
import type { Expected } from '../run/change/expected.ts';
import type { RunOptions } from '../run/frame.ts';
import { openOnce } from '../run/ports.ts';
import { withWhatWasDone } from '../run/change/refusal.ts';
import { leftBy, runProcedure } from '../run/run.ts';
import type { RunResult } from '../run/run.ts';
import { hasPlan, outcomeOf, outcomeOfError, stateLeft } from './session-outcome.ts';
import type { SessionEnd } from './session-outcome.ts';

export interface SessionOptions extends Omit<RunOptions, 'expected'> {
  readonly opening: Extract<EventBody, { type: 'session.opened' | 'session.resumed' }>;
  /** As `session.opened` records it: a plan belongs to it. */
  readonly configuration: Plan['configuration'];
  /** Execute exactly the plan with this hash, or what is left of the sets of a plan file, or nothing. */
  readonly plan?: string | PlanFile;
  /** Opened by a dry run, and where there is a `plan`. */
  readonly plans: () => Promise<PlanRecord>;
}

/** Runs a procedure from its first event to its last. Never rejects; `outcome.status` becomes the exit code. */
export const runSession = async (given: SessionOptions): Promise<SessionEnd> => {
  const options = { ...given, ports: openOnce(given.ports) };
  const began = options.clock.monotonic();
  let end: SessionEnd;
  let result: Json | undefined;
  try {
    options.emit(options.opening);
    const expected = await expectedOf(options);
    const ran = await runProcedure({ ...options, ...(expected ? { expected } : {}) });
    const { run } = ran.frame;
    if (options.dryRun && ran.error === undefined && hasPlan(run)) await emitHash(options, ran);
    // The time that a person thought about the question is not the time that the change took.
    end = outcomeOf(ran, options.clock.monotonic() - (run.changedAt ?? began));
    if (ran.error === undefined && options.procedure.does === 'reads') result = resultOf(ran.frame);
    // Also where an earlier run of the session made the changes.
    if (ran.error !== undefined && ran.frame.began) end = await stateLeft(ran, end);
  } catch (raised) {
    const earlier = leftBy(options.history);
    const error = withWhatWasDone(raised, { ...earlier, root: options.procedure });
    const undone = options.procedure.steps.map((step) => step.title);
    end = { outcome: { ...outcomeOfError(error, undone), applied: earlier.applied }, error };
  }
  try {
    options.emit({ type: 'session.closed', outcome: end.outcome, ...(result === undefined ? {} : { result }) });
    return end;
  } catch (error) {
    // The log failed at the very end: what was done stands, but it is not on record.
    return end.outcome.status === 'unrecorded'
      ? end
      : { outcome: { ...end.outcome, status: 'unrecorded', summary: messageOf(error) }, error };
  }
};

const planOf = (options: SessionOptions, { frame }: RunResult): Plan =>
  options.redact({
    procedure: options.procedure.id,
    outline: outline(options.procedure),
    input: options.input,
    subject: { service: options.subject.service, environment: options.subject.environment },
    configuration: options.configuration,
    steps: frame.run.planned,
  });

/** What the session is held to: a resumed one to the plan that it began with, which half of it has been spent of. */
const expectedOf = async (options: SessionOptions): Promise<Expected | undefined> => {
  const { plan: given, history } = options;
  if (!history) return given === undefined ? undefined : requirePlanned(options, given);
  const begunWith = history.plan;
  const hash = typeof given === 'string' ? given : given?.hash;
  if (hash !== undefined && hash !== begunWith?.hash)
    throw new RunbookError(
      'refused',
      begunWith
        ? `The session began with the plan ${begunWith.hash}, and goes on with that.`
        : 'The session began without a plan, so it cannot go on with one.',
      { next: [`rb resume ${options.session}`] },
    );
  if (!begunWith) return undefined;
  const { plannedSteps } = await import('../plan/plan-document.ts');
  return expectedPlan(plannedSteps(begunWith.steps));
};

/** What was planned, if it is still what would be done. */
const requirePlanned = async (options: SessionOptions, given: string | PlanFile): Promise<Expected> => {
  if (typeof given !== 'string') requireIntact(given);
  await requireCurrent(typeof given === 'string' ? given : given.hash, await options.plans(), options.clock.now());
  if (typeof given === 'string') {
    const present = await rehearse(options);
    requirePlan(given, present);
    options.emit({ type: 'plan.accepted', hash: given, steps: present.steps });
    return expectedPlan(present.steps);
  }
  const expected = expectedPlan(given.steps);
  requireSamePlan(given, await rehearse({ ...options, expected }));
  options.emit({ type: 'plan.accepted', hash: given.hash, steps: given.steps });
  return expected;
};

/** What a dry run would find now. */
const rehearse = async (options: SessionOptions & Pick<RunOptions, 'expected'>): Promise<Plan> => {
  const silent = { emit: () => undefined, requireRecord: () => undefined };
  const rehearsal = await runProcedure({ ...options, ...silent, dryRun: true });
  if (rehearsal.error !== undefined) throw rehearsal.error;
  return planOf(options, rehearsal);
};

const emitHash = async (options: SessionOptions, result: RunResult): Promise<void> => {
  const expires = new Date(options.clock.now().getTime() + planExpiresAfterMs);
  const plan = planOf(options, result);
  const hash = planHash(plan, expires);
  const unusable = await keptBy(options, hash, expires);
  options.emit({
    type: 'plan.hash',
    hash,
    expires: expires.toISOString(),
    plan,
    ...(unusable === undefined ? {} : { unusable }),
  });
};

/** Why the plan could not be kept. What was planned is worth seeing all the same. */
const keptBy = async (options: SessionOptions, hash: string, expires: Date): Promise<string | undefined> => {
  try {
    await (await options.plans()).keep(hash, expires);
    return undefined;
  } catch (error) {
    return messageOf(error);
  }
};
