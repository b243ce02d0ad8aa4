export type StatementOrder = 'total' | 'mean' | 'max' | 'calls';

export type StatementsView =
  | {
      readonly available: false;
      /**
       * `not installed`: the extension's files are not on the server. `not created`: not in this database.
       * `not preloaded`: created, but its library is not loaded. `no right`: it may not be read.
       */
      readonly reason: 'not installed' | 'not created' | 'not preloaded' | 'no right';
      /** What to do, each one line. */
      readonly next: readonly string[];
    }
  | {
      readonly available: true;
      readonly statements: readonly Statement[];
      /** Of this database, all statements, those beyond the limit included. */
      readonly total: { readonly statements: number; readonly calls: number; readonly executionMs: number };
      /** Statements of other roles whose text may not be read. */
      readonly unseen: number;
      /** Since the statistics were last reset; null before extension version 1.9. */
      readonly sinceMs: number | null;
      /** How often the least used statements were dropped for lack of room (`pg_stat_statements.max`); null as above. */
      readonly dropped: number | null;
      /** `pg_stat_statements.track`: `top`, `all`, `none`. */
      readonly track: string;
    };

/** Times are milliseconds of execution, without planning. */
export interface Statement {
  /** 64 bits, in decimal. */
  readonly id: string;
  /** Normalised by the server, on one line, at most 300 characters; null where it may not be read. */
  readonly query: string | null;
  readonly user: string | null;
  readonly calls: number;
  readonly totalMs: number;
  readonly meanMs: number;
  readonly maxMs: number;
  readonly rows: number;
  /** Of the execution time of all statements of this database, 0 to 1. */
  readonly share: number;
  /** Of the blocks that it needed, found in memory, 0 to 1; null where it needed none. */
  readonly hitRatio: number | null;
  /** Reading and writing blocks; null unless `track_io_timing` is on. */
  readonly ioMs: number | null;
  readonly temporaryBytes: number;
}
