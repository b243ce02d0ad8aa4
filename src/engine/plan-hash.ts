import { digest } from './change.ts';
import { RunbookError } from './errors.ts';
import type { Json } from './json.ts';
import type { Outline } from './procedure.ts';
import type { Tier } from './tier.ts';

/** How long a plan hash can be executed. Source: safety.md, "Plan hash". */
export const planExpiresAfterMs = 30 * 60_000;

export interface PlannedStep {
  readonly step: string;
  readonly fingerprint: string;
  readonly tier: Tier;
  readonly equivalent: readonly string[];
}

export interface Plan {
  readonly procedure: string;
  readonly outline: Outline;
  readonly input: Json;
  readonly steps: readonly PlannedStep[];
}

/** `<expiry in seconds, base 36>-<128 bits of SHA-256 over the canonical plan and its expiry>`. */
export const planHash = (plan: Plan, expires: Date): string => {
  const expiry = Math.floor(expires.getTime() / 1000).toString(36);
  return `${expiry}-${digest({ ...plan, steps: plan.steps.map((step) => ({ ...step })), expiry }).slice(0, 32)}`;
};

/** Errors: `usage` for what is no hash, `refused` for one that has expired or belongs to another plan. */
export const requirePlan = (hash: string, plan: Plan, now: Date): void => {
  const seconds = /^([0-9a-z]{5,8})-[0-9a-f]{32}$/.exec(hash)?.[1];
  if (seconds === undefined)
    throw new RunbookError('usage', `--plan ${hash} is no plan hash.`, {
      next: ['run the command with --dry-run: it prints the hash'],
    });
  const expires = new Date(Number.parseInt(seconds, 36) * 1000);
  if (expires.getTime() < now.getTime())
    throw new RunbookError('refused', `The plan expired at ${expires.toISOString()}. Nothing was done.`, {
      next: ['run the command with --dry-run again and look at the new plan'],
    });
  if (planHash(plan, expires) === hash) return;
  const present = plan.steps.map((step) => `${step.step} (${step.tier}): ${step.equivalent.join('; ')}`);
  throw new RunbookError(
    'refused',
    [
      'The plan has changed since its hash was printed. Nothing was done. It would now be:',
      ...present.map((line) => `  ${line}`),
    ].join('\n'),
    { next: ['run the command with --dry-run again and look at the new plan'] },
  );
};
