import * as z from 'zod/mini';
import type { Seen } from './seen.ts';
import type { Wanted } from '../rollout/standing.ts';

/** What there was before a change; it goes to the audit log with it, so that another process knows what is new. */
export const Noted = z.object({
  /** The ids of the deployments. */
  deployments: z.array(z.string()),
  /** When the newest of them was made, by AWS's clock; ISO 8601. */
  newest: z.nullable(z.string()),
  /** The time of the newest service event. */
  events: z.nullable(z.string()),
  /** When this was noted, by ours. */
  at: z.string(),
  /** How long a deployment waits on purpose; see `Shifting`. Absent: it does not. */
  waitsMs: z.optional(z.number()),
});
export type Noted = z.output<typeof Noted>;

export const noted = (seen: Seen, now: Date): Noted => ({
  deployments: seen.deployments.map(({ id }) => id),
  newest: seen.deployments[0]?.createdAt?.toISOString() ?? null,
  events: seen.events[0]?.at?.toISOString() ?? null,
  at: now.toISOString(),
  ...(seen.shifting ? { waitsMs: seen.shifting.waitsMs } : {}),
});

export const wantedAfter = (notes: Noted, id: string | undefined): Wanted => ({
  id,
  noted: notes.deployments,
  notedUntil: notes.newest === null ? 0 : Date.parse(notes.newest),
});
