/** Which session it is: a process id alone is given out again. */
export interface SessionKey {
  readonly pid: number;
  /** ISO 8601 with microseconds, UTC. */
  readonly backendStart: string;
}

export interface Session extends SessionKey {
  /** Null where it cannot be seen, or where a background process has none. */
  readonly user: string | null;
  readonly database: string | null;
  /** What it calls itself; empty where it does not. */
  readonly application: string;
  /** Its address, or `local` for a socket; null where it cannot be seen. */
  readonly client: string | null;
  /** `client backend`, `walsender`, `autovacuum worker`, ...; null where it cannot be seen. */
  readonly kind: string | null;
  /** `active`, `idle`, `idle in transaction`, ...; null where it cannot be seen, also where `track_activities` is off. */
  readonly state: string | null;
  /** When the present state began; ISO 8601 with microseconds. */
  readonly stateSince: string | null;
  readonly stateMs: number | null;
  /** Since the transaction began; null outside one. */
  readonly transactionMs: number | null;
  /** Since the present or last statement began. */
  readonly queryMs: number | null;
  /** Null where it cannot be seen. */
  readonly connectedMs: number | null;
  /** `Lock: transactionid`, `IO: DataFileRead`; null where it does not wait. */
  readonly waitsFor: string | null;
  /** Process ids of those it waits for a lock for; 0 is a prepared transaction. Empty where it waits for none. */
  readonly blockedBy: readonly number[];
  /** The present or last statement: on one line, without the contents of literals, at most 300 characters. */
  readonly query: string | null;
  /** A connection of this very process. Another operator's `rb` is a session like any other. */
  readonly own: boolean;
  readonly superuser: boolean;
  /** A process of the server itself (the checkpointer, a launcher): never signalled. */
  readonly ofServer: boolean;
  /** Whether the server would let us cancel or end it. */
  readonly maySignal: boolean;
}

/** What a session keeps beyond a transaction: ending it ends this too, and no reconnect brings it back. */
export type Held = 'advisory locks' | 'temporary tables' | 'LISTEN' | 'a cursor WITH HOLD';

export interface HoldingSession extends Session {
  /**
   * What can be seen from outside: advisory locks; temporary tables in this database on 16 and later; LISTEN and cursors where they were its last
   * statement. Prepared statements and settings of a session are never seen.
   */
  readonly holds: readonly Held[];
}

/** Client sessions that do nothing. */
export interface IdleSessions extends Sessions {
  readonly sessions: readonly HoldingSession[];
}

export interface Sessions {
  readonly sessions: readonly Session[];
  /** Sessions whose state may not be read: they may be meant too. */
  readonly unseen: number;
}

export interface EndSessionsRequest {
  readonly how: 'cancel' | 'terminate';
  readonly sessions: readonly (SessionKey & {
    /** Where given, only while it has been in the same state since then: what went on working in between is left alone. */
    readonly stateSince?: string;
  })[];
}

export interface EndedSession extends SessionKey {
  /** `done`: the signal was sent. `gone`: there is no such session any more. `changed`: it went on working since it was looked at. */
  readonly outcome: 'done' | 'denied' | 'gone' | 'changed';
  /** What the server says where it is not done. */
  readonly reason: string | null;
}

/** A session that waits for a lock or makes others wait. */
export interface LockedSession extends Session {
  /** What it waits for; null for those that only hold. */
  readonly waitsForLock: {
    /** `AccessExclusiveLock`. */
    readonly mode: string;
    /** `relation`, `transactionid`, `advisory`, ... */
    readonly type: string;
    /** The quoted name of the table or index, where it is one of this database. */
    readonly relation: string | null;
    /** 14 and later; else since the statement began. */
    readonly waitedMs: number | null;
  } | null;
}

export interface PreparedTransaction {
  readonly gid: string;
  /** Its transaction id, in decimal: a name is free again when its transaction has ended. */
  readonly transaction: string;
  readonly owner: string;
  readonly database: string;
  readonly ageMs: number;
  /** Process ids of those that wait for it directly. */
  readonly blocks: readonly number[];
  /** Of this database, and ours or we are superuser: what ROLLBACK PREPARED takes. */
  readonly mayRollBack: boolean;
}

export interface BlockingView {
  /** All sessions that take part. */
  readonly sessions: readonly LockedSession[];
  /** `blocker` 0 is a prepared transaction. A session that only stands before another in the queue blocks it too. */
  readonly edges: readonly { readonly blocked: number; readonly blocker: number }[];
  /** Every prepared transaction of the server, the oldest first; most block nobody. */
  readonly prepared: readonly PreparedTransaction[];
  /** Of `sessions`, those that take part and of which nothing else may be read: neither state nor statement. */
  readonly unseen: number;
}
