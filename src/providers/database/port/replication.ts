export type ReplicationView = PrimaryReplication | ReplicaReplication;

interface BothEnds {
  /** Those that receive from this server; on a replica, those behind it in a cascade. */
  readonly receivers: readonly Receiver[];
  /** Receivers of which nothing but the process id may be read. */
  readonly unseen: number;
  readonly slots: readonly ReplicationSlot[];
}

export interface PrimaryReplication extends BothEnds {
  readonly role: 'primary';
  /** `synchronous_standby_names`; empty where no commit waits for a replica. */
  readonly synchronousStandbys: string;
}

/** What a primary knows of one that receives from it. Differences are in bytes of WAL; null where nothing was reported yet. */
export interface Receiver {
  readonly pid: number;
  /** Its application_name, which is a replica's `cluster_name` unless it is set. */
  readonly name: string;
  readonly user: string | null;
  readonly client: string | null;
  /** `startup`, `catchup`, `streaming`, `backup`, `stopping`. */
  readonly state: string;
  /** `async`, `potential`, `sync`, `quorum`. */
  readonly syncState: string;
  readonly slot: string | null;
  /** Whether it replays what it receives. False: it has answered without a position, as pg_receivewal and pg_recvlogical do. Null: it has not answered yet. */
  readonly replays: boolean | null;
  /** Its `recovery_min_apply_delay`, which it alone knows: null until it was asked. */
  readonly delayMs: number | null;
  readonly notSentBytes: number | null;
  readonly notWrittenBytes: number | null;
  readonly notFlushedBytes: number | null;
  readonly notReplayedBytes: number | null;
  readonly writeLagMs: number | null;
  readonly flushLagMs: number | null;
  /** Null: caught up and nothing has been written lately, or nothing measured yet, or it does not replay. Look at `notReplayedBytes`. */
  readonly replayLagMs: number | null;
  /** Since it last answered; null where it never did. */
  readonly lastReplyMs: number | null;
}

export interface ReplicaReplication extends BothEnds {
  readonly role: 'replica';
  /**
   * `none`: there is no WAL receiver. `archive`: none is wanted either (`primary_conninfo` is empty), it lives on the archive (`restore_command`). `unseen`: there is one, and its state may not be read.
   */
  readonly receiver: 'streaming' | 'other' | 'none' | 'archive' | 'unseen';
  /** As the server says it: `streaming`, `waiting`, `restarting`, ...; null where there is none or it may not be read. */
  readonly receiverStatus: string | null;
  /** `db-1:5432`; null as above. */
  readonly upstream: string | null;
  readonly upstreamSlot: string | null;
  /** What its receiver calls itself there: the `name` of a `Receiver` of the upstream server. Null where it may not be read. */
  readonly upstreamName: string | null;
  /** Since the last message from the primary. An idle primary is silent for up to half of its wal_sender_timeout. */
  readonly lastMessageMs: number | null;
  /** Null where it waits for nobody, or that may not be read. */
  readonly conflict: ReplayConflict | null;
  readonly receivedLsn: string | null;
  readonly replayedLsn: string | null;
  /** Received and not yet replayed. */
  readonly notReplayedBytes: number | null;
  /** What the primary had written when it last said so, and which has not been received. */
  readonly notReceivedBytes: number | null;
  /** Null where the server does not say it. */
  readonly replay: 'running' | 'pause requested' | 'paused' | null;
  /**
   * Since the commit of the last replayed transaction, by this server's clock. Not a lag: it grows while the primary is idle, and
   * while a long transaction writes that has not committed. Null: none since its start.
   */
  readonly lastReplayedCommitMs: number | null;
  /** `recovery_min_apply_delay`: it stays this far behind on purpose. Null where it may not be read. */
  readonly delayMs: number | null;
  /** Whether replay waits for that delay at this moment. Null where it may not be read. */
  readonly delaying: boolean | null;
  /**
   * How long what it receives takes until it is replayed. 0 while it streams and has replayed everything that it received; what was
   * measured where it replays what had been received within a moment (`measuredWithinMs`). Null where that is not known: then the
   * upstream server's `replayLagMs` may tell.
   */
  readonly lagMs: number | null;
}

/** What replay on a replica waits for: it goes on when those end, or cancels their statements after `max_standby_streaming_delay`. */
export interface ReplayConflict {
  /** As the server says it: `Lock: relation`, `IPC: RecoveryConflictSnapshot`, `BufferPin: BufferPin`. */
  readonly waitsFor: string;
  /** The quoted name of the table or index that is to be locked; null where it is another database's, or replay waits for no lock. */
  readonly relation: string | null;
  /** Sessions that hold it, or have the oldest snapshots: the longest first, 10 at most. `forMs`: since the transaction began. */
  readonly holders: readonly { readonly pid: number; readonly user: string | null; readonly forMs: number | null }[];
}

export interface ReplicationSlot {
  readonly name: string;
  readonly type: 'physical' | 'logical';
  readonly database: string | null;
  readonly active: boolean;
  readonly temporary: boolean;
  /** On a replica, a copy of the primary's slot (17 and later): nobody uses it until the replica is promoted. */
  readonly synchronised: boolean;
  /** WAL that is kept for it; null where it has never been used. */
  readonly retainedBytes: number | null;
  /** `reserved`, `extended`, `unreserved`, `lost`; null where it keeps none. */
  readonly walStatus: string | null;
  /** What may still be written before it could be lost; null without `max_slot_wal_keep_size`. */
  readonly safeBytes: number | null;
  /** Since it was last used; 17 and later. */
  readonly inactiveMs: number | null;
  /** Transactions since the oldest row version that it keeps; null where it keeps none. */
  readonly xminAge: number | null;
}

export interface WalView {
  /** Of the directory `pg_wal`; null where it may not be read (`pg_monitor`). */
  readonly directory: { readonly bytes: number; readonly files: number } | null;
  /** WAL written since the cluster was made: two looks give a rate. Replayed, on a replica. Null where the server does not say it. */
  readonly positionBytes: number | null;
  readonly maxWalBytes: number;
  readonly keepBytes: number;
  /** `max_slot_wal_keep_size`; null: without limit. */
  readonly maxSlotKeepBytes: number | null;
  /** `minimal`, `replica`, `logical`. */
  readonly level: string;
  readonly slots: readonly ReplicationSlot[];
  readonly archiving: {
    readonly mode: 'off' | 'on' | 'always';
    /** Whether anything is said that archives (`archive_command`, `archive_library`): without it the files are kept and wait. */
    readonly configured: boolean;
    /** Null where the server does not say it. */
    readonly archived: number | null;
    readonly failed: number | null;
    readonly lastArchivedMs: number | null;
    readonly lastFailedMs: number | null;
    readonly lastFailedFile: string | null;
    /** Files that wait to be archived; null where it may not be read. */
    readonly waiting: number | null;
  };
  /** Since the last finished checkpoint (or restartpoint) began; null where it may not be read. */
  readonly lastCheckpointMs: number | null;
}
