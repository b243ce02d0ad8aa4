import { newMembers } from '../../change.ts';
import type { Change } from '../../change.ts';
import { differences, inWords } from '../../plan/difference.ts';
import { messageOf, RunbookError } from '../../errors.ts';
import type { AnyFinding } from '../../finding.ts';
import type { ActionStep } from '../../procedure/tree.ts';
import { causeOf } from '../../session/stop.ts';
import { tierNumber } from '../../plan/tier.ts';
import { contextOf } from '../context.ts';
import { made } from '../resume/done.ts';
import { around, numberOf } from '../frame.ts';
import type { Frame, Run } from '../frame.ts';
import { guarded } from './guarded.ts';
import { look } from './plan.ts';
import type { Planned, Role } from './plan.ts';
import type { Trace } from './settle.ts';
import { keep } from '../steps/stepped.ts';
import type { Ended } from '../steps/stepped.ts';

/** Everything after the confirmation. */
export const carryOut = async (
  frame: Frame,
  step: ActionStep,
  path: string,
  confirmed: Planned,
  trace: Trace,
  role: Role,
): Promise<Ended> => {
  const { run } = frame;
  await guarded(run, 'beforeIntent', { step: path, title: step.title, tier: confirmed.tier });
  const { change, tier, fingerprint } = await stillTrue(frame, step, path, confirmed);
  run.stop.soft.throwIfAborted();
  run.requireRecord();
  const context = contextOf(frame, path, run.stop.hard);
  run.emit({ type: 'step.intent', step: path, n: numberOf(run, path), tier, change, fingerprint });
  trace.intended = change;
  run.counters.intents += 1;
  run.changedAt ??= run.clock.monotonic();
  for (const one of around(frame)) one.began = true;
  let finding: AnyFinding;
  let applied = false;
  try {
    const receipt = await step.apply(context, change);
    applied = true;
    finding = await step.verify(context, change, receipt);
  } catch (raised) {
    const error = causeOf(raised, run.stop.hard);
    const plain = error instanceof RunbookError && !run.stop.hard.aborted;
    if (plain && error.kind === 'failed') throw error;
    // A verification that could not look has not said that the change is not there.
    throw plain && !applied ? error : outcomeUnknown(run, change, error);
  }
  if (finding.verdict === 'ok' || finding.verdict === 'warn') {
    made(frame, step, path, change, role);
    return { result: 'ok', finding };
  }
  keep(frame, step, finding, undefined);
  // With its evidence: the error that ends the step is a sentence.
  run.emit({ type: 'finding', step: path, finding });
  if (finding.verdict === 'unknown') throw outcomeUnknown(run, change, finding.summary);
  throw new RunbookError('failed', `${finding.summary}.`);
};

/** The plan as it is now, if it is still what was confirmed. */
const stillTrue = async (frame: Frame, step: ActionStep, path: string, confirmed: Planned): Promise<Planned> => {
  const { run } = frame;
  if (run.clock.monotonic() < confirmed.freshUntil && run.counters.intents === confirmed.after) return confirmed;
  const now = await look(frame, step, path);
  const changed = [
    ...(now.fingerprint === confirmed.fingerprint ? [] : whatChanged(run, confirmed.change, now.change)),
    ...newMembers(confirmed.change.members, now.change.members),
  ];
  const riskier =
    tierNumber(now.tier) > tierNumber(confirmed.tier)
      ? [`it became ${now.tier}: ${now.change.raises?.join(', ')}`]
      : [];
  if (changed.length + riskier.length === 0) return now;
  run.emit({ type: 'plan.stale', step: path, difference: [...changed, ...riskier] });
  throw new RunbookError(
    'refused',
    [
      `"${step.title}" is no longer what was confirmed. What changed:`,
      ...[...changed, ...riskier].map((line) => `  ${line}`),
    ].join('\n'),
    { next: ['run the command again and look at the new plan'] },
  );
};

const facts = (change: Change) => ({ ...change.basis, target: { ...change.target } });

/** But for what this session's own changes have altered. Two fingerprints that differ are two states, also where no line can say how. */
const whatChanged = ({ effects }: Run, before: Change, now: Change): readonly string[] => {
  const all = differences(facts(before), facts(now));
  if (all.length === 0) return ['the state that the plan rests on'];
  return all.filter(({ path }) => !effects.has(now.target, path)).map(inWords);
};

const outcomeUnknown = ({ session }: Run, change: Change, cause: unknown): RunbookError =>
  new RunbookError('unknown', `It is not known whether this was done: ${change.summary}. ${messageOf(cause)}`, {
    next: [`rb resume ${session}`],
    cause,
  });
