import * as z from 'zod/mini';
import { anyJson } from '../any-json.ts';
import { RunbookError } from '../errors.ts';
import { problemsIn } from '../json.ts';
import type { PlanFile } from './plan-file.ts';
import type { PlanEntry } from './plan-hash.ts';
import { restoredData } from '../run/data.ts';
import { tiers } from './tier.ts';

const text = z.string();
const object = z.record(text, anyJson);
const entry = z.union([
  z.strictObject({
    step: text,
    tier: z.enum(tiers),
    target: z.catchall(z.object({ provider: text, name: text }), text),
    basis: object,
    equivalent: z.array(text),
    members: z.exactOptional(z.array(text)),
  }),
  z.strictObject({ step: text, calls: text, input: anyJson }),
  z.strictObject({ step: text, open: text }),
]);

/** What `--dry-run -o json` prints; all but its plan is for people and for other programs. */
const document = z.object({
  plan: z.strictObject({
    hash: text,
    expires: text,
    procedure: text,
    outline: anyJson,
    input: anyJson,
    subject: z.strictObject({ service: text, environment: text }),
    configuration: object,
    steps: z.array(entry),
  }),
});

/** The steps of the plan that a session began with, from its record. Errors: `refused` where they are something else. */
export const plannedSteps = (recorded: unknown): readonly PlanEntry[] =>
  restoredData('the plan', z.array(entry), recorded);

/** The plan of a dry run from the document that it printed. Errors: `usage`; `file` is how it is called in messages. */
export const planIn = (json: unknown, file: string): PlanFile => {
  const found = document.safeParse(json);
  if (found.data) return found.data.plan;
  throw new RunbookError(
    'usage',
    `${file} does not hold a plan: ${problemsIn({ issues: found.error.issues.slice(0, 1) })}`,
    {
      next: ['write it by the same command with --dry-run -o json > plan.json'],
    },
  );
};
