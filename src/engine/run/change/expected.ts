import { digest, newMembers } from '../../change.ts';
import type { Change, Target } from '../../change.ts';
import { differences, inWords } from '../../plan/difference.ts';
import type { Differing } from '../../plan/difference.ts';
import { RunbookError } from '../../errors.ts';
import type { Json } from '../../json.ts';
import { planAgain } from '../../plan/plan-hash.ts';
import type { PlanEntry, PlannedChange } from '../../plan/plan-hash.ts';
import { tierNumber } from '../../plan/tier.ts';

/** The basis facts that the changes of this session have altered, by target. */
export interface Effects {
  add(change: Change): void;
  has(target: Target, fact: string): boolean;
}

export const createEffects = (): Effects => {
  const altered = new Map<string, string[]>();
  return {
    add: ({ target, affects = [] }) => {
      const key = digest(target);
      altered.set(key, [...(altered.get(key) ?? []), ...affects]);
    },
    has: (target, fact) =>
      (altered.get(digest(target)) ?? []).some((name) => fact === name || fact.startsWith(`${name}.`)),
  };
};

/** What `--plan` stands for. */
export interface Expected {
  /** Every member that a planned change names; undefined where none does. */
  readonly approved: ReadonlySet<string> | undefined;
  /** Whether a step was planned; false for one in a part that could not be planned and so was not shown. Errors: `refused` for any other. */
  covers(step: string, title: string): boolean;
  /** Errors: `refused` with the difference where a step is not what was planned, but for the effects of this session's own changes. */
  requireSame(planned: PlannedChange, title: string, effects: Effects): void;
  requireSameCall(step: string, title: string, procedure: string, input: Json): void;
}

export const expectedPlan = (entries: readonly PlanEntry[]): Expected => {
  const open = entries.flatMap((entry) => ('open' in entry ? [entry.open] : []));
  const planned = new Map(entries.flatMap((entry) => ('open' in entry ? [] : [[entry.step, entry]])));
  const covers = (step: string, title: string): boolean => {
    if (planned.has(step)) return true;
    if (open.some((one) => step === one || step.startsWith(`${one}/`))) return false;
    throw new RunbookError('refused', `"${title}" is not in the plan that --plan names.`, { next: planAgain });
  };
  const sets = entries.flatMap((entry) => ('members' in entry && entry.members ? [entry.members] : []));
  return {
    approved: sets.length === 0 ? undefined : new Set(sets.flat()),
    covers,
    requireSame: (now, title, effects) => {
      const then = planned.get(now.step);
      if (!covers(now.step, title) || !then) return;
      const lines = 'tier' in then ? whatDiffers(then, now, effects) : ['it was a call, and is a change now'];
      if (lines.length > 0) throw stale(title, lines);
    },
    requireSameCall: (step, title, procedure, input) => {
      const then = planned.get(step);
      if (!covers(step, title) || !then) return;
      if (!('calls' in then) || then.calls !== procedure)
        throw stale(title, [`procedure: ${'calls' in then ? then.calls : 'a change'} -> ${procedure}`]);
      const differing = differences({ input: then.input }, { input });
      const [only] = differing;
      if (only) throw differing.length === 1 ? otherInput(title, only) : stale(title, differing.map(inWords));
    },
  };
};

const whatDiffers = (then: PlannedChange, now: PlannedChange, effects: Effects): readonly string[] => {
  // Where members are gone, so are their commands, and a tier that only they have raised.
  const smaller = then.members !== undefined && now.members !== undefined;
  const tier = smaller && tierNumber(now.tier) < tierNumber(then.tier) ? then.tier : now.tier;
  const command = smaller ? then.equivalent : now.equivalent;
  return [
    ...differences(
      { tier: then.tier, target: then.target, command: then.equivalent },
      { tier, target: now.target, command },
    ).map(inWords),
    ...newMembers(then.members, now.members),
    ...differences(then.basis, now.basis)
      .filter(({ path }) => !effects.has(now.target, path))
      .map(inWords),
  ];
};

const stale = (title: string, lines: readonly string[]): RunbookError =>
  new RunbookError(
    'refused',
    [`"${title}" is no longer what --plan was made for. What changed:`, ...lines.map((text) => `  ${text}`)].join('\n'),
    { next: planAgain },
  );

const plain = (json: string | undefined): string => (json === undefined ? 'nothing' : json.replace(/^"(.*)"$/, '$1'));

/** One fact of a call's input is mostly its target. */
const otherInput = (title: string, { before, after }: Differing): RunbookError => {
  return new RunbookError('refused', `"${title}": --plan was made for ${plain(before)}; now it is ${plain(after)}.`, {
    next: planAgain,
  });
};
