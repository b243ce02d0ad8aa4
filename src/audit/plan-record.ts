import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import * as z from 'zod/mini';
import { makeOurs, ownDirectory, whyNotOurs } from '../files/own-directory.ts';
import type { User } from '../files/own-directory.ts';
import { readOwn, writeOwn } from '../files/own-files.ts';
import { expiryIn, isPlanHash } from '../engine/plan/plan-hash.ts';
import type { PlanRecord } from '../engine/plan/plan-hash.ts';

const Kept = z.strictObject({ version: z.literal(1), hash: z.string(), expires: z.iso.datetime() });

/** `$XDG_STATE_HOME/rb/plans`, else `~/.local/state/rb/plans`: a file for each plan that has not expired, named by its hash. */
export const openPlanRecord = (user: User): PlanRecord => {
  const directory = ownDirectory('state', 'plans', user);
  const placeOf = (hash: string) => join(directory.path, `${hash}.json`);
  return {
    keep: async (hash, expires) => {
      makeOurs(directory);
      removeExpired(directory.path);
      writeOwn(placeOf(hash), `${JSON.stringify({ version: 1, hash, expires: expires.toISOString() })}\n`);
    },
    expiryOf: async (hash) => {
      if (!isPlanHash(hash) || whyNotOurs(directory) !== undefined) return undefined;
      try {
        const kept = z.parse(Kept, JSON.parse(readOwn(placeOf(hash))));
        return kept.hash === hash ? new Date(kept.expires) : undefined;
      } catch {
        // Not there, garbled, or not ours alone: none of these is a record.
        return undefined;
      }
    },
  };
};

const removeExpired = (directory: string): void => {
  for (const name of readdirSync(directory)) {
    const hash = name.replace(/\.json$/, '');
    if (isPlanHash(hash) && expiryIn(hash).getTime() < Date.now()) rmSync(join(directory, name), { force: true });
  }
};
