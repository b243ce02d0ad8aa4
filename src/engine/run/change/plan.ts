import { fingerprint } from '../../change.ts';
import type { Change } from '../../change.ts';
import { plannedChange } from '../../plan/plan-hash.ts';
import type { ActionStep } from '../../procedure/tree.ts';
import { raiseTier } from '../../plan/tier.ts';
import type { Tier } from '../../plan/tier.ts';
import { contextOf } from '../context.ts';
import { parsed } from '../data.ts';
import type { Frame } from '../frame.ts';
import { interruptedChange } from '../resume/recorded.ts';

/** Reuse a plan younger than this that no person had to think about. */
const planIsFreshForMs = 1000;

export interface Planned {
  readonly change: Change;
  readonly tier: Tier;
  readonly fingerprint: string;
  /** On the monotonic clock: until then it is not made again before `apply`, unless something was changed since. */
  freshUntil: number;
  /** How many intents of this run were on record when it was made. */
  readonly after: number;
}

/** An undo is in no plan: it is offered when something has failed. */
export type Role = 'step' | 'undo';

/** Plans, holds it against `--plan`, and shows it. */
export const plan = async (frame: Frame, step: ActionStep, path: string, role: Role = 'step'): Promise<Planned> => {
  const { run } = frame;
  const planned = await look(frame, step, path);
  if (role === 'step') {
    const entry = run.redact(plannedChange(path, planned.change, planned.tier));
    run.expected?.requireSame(entry, step.title, run.effects);
    run.planned.push(entry);
  }
  run.emit({
    type: 'change.planned',
    step: path,
    title: step.title,
    change: planned.change,
    tier: planned.tier,
    fingerprint: planned.fingerprint,
  });
  if (run.dryRun) frame.pending.add(step);
  return planned;
};

/** The plan as the world is now. */
export const look = async (frame: Frame, step: ActionStep, path: string): Promise<Planned> => {
  const { run } = frame;
  run.stop.soft.throwIfAborted();
  const written = await step.plan(contextOf(frame, path, run.stop.soft), interruptedChange(frame, step, path));
  const change = { ...written, data: parsed(step.title, step.change, written.data) };
  return {
    change,
    tier: raiseTier(step.tier, change.raises?.length ?? 0),
    fingerprint: fingerprint(change),
    freshUntil: run.clock.monotonic() + planIsFreshForMs,
    after: run.counters.intents,
  };
};
