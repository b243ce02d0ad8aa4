/** A table that VACUUM takes: also a materialised view and a partitioned table. */
export interface DatabaseTable {
  readonly oid: number;
  /** With its schema, quoted by the server: what goes into SQL, and what is shown. */
  readonly name: string;
  readonly owner: string;
  readonly kind: 'table' | 'materialised view' | 'partitioned table';
  /** Whether the server would let us: otherwise it only warns, and does nothing. */
  readonly mayVacuum: boolean;
  /** Heap, TOAST and indexes, of its partitions too. */
  readonly bytes: number;
  readonly rows: TableRows;
}

/** What the statistics say of a table's rows. Ages are null where it never happened (since the statistics began). */
export interface TableRows {
  readonly live: number;
  readonly dead: number;
  /** Changed since the last ANALYZE. */
  readonly changed: number;
  readonly lastVacuumMs: number | null;
  readonly lastAutovacuumMs: number | null;
  readonly lastAnalyzeMs: number | null;
  readonly lastAutoanalyzeMs: number | null;
  /** VACUUMs by hand, counted: the probe whether one was done. */
  readonly vacuums: number;
  readonly analyzes: number;
}

export interface VacuumOptions {
  readonly analyze: boolean;
}

export interface VacuumOutcome {
  /** What the server said meanwhile (NOTICE, WARNING), each one line. */
  readonly notices: readonly string[];
}

export interface VacuumProgress {
  readonly pid: number;
  /** Quoted, with its schema; null where it is another database's. */
  readonly table: string | null;
  /** Null where it may not be read. */
  readonly tableOid: number | null;
  readonly database: string | null;
  /** Null where it may not be read. */
  readonly autovacuum: boolean | null;
  /** `scanning heap`, `vacuuming indexes`, ...; null where it may not be read. */
  readonly phase: string | null;
  /** Of the table's pages, read so far, 0 to 1; null where it is not known. It may stand still while indexes are cleaned. */
  readonly share: number | null;
  readonly scannedBytes: number | null;
  readonly totalBytes: number | null;
  /** How often all indexes have been gone through. */
  readonly indexPasses: number | null;
  readonly runsMs: number | null;
}

/** That nothing is seen of it at the moment, and why. It may go on all the same. */
export interface VacuumUnseen {
  readonly unseen: string;
}

export interface VacuumStatus {
  readonly tables: readonly VacuumedTable[];
  readonly tableCount: number;
  readonly wraparound: {
    /** Transactions since the oldest unfrozen one of this database. */
    readonly xidAge: number;
    readonly multixactAge: number;
    /** From here on autovacuum runs in any case (`autovacuum_freeze_max_age`). */
    readonly freezeMaxAge: number;
    readonly multixactFreezeMaxAge: number;
    /** From here on the server accepts no more writes: about 2^31. */
    readonly stopsAt: number;
    /** The oldest databases of the server, this one or others. */
    readonly databases: readonly { readonly name: string; readonly xidAge: number; readonly multixactAge: number }[];
  };
  readonly running: readonly VacuumProgress[];
  /** Whether autovacuum is on at all, with the statistics that it needs (`autovacuum`, `track_counts`). */
  readonly autovacuum: boolean;
}

export interface VacuumedTable {
  readonly oid: number;
  readonly name: string;
  readonly bytes: number;
  readonly rows: TableRows;
  /** So many dead rows bring autovacuum; null where it is switched off for this table. */
  readonly autovacuumAt: number | null;
  readonly xidAge: number | null;
}

/** Something that still may see old row versions. */
export interface XminHolder {
  readonly kind: 'session' | 'prepared transaction' | 'replication slot' | 'replica';
  /** The process id, the gid, the name of the slot or of the replica. */
  readonly name: string;
  /** `checkout, idle in transaction` and such. */
  readonly detail: string;
  /** Transactions since the oldest that it may see. */
  readonly xminAge: number;
  /** Since its transaction began; null for slots and replicas. */
  readonly ageMs: number | null;
  readonly pid: number | null;
}
