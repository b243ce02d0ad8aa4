import { carryOut } from './carry-out.ts';
import { fingerprint } from './change.ts';
import type { Change } from './change.ts';
import { RunbookError } from './errors.ts';
import type { StepOutcome } from './events.ts';
import type { Finding } from './finding.ts';
import type { ActionStep } from './procedure.ts';
import { requestFor } from './confirmation.ts';
import { contextOf } from './context.ts';
import type { Run } from './context.ts';
import { raiseTier } from './tier.ts';
import type { Tier } from './tier.ts';

/** A plan that was made this short a time ago, and that no person had to think about, is not made again before `apply`. */
const planIsFreshForMs = 1000;

export interface Planned {
  readonly change: Change;
  readonly tier: Tier;
  readonly fingerprint: string;
  /** Until then, on the monotonic clock, it need not be made again before `apply`. */
  freshUntil: number;
}

export type Done = { readonly result: StepOutcome; readonly finding?: Finding };

/** One action on its own: settle what an earlier run left, plan, confirm, plan again, intent, apply, verify. */
export const runAction = async <Input, Ports>(
  run: Run<Input, Ports>,
  step: ActionStep<Input, Ports>,
  path: string,
): Promise<Done> => {
  const settled = await settle(run, step, path);
  if (settled) return settled;
  const planned = await plan(run, step, path);
  if (run.dryRun) return { result: 'skipped' };
  await confirm(run, path, step.title, [{ path, planned }]);
  return carryOut(run, step, path, planned);
};

/** Where an earlier run left an intent without a result, `verify` says what became of it. Undefined: it was not done. */
export const settle = async <Input, Ports>(
  run: Run<Input, Ports>,
  step: ActionStep<Input, Ports>,
  path: string,
): Promise<Done | undefined> => {
  const change = interruptedChange(run, path);
  if (!change || run.dryRun) return undefined;
  const context = contextOf(run, path, run.stop.soft);
  context.report({ note: 'an earlier run was cut off in this step; looking at what became of it' });
  run.stop.soft.throwIfAborted();
  const finding = await step.verify(context, change);
  if (finding.verdict === 'critical') {
    context.report({ note: `not done: ${finding.summary}` });
    return undefined;
  }
  if (finding.verdict !== 'unknown') return { result: 'ok', finding };
  run.stop.soft.throwIfAborted();
  const answer = await run.operator
    .choose(path, {
      title: step.title,
      question: `Was this done: ${change.summary}?`,
      options: [
        { id: 'done', title: 'yes, it was done' },
        { id: 'not-done', title: 'no, do it now' },
      ],
    })
    .catch((error: unknown) => {
      throw error instanceof RunbookError && error.kind === 'usage'
        ? new RunbookError('unknown', `Nobody knows whether this was done: ${change.summary}. ${finding.summary}.`, {
            next: [`look, then: rb resume ${run.session} --answer ${path}=<done|not-done>`],
          })
        : error;
    });
  run.emit({ type: 'answer', step: path, ...answer });
  return answer.answer === 'done' ? { result: 'ok', finding } : undefined;
};

const interruptedChange = <Input, Ports>(run: Run<Input, Ports>, path: string): Change | undefined => {
  const before = run.history?.steps.get(path);
  return before?.unsettled ? before.change : undefined;
};

export const plan = async <Input, Ports>(
  run: Run<Input, Ports>,
  step: ActionStep<Input, Ports>,
  path: string,
): Promise<Planned> => {
  const planned = await look(run, step, path);
  requireExpected(run, step.title, path, planned);
  run.planned.push({
    step: path,
    fingerprint: planned.fingerprint,
    tier: planned.tier,
    equivalent: planned.change.equivalent,
  });
  run.emit({
    type: 'change.planned',
    step: path,
    title: step.title,
    change: planned.change,
    tier: planned.tier,
    fingerprint: planned.fingerprint,
  });
  return planned;
};

/** `--plan` was checked when the session began; checks that take their time may lie between that and this step. */
const requireExpected = <Input, Ports>(run: Run<Input, Ports>, title: string, path: string, planned: Planned): void => {
  if (!run.expected || run.changedAt !== undefined) return;
  const expected = run.expected.find((one) => one.step === path);
  if (expected?.fingerprint === planned.fingerprint && expected.tier === planned.tier) return;
  throw new RunbookError('refused', `"${title}" is no longer what --plan was printed for. It was not done.`, {
    next: ['run the command with --dry-run again and look at the new plan'],
  });
};

export const look = async <Input, Ports>(
  run: Run<Input, Ports>,
  step: ActionStep<Input, Ports>,
  path: string,
): Promise<Planned> => {
  run.stop.soft.throwIfAborted();
  const change = await step.plan(contextOf(run, path, run.stop.soft), interruptedChange(run, path));
  return {
    change,
    tier: raiseTier(step.tier, change.raises?.length ?? 0),
    fingerprint: fingerprint(change),
    freshUntil: run.clock.monotonic() + planIsFreshForMs,
  };
};

export const confirm = async <Input, Ports>(
  run: Run<Input, Ports>,
  path: string,
  title: string,
  plans: readonly { readonly path: string; readonly planned: Planned }[],
): Promise<void> => {
  run.stop.soft.throwIfAborted();
  const request = requestFor(
    { step: path, title, subject: run.subject },
    plans.map(({ planned }) => planned),
  );
  const answer = await run.operator.confirm(request);
  run.emit({
    type: 'confirmation',
    step: path,
    covers: plans.map((one) => ({ step: one.path, fingerprint: one.planned.fingerprint })),
    tier: request.tier,
    decision: answer.decision,
    by: answer.by,
  });
  if (answer.error) throw answer.error;
  // However quick the answer was: what was shown is what has to be true.
  if (answer.by === 'prompt') for (const { planned } of plans) planned.freshUntil = Number.NEGATIVE_INFINITY;
};
