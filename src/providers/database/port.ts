import type { Target } from '../../engine/change.ts';
import type { Context } from '../../engine/procedure/context.ts';
import type {
  BlockingView,
  EndedSession,
  EndSessionsRequest,
  HoldingSession,
  IdleSessions,
  PreparedTransaction,
  SessionKey,
  Sessions,
} from './port/sessions.ts';
import type { BloatView, DatabaseSize, IndexReview } from './port/storage.ts';
import type { ReplicationView, WalView } from './port/replication.ts';
import type { StatementOrder, StatementsView } from './port/statements.ts';
import type {
  DatabaseTable,
  VacuumOptions,
  VacuumOutcome,
  VacuumProgress,
  VacuumUnseen,
  VacuumStatus,
  XminHolder,
} from './port/vacuum.ts';

export { quotedName } from './port/names.ts';
export type * from './port/sessions.ts';
export type * from './port/storage.ts';
export type * from './port/replication.ts';
export type * from './port/statements.ts';
export type * from './port/vacuum.ts';

/** What an adapter needs from the step that calls it. A step's context is one of these. */
export type Call = Pick<Context<unknown, unknown>, 'signal' | 'clock' | 'mark' | 'report'>;

/** Which server answered, and as what. */
export interface Server {
  /** For the target of a change: host and port, database, system identifier, and whether it is the primary or a replica. */
  readonly target: Target;
  /** `db-1.example.com:5432`, or the directory of its socket. */
  readonly address: string;
  readonly database: string;
  /** The role that `rb` is logged in as. */
  readonly user: string;
  /** 64 bits, in decimal: the same on a primary and its replicas, different everywhere else. Null where it may not be read. */
  readonly systemIdentifier: string | null;
  readonly role: 'primary' | 'replica';
  /** `15.6`. */
  readonly version: string;
  /** Whether it may read the state of other users' sessions (`pg_read_all_stats`, which `pg_monitor` includes, or superuser). */
  readonly seesEverything: boolean;
}

/** A part of an answer that the server does not give: a function that it does not have, a right that is missing, a time limit. */
export interface Unavailable {
  /** `replication slots`. */
  readonly part: string;
  /** In the server's words, on one line. */
  readonly why: string;
}

/** An answer, and who gave it. What `unavailable` names is null or empty in it, and not known. */
export type From<Answer> = Answer & { readonly server: Server; readonly unavailable: readonly Unavailable[] };

/** A count under a name. */
export interface ConnectionGroup {
  /** An empty text is a session that gave no name. */
  readonly name: string;
  readonly count: number;
  /** How long the oldest of them has been in its present state; null where that cannot be seen. */
  readonly oldestMs: number | null;
}

/** Client connections, as `max_connections` counts them: no walsenders, no background processes. */
export interface ConnectionCounts {
  /** All of them, our own and those that cannot be seen included. */
  readonly total: number;
  /** `max_connections`. */
  readonly max: number;
  /** Of `max`, kept for superusers (`superuser_reserved_connections`). */
  readonly reservedForSuperusers: number;
  /** Of `max`, kept for members of `pg_use_reserved_connections` (`reserved_connections`, 16 and later; else 0). */
  readonly reservedForRoles: number;
  /** Of `max`, kept by a managed service for its administrators (`rds.rds_superuser_reserved_connections`; else 0). */
  readonly reservedForService: number;
  /** Sessions whose state may not be read: they are in none of `byState`. Never "idle". */
  readonly unseen: number;
  /** Most first. `idle`, `active`, `idle in transaction`, `idle in transaction (aborted)`, `fastpath function call`, `disabled`. */
  readonly byState: readonly ConnectionGroup[];
  readonly byApplication: readonly ConnectionGroup[];
  readonly byUser: readonly ConnectionGroup[];
  readonly byDatabase: readonly ConnectionGroup[];
  /** Limits below `max`: of this database (`datconnlimit`) and of roles (`rolconnlimit`), where one is set. */
  readonly limits: readonly {
    readonly of: 'database' | 'role';
    readonly name: string;
    readonly max: number;
    readonly used: number;
  }[];
}

/**
 * One PostgreSQL server and one of its databases. Each call is one connection, named `rb/<session>/<n>` by the mark of
 * the step, and closed when the call ends. All reads run in read-only transactions under a statement and a lock timeout.
 * Ages are in milliseconds by the server's clock at the moment of the look; sizes are in bytes. Query texts come without
 * the contents of their string literals and shortened: they are shown and recorded.
 *
 * Errors: `RunbookError` of kind `unreachable` where the server cannot be reached, does not answer in time or does not let
 * us in; `failed` where it answers that it did not work (a statement timeout, a missing right); `unknown` where a change
 * was sent and its outcome was not heard; the reason of `call.signal` when that aborts: the running statement is cancelled
 * on the server. Each names the host, never a password.
 */
export interface Database {
  /** As the configuration calls it: `primary`, or the name of the replica. */
  readonly name: string;
  /** The replicas that the configuration names; each is a server of its own. */
  readonly replicas: readonly Database[];

  /** Only who it is: the cheapest call. */
  identify(call: Call): Promise<Server>;

  connections(call: Call): Promise<From<ConnectionCounts>>;

  /**
   * Client sessions that do nothing: `idle` for at least `olderThanMs`, and those idle in a transaction only where that
   * is asked for. The longest idle first. Includes those that must not be ended: see `Session.own`, `.superuser`, `.maySignal`.
   */
  idleSessions(
    wanted: { readonly olderThanMs: number; readonly includeIdleInTransaction: boolean },
    call: Call,
  ): Promise<From<IdleSessions>>;

  /** Sessions that work, or hold a transaction open, since at least `olderThanMs`; the oldest first. Not our own. */
  runningSessions(wanted: { readonly olderThanMs: number }, call: Call): Promise<From<Sessions>>;

  /** One session of any kind by its process id; undefined where there is none. */
  session(pid: number, call: Call): Promise<From<{ readonly session: HoldingSession | undefined }>>;

  /** Those of `keys` that still exist, with what they do now: the probe after a cancel or a terminate. */
  sessionsStillThere(keys: readonly SessionKey[], call: Call): Promise<From<Sessions>>;

  /** Who waits for whom, and the prepared transactions that hold locks. */
  blocking(call: Call): Promise<From<BlockingView>>;

  /** On a primary what its replicas have received; on a replica what it received and replayed itself. Slots on both. */
  replication(call: Call): Promise<From<ReplicationView>>;

  /** The write-ahead log on disk and what keeps it there. */
  wal(call: Call): Promise<From<WalView>>;

  /** From pg_stat_statements; where that is not to be had, the answer says why and how to get it. `limit` is at most 500. */
  statements(
    wanted: { readonly orderBy: StatementOrder; readonly limit: number },
    call: Call,
  ): Promise<From<StatementsView>>;

  /** At most `limit` of each kind; the counts are of all. Tables below `minBytes` are not looked at for missing indexes. */
  indexes(wanted: { readonly limit: number; readonly minBytes: number }, call: Call): Promise<From<IndexReview>>;

  /** The largest `limit` tables, chosen as of their last VACUUM or ANALYZE and measured now. */
  size(wanted: { readonly limit: number }, call: Call): Promise<From<DatabaseSize>>;

  /** An estimate for the largest tables and B-tree indexes, 300 of each at most. */
  bloat(call: Call): Promise<From<BloatView>>;

  /** Dead rows and age of the `limit` tables that need it most, or of one table, and how far the database is from wraparound. */
  vacuumStatus(wanted: { readonly limit: number; readonly tableOid?: number }, call: Call): Promise<From<VacuumStatus>>;

  /** VACUUMs that run at this moment, autovacuum's included. */
  vacuumProgress(call: Call): Promise<From<{ readonly running: readonly VacuumProgress[] }>>;

  /** Who keeps dead rows from being removed, the oldest first. */
  xminHolders(call: Call): Promise<From<{ readonly holders: readonly XminHolder[]; readonly unseen: number }>>;

  /**
   * The table that a person means: the name as SQL reads it (`orders`, `sales."Orders"`) or written out exactly (`Orders`).
   * Errors: `usage` where there is none (names that come near are in `next`), where two are meant, or where it is a view,
   * a foreign table or an index.
   */
  table(name: string, call: Call): Promise<From<{ readonly table: DatabaseTable }>>;

  /**
   * Cancels the running statement of each session, or ends it: one statement a session, in which its identity is checked
   * again. Tells each result as soon as it is known. `done` means that the signal was sent: `sessionsStillThere` tells
   * whether it worked. Throws `unknown` when the connection is lost before all have been answered.
   */
  endSessions(
    wanted: EndSessionsRequest,
    call: Call,
    onEach?: (ended: EndedSession) => void,
  ): Promise<From<{ readonly results: readonly EndedSession[] }>>;

  /**
   * VACUUM of a table that `table` found. It is found again by its id, and refused if it has another name by then. Has no
   * time limit; `call.signal` cancels it. Tells how far it is about once a second, or that this cannot be seen. Errors: `failed` on a replica, on a lock
   * that is not given in time, and where the server only warns that it skips the table; `unknown` when the connection is lost.
   */
  vacuum(
    table: DatabaseTable,
    options: VacuumOptions,
    call: Call,
    onProgress?: (progress: VacuumProgress | VacuumUnseen) => void,
  ): Promise<From<VacuumOutcome>>;

  /** Forgets the statistics of all statements, in all databases. Errors: `failed` without the right to. */
  resetStatements(call: Call): Promise<Server>;

  /** Rolls a prepared transaction of this database back. `denied`: it is another role's. `gone`: also where the name is another's by now. */
  rollbackPrepared(
    wanted: Pick<PreparedTransaction, 'gid' | 'transaction'>,
    call: Call,
  ): Promise<From<{ readonly outcome: 'done' | 'denied' | 'gone'; readonly reason: string | null }>>;
}
