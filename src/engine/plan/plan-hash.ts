import { digest } from '../change.ts';
import type { Change, Target } from '../change.ts';
import { RunbookError } from '../errors.ts';
import type { Json, JsonObject } from '../json.ts';
import type { Tier } from './tier.ts';

/** How long a plan hash can be executed. Source: safety.md, "Plan hash". */
export const planExpiresAfterMs = 30 * 60_000;

/** What was planned, and until when it can be executed: a hash proves neither, because anybody can compute one. */
export interface PlanRecord {
  /** Errors: any, where it cannot be kept. */
  keep(hash: string, expires: Date): Promise<void>;
  /** Undefined for a hash that no dry run has kept. */
  expiryOf(hash: string): Promise<Date | undefined>;
}

export interface PlannedChange {
  readonly step: string;
  readonly tier: Tier;
  readonly target: Target;
  readonly basis: JsonObject;
  readonly equivalent: readonly string[];
  /** See `Change.members`. */
  readonly members?: readonly string[];
}

/** What a dry run has found: changes, the calls they are in, and where it could not plan any further. */
export type PlanEntry =
  | PlannedChange
  | { readonly step: string; readonly calls: string; readonly input: Json }
  /** `open` and what is inside it was not planned: it depends on an answer, or on what only a change gives. */
  | { readonly step: string; readonly open: string };

export interface Plan {
  readonly procedure: string;
  /** As `outline` makes it. */
  readonly outline: Json;
  readonly input: Json;
  readonly subject: { readonly service: string; readonly environment: string };
  /** As `session.opened` records it: where it is, and what it says. */
  readonly configuration: JsonObject;
  readonly steps: readonly PlanEntry[];
}

export const plannedChange = (
  step: string,
  { target, basis, equivalent, members }: Change,
  tier: Tier,
): PlannedChange => ({ step, tier, target, basis, equivalent, ...(members && { members }) });

/** `<expiry in seconds, base 36>-<128 bits of SHA-256 over the canonical plan and its expiry>`. */
export const planHash = (plan: Plan, expires: Date): string => {
  const expiry = inSeconds(expires).toString(36);
  return `${expiry}-${digest({ ...plan, steps: plan.steps.map((step): JsonObject => ({ ...step })), expiry }).slice(0, 32)}`;
};

const shape = /^([0-9a-z]{5,8})-[0-9a-f]{32}$/;

export const isPlanHash = (text: string): boolean => shape.test(text);

/** The expiry that a hash names. Errors: `usage` for what is not a hash. */
export const expiryIn = (hash: string): Date => {
  const seconds = shape.exec(hash)?.[1];
  if (seconds !== undefined) return new Date(Number.parseInt(seconds, 36) * 1000);
  throw new RunbookError('usage', `--plan ${hash} is not a plan hash.`, {
    next: ['run the command with --dry-run: it prints the hash'],
  });
};

/** Errors: `usage` for what is not a hash, `refused` for one that has expired, or that no dry run has kept with this expiry. */
export const requireCurrent = async (hash: string, plans: PlanRecord, now: Date): Promise<void> => {
  const written = expiryIn(hash);
  const expires = await plans.expiryOf(hash);
  if ((expires ?? written).getTime() < now.getTime())
    throw new RunbookError('refused', `The plan expired at ${(expires ?? written).toISOString()}.`, {
      next: planAgain,
    });
  if (expires === undefined || inSeconds(expires) !== inSeconds(written))
    throw new RunbookError('refused', `No dry run of this user on this host has recorded the plan ${hash}.`, {
      next: planAgain,
    });
};

/** Errors: `usage` for what is not a hash, `refused` for one that belongs to another plan. */
export const requirePlan = (hash: string, plan: Plan): void => {
  if (planHash(plan, expiryIn(hash)) === hash) return;
  const set = plan.steps.some((entry) => 'members' in entry);
  throw new RunbookError(
    'refused',
    [
      'The plan has changed since its hash was printed. It would now be:',
      `  ${plan.subject.service}/${plan.subject.environment}`,
      ...plan.steps.flatMap(inWords).map((line) => `  ${line}`),
    ].join('\n'),
    {
      next: [
        ...planAgain,
        ...(set
          ? ['--dry-run -o json > plan.json, then --plan plan.json: acts on those of the set that are left']
          : []),
      ],
    },
  );
};

/** A hash holds its expiry in whole seconds. */
export const inSeconds = (date: Date): number => Math.floor(date.getTime() / 1000);

export const planAgain = ['run the command with --dry-run again and look at the new plan'];

const inWords = (entry: PlanEntry): readonly string[] => {
  if ('members' in entry && entry.members) return [`${entry.step} (${entry.tier}): a set of ${entry.members.length}`];
  if ('tier' in entry) return [`${entry.step} (${entry.tier}): ${entry.equivalent.join('; ')}`];
  return 'calls' in entry ? [`${entry.step}: ${entry.calls} ${JSON.stringify(entry.input)}`] : [];
};
