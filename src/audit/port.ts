import type { Event } from '../engine/events.ts';

/** The open audit file of one session. Nothing is changed anywhere while it cannot be written. */
export interface AuditLog {
  readonly path: string;
  /**
   * Appends one record: redacted, chained, written in full, and for `step.intent`, the `step.result` that belongs to it,
   * `session.resumed` and `session.closed` also fdatasynced, with all that came before, before it returns. Throws `RunbookError('unrecorded')`; after that it stays degraded and throws each time.
   * A `step.result` that cannot be written goes to the spill file, then to standard error, before it throws.
   */
  append(event: Event): void;
  /** Gives back the file and the spill file. */
  close(): void;
}
