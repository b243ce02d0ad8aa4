import type { Tier } from '../plan/tier.ts';

/** A change that is about to be asked about, or made. */
export interface Intended {
  readonly step: string;
  readonly title: string;
  readonly tier: Tier;
}

/**
 * Something outside a session that may forbid a change: a lock, an approval. A session is conducted with a list of them, a resumed one with
 * the same list; they are released in reverse. Errors of the first two: `refused`.
 */
export interface Guard {
  /** Before the operator is asked: a question about what cannot be done wastes their time. */
  beforeQuestion(intended: Intended): Promise<void>;
  /** Before the intent is on record, and before the plan is looked at for the last time. */
  beforeIntent(intended: Intended): Promise<void>;
  release(): Promise<void>;
}
