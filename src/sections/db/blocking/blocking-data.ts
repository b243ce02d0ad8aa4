import * as z from 'zod/mini';
import type { Schema } from '../../../engine/json.ts';
import { list, nullableNumber, nullableText, ServerData, UnavailableData } from '../reading/data.ts';
import { SessionData } from '../reading/session-data.ts';

const LockedSessionData = z.extend(SessionData, {
  waitsForLock: z.nullable(
    z.object({ mode: z.string(), type: z.string(), relation: nullableText, waitedMs: nullableNumber }),
  ),
});

const PreparedData = z.object({
  gid: z.string(),
  transaction: z.string(),
  owner: z.string(),
  database: z.string(),
  ageMs: z.number(),
  blocks: list(z.number()),
  mayRollBack: z.boolean(),
});

/** One that makes others wait, and those that wait for it, each with those that wait for them. An interface would not be Json. */
export type BlockerData = {
  /** A process id, or `prepared <gid>`. */
  readonly id: string;
  readonly session: z.output<typeof LockedSessionData> | null;
  readonly prepared: z.output<typeof PreparedData> | null;
  /** Directly and through others. */
  readonly waitingCount: number;
  readonly waiting: readonly BlockerData[];
};

const BlockerData: Schema<BlockerData> = z.object({
  id: z.string(),
  session: z.nullable(LockedSessionData),
  prepared: z.nullable(PreparedData),
  waitingCount: z.number(),
  waiting: list(z.lazy(() => BlockerData)),
});

/** Who waits for whom, as `-o json` has it; the root that makes most wait comes first. */
export const BlockingData = z.object({
  server: ServerData,
  unavailable: list(UnavailableData),
  waiting: z.number(),
  roots: list(BlockerData),
  prepared: list(PreparedData),
  unseen: z.number(),
  thresholds: z.object({
    warnWaitedMs: z.number(),
    criticalWaitedMs: z.number(),
    criticalWaiting: z.number(),
    warnPreparedMs: z.number(),
  }),
});
export type BlockingData = z.output<typeof BlockingData>;
