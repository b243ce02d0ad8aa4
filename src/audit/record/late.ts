import { messageOf } from '../../engine/errors.ts';
import type { Event } from '../../engine/session/events.ts';
import type { AuditLog } from '../port.ts';

/** A log that is opened when it is first needed: what only looks goes on where there can be no record. */
export interface LateAuditLog extends AuditLog {
  readonly isOpen: boolean;
  /**
   * Call before the first question and before each intent: opens the log and writes what was seen until then. Errors: what opening and
   * writing throw, `RunbookError('unrecorded')` mostly; once it has failed it throws the same each time.
   */
  require(): void;
  /** At the end of a session: records what was seen where no record was needed. Returns why that failed; nothing is lost but the record of a look. */
  finish(): string | undefined;
}

/** Until `require` events are kept in memory, and afterwards they go straight to the log that `open` gave. */
export const openLate = (open: () => AuditLog): LateAuditLog => {
  let log: AuditLog | undefined;
  let failed: { readonly error: unknown } | undefined;
  const seen: Event[] = [];

  const begin = (): AuditLog => {
    const opened = open();
    try {
      for (const event of seen) opened.append(event);
    } catch (error) {
      opened.close();
      throw error;
    }
    seen.length = 0;
    return opened;
  };

  const require = (): void => {
    if (failed) throw failed.error;
    try {
      log ??= begin();
    } catch (error) {
      failed = { error };
      throw error;
    }
  };

  return {
    get path() {
      return log?.path ?? '';
    },
    get isOpen() {
      return log !== undefined;
    },
    require,
    append: (event) => {
      if (log) log.append(event);
      else seen.push(event);
    },
    flush: () => log?.flush(),
    close: () => log?.close(),
    finish: () => {
      if (failed || seen.length === 0) return undefined;
      try {
        require();
        return undefined;
      } catch (error) {
        return messageOf(error);
      }
    },
  };
};
