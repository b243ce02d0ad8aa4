import { fingerprint } from './change.ts';
import type { Change } from './change.ts';
import { difference } from './difference.ts';
import { messageOf, RunbookError } from './errors.ts';
import type { StepOutcome } from './events.ts';
import { outcomeOf } from './outcome.ts';
import type { Finding } from './finding.ts';
import type { ActionStep, EachStep } from './procedure.ts';
import { contextOf } from './context.ts';
import type { Run } from './context.ts';
import { causeOf } from './stop.ts';
import { highestTier, raiseTier, tierNumber } from './tier.ts';
import type { Tier } from './tier.ts';

/** A plan that was made this short a time ago is not made again before `apply`: nobody had the time to think, nor anything to change. */
const planIsFreshForMs = 1000;

interface Planned {
  readonly change: Change;
  readonly tier: Tier;
  readonly fingerprint: string;
  readonly plannedAt: number;
}

type Done = { readonly result: StepOutcome; readonly finding?: Finding };

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
  await confirm(run, path, step.title, [{ path, planned }], planned.change);
  return carryOut(run, step, path, planned);
};

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
  await confirm(run, path, group.title, open, group.describe(open.map((one) => one.planned.change)));
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

/** Where an earlier run left an intent without a result, `verify` says what became of it. Undefined: it was not done. */
const settle = async <Input, Ports>(
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

const plan = async <Input, Ports>(
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
  const expected = run.expected?.find((one) => one.step === path);
  if (!expected || run.changedAt !== undefined) return;
  if (expected.fingerprint === planned.fingerprint && expected.tier === planned.tier) return;
  throw new RunbookError('refused', `"${title}" is no longer what --plan was printed for. It was not done.`, {
    next: ['run the command with --dry-run again and look at the new plan'],
  });
};

const look = async <Input, Ports>(
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
    plannedAt: run.clock.monotonic(),
  };
};

const confirm = async <Input, Ports>(
  run: Run<Input, Ports>,
  path: string,
  title: string,
  plans: readonly { readonly path: string; readonly planned: Planned }[],
  overview: { readonly summary: string; readonly blastRadius: readonly string[] },
): Promise<void> => {
  run.stop.soft.throwIfAborted();
  const tier = highestTier(plans.map(({ planned }) => planned.tier));
  const answer = await run.operator.confirm({
    step: path,
    title,
    tier,
    raisedBy: [...new Set(plans.flatMap(({ planned }) => planned.change.raises ?? []))],
    subject: run.subject,
    summary: overview.summary,
    blastRadius: overview.blastRadius,
    changes: plans.map(({ planned }) => planned.change),
  });
  run.emit({
    type: 'confirmation',
    step: path,
    covers: plans.map((one) => ({ step: one.path, fingerprint: one.planned.fingerprint })),
    tier,
    decision: answer.decision,
    by: answer.by,
  });
  if (answer.error) throw answer.error;
};

/** Everything after the confirmation. */
const carryOut = async <Input, Ports>(
  run: Run<Input, Ports>,
  step: ActionStep<Input, Ports>,
  path: string,
  confirmed: Planned,
): Promise<Done> => {
  const planned = await stillTrue(run, step, path, confirmed);
  run.stop.soft.throwIfAborted();
  const context = contextOf(run, path, run.stop.hard);
  run.emit({
    type: 'step.intent',
    step: path,
    tier: planned.tier,
    change: planned.change,
    fingerprint: planned.fingerprint,
  });
  run.changedAt ??= run.clock.monotonic();
  let finding: Finding;
  let applied = false;
  try {
    await step.apply(context, planned.change);
    applied = true;
    finding = await step.verify(context, planned.change);
  } catch (raised) {
    const error = causeOf(raised, run.stop.hard);
    const plain = error instanceof RunbookError && !run.stop.hard.aborted;
    if (plain && error.kind === 'failed') throw await offerUndo(run, step, path, planned.change, error);
    // A verification that could not look has not said that the change is not there.
    throw plain && !applied ? error : outcomeUnknown(run, planned.change, error);
  }
  if (finding.verdict === 'unknown') throw outcomeUnknown(run, planned.change, finding.summary);
  if (finding.verdict === 'critical')
    throw await offerUndo(run, step, path, planned.change, new RunbookError('failed', `${finding.summary}.`));
  return { result: 'ok', finding };
};

/** The plan as it is now, if it is still what was confirmed. */
const stillTrue = async <Input, Ports>(
  run: Run<Input, Ports>,
  step: ActionStep<Input, Ports>,
  path: string,
  confirmed: Planned,
): Promise<Planned> => {
  if (run.clock.monotonic() - confirmed.plannedAt < planIsFreshForMs) return confirmed;
  const now = await look(run, step, path);
  const changed = now.fingerprint === confirmed.fingerprint ? [] : whatChanged(confirmed.change, now.change);
  const riskier =
    tierNumber(now.tier) > tierNumber(confirmed.tier)
      ? [`it became ${now.tier}: ${now.change.raises?.join(', ')}`]
      : [];
  if (changed.length + riskier.length === 0) return now;
  run.emit({ type: 'plan.stale', step: path, difference: [...changed, ...riskier] });
  throw new RunbookError(
    'refused',
    [
      `"${step.title}" is no longer what was confirmed. It was not done. What changed:`,
      ...[...changed, ...riskier].map((line) => `  ${line}`),
    ].join('\n'),
    { next: ['run the command again and look at the new plan'] },
  );
};

const facts = (change: Change) => ({ ...change.basis, target: { ...change.target } });

/** Never empty: two fingerprints that differ are two states, also where no line can say how. */
const whatChanged = (before: Change, now: Change): readonly string[] => {
  const lines = difference(facts(before), facts(now));
  return lines.length > 0 ? lines : ['the state that the plan rests on'];
};

const outcomeUnknown = <Input, Ports>(run: Run<Input, Ports>, change: Change, cause: unknown): RunbookError =>
  new RunbookError('unknown', `Nobody knows yet whether this was done: ${change.summary}. ${messageOf(cause)}`, {
    next: [`rb resume ${run.session}`],
    cause,
  });

/** At a terminal the way back is offered at once. The step has failed either way. */
const offerUndo = async <Input, Ports>(
  run: Run<Input, Ports>,
  step: ActionStep<Input, Ports>,
  path: string,
  change: Change,
  failure: RunbookError,
): Promise<RunbookError> => {
  if (!step.undo || !run.operator.canAsk || run.stop.soft.aborted) return failure;
  const undo = step.undo(change);
  const undoPath = `${path}/${undo.id}`;
  run.emit({ type: 'step.progress', step: path, note: failure.message });
  run.emit({ type: 'step.started', step: undoPath, kind: 'action', title: undo.title });
  const began = run.clock.monotonic();
  const ended = (result: StepOutcome, rest: { finding?: Finding; error?: string }) =>
    run.emit({ type: 'step.result', step: undoPath, result, ms: Math.round(run.clock.monotonic() - began), ...rest });
  try {
    const done = await runAction(run, undo, undoPath);
    ended(done.result, done.finding ? { finding: done.finding } : {});
    return new RunbookError('failed', `${failure.message} It was taken back: ${undo.title}.`, { next: failure.next });
  } catch (error) {
    if (run.recording.failed) throw error;
    const notWanted = error instanceof RunbookError && (error.kind === 'declined' || error.kind === 'interrupted');
    ended(outcomeOf(error), { error: messageOf(error) });
    return notWanted
      ? failure
      : new RunbookError('failed', `${failure.message} Taking it back failed as well: ${messageOf(error)}`, {
          next: failure.next,
        });
  }
};
