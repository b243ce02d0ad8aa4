import type { PlanRecord } from '../../src/engine/plan/plan-hash.ts';

/** What dry runs have kept, in memory. */
export const planRecord = (): PlanRecord => {
  const kept = new Map<string, Date>();
  return {
    keep: async (hash, expires) => void kept.set(hash, expires),
    expiryOf: async (hash) => kept.get(hash),
  };
};
