import type { Event } from '../engine/session/events.ts';

/** The open audit file of one session. Nothing is changed anywhere while it cannot be written. */
export interface AuditLog {
  readonly path: string;
  /**
   * Appends one record, redacted by the emitter: chained, written in full; for `step.intent`, `call.opened`, `session.resumed` and `session.closed` also
   * fdatasynced, with all that came before, before it returns. Throws `RunbookError('unrecorded')`; after that it stays
   * degraded and throws each time. A `step.result` that cannot be written goes to the spill file, then to standard error,
   * before it throws.
   */
  append(event: Event): void;
  /**
   * Fdatasyncs the `step.result` of a change, where one was appended and is not on the disk yet. Between the two it can be told:
   * a power cut then leaves an intent without a result, which `rb resume` settles. Throws as `append` does.
   */
  flush(): void;
  /** Gives back the file and the spill file. */
  close(): void;
}
