import * as z from 'zod/mini';
import type { JsonObject } from '../../../engine/json.ts';
import type { Seen } from './service.ts';

/** What an instance was before a change: what "new" is compared with. */
export const Before = z.object({
  id: z.string(),
  state: z.string(),
  health: z.string(),
  version: z.nullable(z.string()),
  startedAt: z.nullable(z.string()),
  /** When this was seen. ISO 8601. */
  seenAt: z.string(),
});
export type Before = z.output<typeof Before>;

export const beforeOf = ({ id, listedState, health, version, startedAt }: Seen, now: Date): Before => ({
  id,
  state: listedState,
  health,
  version: version ?? null,
  startedAt: startedAt ?? null,
  seenAt: now.toISOString(),
});

/** By its id what a plan depends on. Health is not part of it: an instance that is restarted because it flaps would never be. */
export const basisOf = (instances: readonly Seen[]): JsonObject =>
  Object.fromEntries(
    instances.map(({ id, listedState, startedAt }) => [id, { startedAt: startedAt ?? null, state: listedState }]),
  );
