import type { SessionOutcome } from '../engine/session/events.ts';

/** The documented exit codes: docs/exit-codes.md. The one place that decides them. */
export const exitCodes = {
  done: 0,
  failed: 1,
  usage: 2,
  refused: 3,
  declined: 4,
  unreachable: 5,
  unseen: 5,
  critical: 6,
  unknown: 7,
  unrecorded: 74,
  interrupted: 130,
} as const satisfies Record<SessionOutcome['status'], number>;
