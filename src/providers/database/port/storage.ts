/** `name` is quoted by the server where it has to be, with its schema: `public.orders`, `sales."Orders"`. */
export interface IndexReview {
  /** Since the counters of this database were last reset, or since it was created; null where that is not known. */
  readonly statisticsMs: number | null;
  /** Physical replicas of this primary that are connected: what their queries use is counted there, not here. */
  readonly replicas: number | null;
  /** Whether this database counts at all (`track_counts`): otherwise nothing is known of what is used. */
  readonly counting: boolean;
  readonly missing: readonly MissingIndex[];
  readonly unused: readonly UnusedIndex[];
  readonly invalid: readonly InvalidIndex[];
  readonly duplicate: readonly DuplicateIndexes[];
  /** Of all, those beyond the limit included. Null: not known. */
  readonly counts: {
    readonly tables: number;
    readonly indexes: number;
    readonly missing: number | null;
    readonly unused: number | null;
    readonly unusedBytes: number | null;
    readonly invalid: number | null;
    readonly duplicate: number | null;
  };
}

/** A table that is read from end to end. Ranked by rows read x size. */
export interface MissingIndex {
  readonly table: string;
  readonly bytes: number;
  /** Null: never analysed, and the statistics know of no row. */
  readonly rows: number | null;
  readonly sequentialScans: number;
  readonly rowsRead: number;
  /** Null: the table has no index at all. */
  readonly indexScans: number | null;
}

/** Never used since the statistics began, and needed for no constraint, no uniqueness and no replica identity. */
export interface UnusedIndex {
  readonly index: string;
  readonly table: string;
  readonly bytes: number;
  /** The statement that would create it again; null while somebody waits to lock its table. */
  readonly definition: string | null;
}

export interface InvalidIndex {
  readonly index: string;
  readonly table: string;
  readonly bytes: number;
  /** CREATE INDEX CONCURRENTLY or REINDEX is at work on its table: it may become valid. */
  readonly beingBuilt: boolean;
  /**
   * Of a partitioned table: so many partitions have no part of it. It becomes valid when each has one that is attached (ALTER INDEX
   * ... ATTACH PARTITION); REINDEX does not help. Null: it is not partitioned.
   */
  readonly partsMissing: number | null;
  /** What REINDEX CONCURRENTLY left behind (`_ccnew`, `_ccold`): to be dropped. */
  readonly leftover: boolean;
}

/** Indexes of one table that index the same in the same way. */
export interface DuplicateIndexes {
  readonly table: string;
  readonly indexes: readonly {
    readonly index: string;
    readonly bytes: number;
    readonly scans: number;
    /** What it keeps out, in words: `unique`, `unique nulls not distinct`, `unique deferrable`, an exclusion. Null: nothing. Of those of one rule one is enough. */
    readonly rule: string | null;
    /** A constraint (a foreign key that refers to it included) or the replica identity hangs on this very index: it cannot be dropped alone. */
    readonly tied: boolean;
  }[];
}

export interface DatabaseSize {
  /** Of this database; null without the right to connect to it. */
  readonly bytes: number | null;
  readonly databases: readonly { readonly name: string; readonly bytes: number | null }[];
  readonly tables: readonly TableSize[];
  /** How many tables there are, those beyond the limit included. */
  readonly tableCount: number;
  /** Null where it may not be read (`pg_monitor`). */
  readonly walBytes: number | null;
  /** Temporary files: those that lie there now, and what was written in this database since its statistics began. */
  readonly temporary: {
    readonly bytes: number | null;
    readonly files: number | null;
    readonly writtenBytes: number | null;
  };
  readonly tablespaces: readonly { readonly name: string; readonly location: string; readonly bytes: number | null }[];
}

export interface TableSize {
  readonly table: string;
  readonly totalBytes: number;
  readonly heapBytes: number;
  readonly indexBytes: number;
  readonly toastBytes: number;
  readonly rows: number | null;
  /** A lock on the table keeps it from being measured: as of its last VACUUM or ANALYZE. */
  readonly estimated: boolean;
}

/** Of all that was looked at, the most wasted bytes first; what cannot be estimated comes last. */
export interface BloatView {
  readonly tables: readonly Bloat[];
  /** B-tree indexes. */
  readonly indexes: readonly (Bloat & { readonly table: string })[];
  /** What is stored outside of the rows of `table`: at least so much is wasted. */
  readonly toast: readonly (Bloat & { readonly table: string })[];
  /** So many of the largest tables were looked at. */
  readonly looked: { readonly tables: number; readonly of: number };
}

/** An estimate from page counts and column statistics: as good as the last ANALYZE. */
export interface Bloat {
  readonly name: string;
  readonly bytes: number;
  /** Null: not available; `why` says it. */
  readonly wastedBytes: number | null;
  /** 0 to 1. */
  readonly wastedShare: number | null;
  readonly why:
    | 'never analysed'
    | 'never vacuumed'
    | 'no column statistics'
    | 'column statistics may not be read'
    | null;
}
