import { difference } from './difference.ts';
import { RunbookError } from '../errors.ts';
import type { JsonObject } from '../json.ts';
import { expiryIn, inSeconds, planAgain, planHash } from './plan-hash.ts';
import type { Plan, PlanEntry } from './plan-hash.ts';

/**
 * A plan that can be spent although the world goes on. It carries the sets that were approved, and the run acts on what is left of them: what
 * is gone is skipped, what is new is never touched. Everything else has to be as it was planned.
 */
export interface PlanFile extends Plan {
  readonly hash: string;
  readonly expires: string;
}

/** The largest set that a file carries. A larger one is approved by its rule. Source: safety.md, "Plan hash". */
export const mostMembers = 10_000;

/** Errors: `refused` for a plan that carries too large a set, or is not the one that its hash was made from. */
export const requireIntact = ({ hash, expires: written, ...plan }: PlanFile): void => {
  const expires = expiryIn(hash);
  if (inSeconds(new Date(written)) !== inSeconds(expires) || planHash(plan, expires) !== hash)
    throw new RunbookError(
      'refused',
      'The plan file was changed after the dry run: its hash belongs to another plan.',
      {
        next: planAgain,
      },
    );
  const largest = Math.max(0, ...plan.steps.map((step) => membersOf(step)?.length ?? 0));
  if (largest > mostMembers)
    throw new RunbookError(
      'refused',
      `The plan names ${largest} members of a set; a plan file carries ${mostMembers}.`,
      {
        next: ['narrow the set, or use --plan <hash>, which works while the set is unchanged'],
      },
    );
};

/** Errors: `refused` with the difference, where it would now be another plan. Steps with members were compared when they were planned. */
export const requireSamePlan = (then: PlanFile, now: Plan): void => {
  const lines = difference(withoutSets(then), withoutSets(now));
  if (lines.length === 0) return;
  throw new RunbookError(
    'refused',
    ['The plan file is for something else. What differs:', ...lines.map((line) => `  ${line}`)].join('\n'),
    { next: planAgain },
  );
};

const membersOf = (step: PlanEntry): readonly string[] | undefined => ('members' in step ? step.members : undefined);

const withoutSets = ({ procedure, outline, input, subject, configuration, steps }: Plan): JsonObject => ({
  procedure,
  outline,
  input,
  subject,
  configuration,
  steps: steps.filter((step) => membersOf(step) === undefined).map((step) => ({ ...step })),
});
