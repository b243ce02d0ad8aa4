/** One entry of a log. */
export interface LogEntry {
  /** ISO 8601. */
  readonly time: string;
  readonly level: string;
  readonly message: string;
  /** Which instance or file it came from. */
  readonly source: string;
}

export interface LogExcerpt {
  /** The newest `limit`, oldest first. */
  readonly entries: readonly LogEntry[];
  /** How many there were in all. */
  readonly total: number;
  /** Set where older entries may be gone: rotation, retention, unreadable files. "no errors" must then not be said. */
  readonly incomplete?: string;
}

export interface LogSource {
  /** Entries of level error and above since `since`, across all instances. Errors: `RunbookError` of kind `unreachable`. */
  errors(query: { readonly since: Date; readonly limit: number }, signal: AbortSignal): Promise<LogExcerpt>;
}
