import * as fc from 'fast-check';
import type {
  BlockingView,
  BloatView,
  ConnectionCounts,
  DatabaseSize,
  IndexReview,
  PrimaryReplication,
  ReplicaReplication,
  ReplicationSlot,
  Session,
  Sessions,
  StatementsView,
  VacuumStatus,
  WalView,
  XminHolder,
} from '../../../src/providers/database/port.ts';
import { session } from '../db/a-session.ts';
import { bytes, few, ms, orNull, share, things } from './values.ts';

/* What a server may answer, with anything in it that may be wrong or unknown. */

const state = fc.constantFrom('active', 'idle', 'idle in transaction', 'idle in transaction (aborted)', null);

const sessionOf = (pid: number): fc.Arbitrary<Session> =>
  fc
    .record({
      state,
      stateMs: orNull(ms),
      queryMs: orNull(ms),
      transactionMs: orNull(ms),
      kind: fc.constantFrom('client backend', 'parallel worker', 'autovacuum worker', null),
      blockedBy: fc.constantFrom([], [], [0], [70_999]),
      user: fc.constantFrom('app', null),
    })
    .map((more) =>
      session({
        pid,
        query: 'SELECT 1',
        application: `web-${pid}`,
        ...(more.kind === null ? { ...more, ...hidden } : more),
      }),
    );

/** What one sees of the session of another role without the right to more. */
const hidden = { state: null, stateMs: null, queryMs: null, transactionMs: null, user: null };

const sessionsUpTo = (most: number): fc.Arbitrary<readonly Session[]> =>
  fc.nat(most).chain((count) => fc.tuple(...Array.from({ length: count }, (_, index) => sessionOf(70_001 + index))));

export const sessions: fc.Arbitrary<Sessions> = fc.record({
  sessions: sessionsUpTo(6),
  unseen: few.map((n) => (n === 1 ? 2 : 0)),
});

export const connections: fc.Arbitrary<ConnectionCounts> = fc.record({
  total: fc.constantFrom(0, 10, 71, 72, 86, 90),
  max: fc.constant(100),
  reservedForSuperusers: fc.constant(3),
  reservedForRoles: fc.constant(4),
  reservedForService: fc.constant(3),
  unseen: fc.constantFrom(0, 0, 3),
  byState: fc
    .subarray(['idle', 'active', 'idle in transaction', 'idle in transaction (aborted)'])
    .chain((names) =>
      fc.tuple(...names.map((name) => fc.record({ name: fc.constant(name), count: few, oldestMs: orNull(ms) }))),
    ),
  byApplication: things('a', 14, (name) => fc.record({ name: fc.constant(name), count: few, oldestMs: orNull(ms) })),
  byUser: things('u', 3, (name) => fc.record({ name: fc.constant(name), count: few, oldestMs: fc.constant(null) })),
  byDatabase: fc.constant([]),
  limits: things('l', 3, (name) =>
    fc.record({
      of: fc.constantFrom('database', 'role'),
      name: fc.constant(name),
      max: fc.constantFrom(0, 20),
      used: fc.constantFrom(0, 5, 16, 20),
    }),
  ),
});

const transaction = (gid: string) =>
  fc.record({
    gid: fc.constant(gid),
    transaction: fc.constant('7'),
    owner: fc.constant('owner'),
    database: fc.constant('shop'),
    ageMs: ms,
    blocks: fc.subarray([70_001, 70_002, 70_003]),
    mayRollBack: fc.boolean(),
  });

/** Edges and sessions as two readings of a server give them: they need not fit. */
export const blocking: fc.Arbitrary<BlockingView> = sessionsUpTo(5)
  .chain((all) =>
    fc.record({
      sessions: fc.tuple(
        ...all.map((one) =>
          orNull(
            fc.record({
              mode: fc.constant('ShareLock'),
              type: fc.constant('relation'),
              relation: orNull(fc.constant('public.orders')),
              waitedMs: orNull(ms),
            }),
          ).map((waitsForLock) => ({ ...one, waitsForLock })),
        ),
      ),
      edges: fc
        .array(
          fc.record({
            blocked: fc.constantFrom(70_001, 70_002, 70_003),
            blocker: fc.constantFrom(0, 70_001, 70_002, 70_004, 70_999),
          }),
          { maxLength: 5 },
        )
        .map((edges) => edges.filter(({ blocked, blocker }) => blocked !== blocker)),
      prepared: things('g', 2, transaction),
    }),
  )
  .map((view) => ({ ...view, unseen: view.sessions.filter(({ kind }) => kind === null).length }));

const slots: fc.Arbitrary<readonly ReplicationSlot[]> = things('slot_', 3, (name) =>
  fc.record({
    name: fc.constant(name),
    type: fc.constantFrom('physical', 'logical'),
    database: fc.constant(null),
    active: fc.boolean(),
    temporary: fc.constant(false),
    synchronised: fc.boolean(),
    retainedBytes: orNull(bytes),
    walStatus: fc.constantFrom('reserved', 'reserved', 'extended', 'unreserved', 'lost', null),
    safeBytes: orNull(bytes),
    inactiveMs: orNull(ms),
    xminAge: fc.constant(null),
  }),
);

const receivers = (letter: string) =>
  things(letter, 3, (name) =>
    fc.record({
      pid: fc.constant(1),
      name: fc.constant(name),
      user: fc.constant('replicator'),
      client: orNull(fc.constant('10.0.0.7')),
      state: fc.constantFrom('streaming', 'streaming', 'catchup', 'backup'),
      syncState: fc.constantFrom('async', 'sync'),
      slot: fc.constant(null),
      replays: fc.constantFrom(true, true, false, null),
      delayMs: fc.constant(null),
      notSentBytes: orNull(bytes),
      notWrittenBytes: orNull(bytes),
      notFlushedBytes: orNull(bytes),
      notReplayedBytes: orNull(bytes),
      writeLagMs: orNull(ms),
      flushLagMs: orNull(ms),
      replayLagMs: orNull(ms),
      lastReplyMs: orNull(ms),
    }),
  );

export const primary: fc.Arbitrary<PrimaryReplication> = fc.record({
  role: fc.constant('primary'),
  synchronousStandbys: fc.constantFrom('', '', 'FIRST 1 (a)'),
  receivers: receivers('standby_'),
  unseen: fc.constantFrom(0, 0, 1),
  slots,
});

export const replica: fc.Arbitrary<ReplicaReplication> = fc.record({
  role: fc.constant('replica'),
  receivers: receivers('cascade_'),
  unseen: fc.constant(0),
  slots: fc.constant([]),
  receiver: fc.constantFrom('streaming', 'streaming', 'other', 'none', 'archive', 'unseen'),
  receiverStatus: orNull(fc.constant('waiting')),
  upstream: orNull(fc.constant('db-1:5432')),
  upstreamSlot: fc.constant(null),
  upstreamName: orNull(fc.constant('standby_1000')),
  conflict: orNull(
    fc.record({
      waitsFor: fc.constantFrom('Lock: relation', 'IPC: RecoveryConflictSnapshot'),
      relation: orNull(fc.constant('public.held')),
      holders: fc.constantFrom(
        [],
        [{ pid: 71_001, user: 'app', forMs: 60_000 }],
        [{ pid: 71_001, user: null, forMs: null }],
      ),
    }),
  ),
  delayMs: orNull(fc.constantFrom(0, 0, 0, 3_600_000)),
  delaying: orNull(fc.boolean()),
  lastMessageMs: orNull(ms),
  receivedLsn: orNull(fc.constant('0/1')),
  replayedLsn: orNull(fc.constant('0/1')),
  notReplayedBytes: orNull(bytes),
  notReceivedBytes: orNull(bytes),
  replay: fc.constantFrom('running', 'running', 'running', 'paused', 'pause requested', null),
  lastReplayedCommitMs: orNull(ms),
  lagMs: orNull(ms),
});

export const wal: fc.Arbitrary<WalView> = fc.record({
  directory: orNull(fc.record({ bytes, files: few })),
  positionBytes: orNull(bytes),
  maxWalBytes: fc.constant(1024 ** 3),
  keepBytes: fc.constant(0),
  maxSlotKeepBytes: orNull(bytes),
  level: fc.constant('replica'),
  slots,
  archiving: fc.record({
    mode: fc.constantFrom('off', 'on', 'always'),
    configured: fc.boolean(),
    archived: orNull(few),
    failed: orNull(few),
    lastArchivedMs: orNull(ms),
    lastFailedMs: orNull(ms),
    lastFailedFile: orNull(fc.constant('000000010000')),
    waiting: orNull(fc.constantFrom(0, 1, 10, 100)),
  }),
  lastCheckpointMs: orNull(ms),
});

/** In the order and up to the limit that it is asked for, as the server does it. */
export const statements: fc.Arbitrary<StatementsView> = fc.oneof(
  fc.record({
    available: fc.constant(false as const),
    reason: fc.constantFrom('not installed', 'not created', 'not preloaded', 'no right'),
    next: fc.constant(['CREATE EXTENSION pg_stat_statements']),
  }),
  {
    weight: 9,
    arbitrary: fc.record({
      available: fc.constant(true as const),
      // All of them have a share of the same time.
      statements: fc
        .array(
          fc.record({
            meanMs: fc.constantFrom(0.2, 499, 500, 5000, 60_000),
            calls: fc.constantFrom(1, 1000, 1_000_000),
          }),
          { maxLength: 12 },
        )
        .map((all) => {
          const time = all.reduce((sum, { meanMs, calls }) => sum + meanMs * calls, 0);
          return all.map(({ meanMs, calls }, index) => ({
            id: String(5000 + index),
            query: `SELECT * FROM q${1000 + index}`,
            user: 'app',
            calls,
            totalMs: meanMs * calls,
            meanMs,
            maxMs: meanMs,
            rows: calls,
            share: (meanMs * calls) / time,
            hitRatio: null,
            ioMs: null,
            temporaryBytes: 0,
          }));
        }),
      total: fc.record({ statements: few, calls: few, executionMs: ms }),
      unseen: fc.constantFrom(0, 0, 4),
      sinceMs: orNull(ms),
      dropped: orNull(few),
      track: fc.constantFrom('top', 'top', 'all', 'none'),
    }),
  },
);

const tableName = (name: string) => fc.constant(`public.${name}`);

/** More of them than there are rules to keep. */
const isDuplicate = ({ indexes: same }: IndexReview['duplicate'][number]): boolean =>
  same.length > Math.max(1, new Set(same.flatMap(({ rule }) => rule ?? [])).size);

export const indexes: fc.Arbitrary<Omit<IndexReview, 'counts'>> = fc.record({
  statisticsMs: orNull(ms),
  replicas: fc.constantFrom(0, 0, 0, 2, null),
  counting: fc.constantFrom(true, true, true, false),
  missing: things('t', 6, (name) =>
    fc.record({
      table: tableName(name),
      bytes,
      rows: orNull(few),
      sequentialScans: fc.constantFrom(1, 3, 10, 5000),
      rowsRead: fc.constantFrom(10, 1_000_000),
      indexScans: fc.constantFrom(null, 0, 20_000),
    }),
  ),
  unused: things('i', 6, (name) =>
    fc.record({
      index: tableName(name),
      table: fc.constant('public.of_unused'),
      bytes,
      definition: orNull(fc.constant('CREATE INDEX')),
    }),
  ),
  invalid: things('v', 4, (name) =>
    fc.record({
      index: tableName(name),
      table: fc.constant('public.of_invalid'),
      bytes,
      beingBuilt: fc.boolean(),
      partsMissing: fc.constantFrom(null, null, 0, 2),
      leftover: fc.boolean(),
    }),
  ),
  duplicate: things('d', 3, (name) =>
    fc.record({
      table: tableName(name),
      indexes: fc.tuple(
        ...['one', 'two'].map((which) =>
          fc.record({
            index: fc.constant(`public.${name}_${which}`),
            bytes,
            scans: few,
            rule: fc.constantFrom(null, 'unique', 'unique deferrable'),
            tied: fc.boolean(),
          }),
        ),
      ),
    }),
  ).map((all) => all.filter(isDuplicate)),
});

export const size: fc.Arbitrary<DatabaseSize> = fc.record({
  bytes: orNull(bytes),
  databases: things('db_', 3, (name) => fc.record({ name: fc.constant(name), bytes: orNull(bytes) })),
  tables: things('t', 4, (name) =>
    fc.record({
      table: tableName(name),
      totalBytes: bytes,
      heapBytes: bytes,
      indexBytes: bytes,
      toastBytes: bytes,
      rows: orNull(few),
      estimated: fc.boolean(),
    }),
  ),
  tableCount: few,
  walBytes: orNull(bytes),
  temporary: fc.record({ bytes: orNull(bytes), files: orNull(few), writtenBytes: orNull(bytes) }),
  tablespaces: fc.constant([]),
});

const bloated = (name: fc.Arbitrary<string>) =>
  fc.record({
    name,
    bytes,
    estimate: orNull(fc.record({ wastedBytes: bytes, wastedShare: share })),
    why: fc.constantFrom(
      'never analysed',
      'never vacuumed',
      'no column statistics',
      'column statistics may not be read',
    ),
  });
const estimated = <One extends { estimate: { wastedBytes: number; wastedShare: number } | null; why: string }>({
  estimate,
  why,
  ...one
}: One) => ({
  ...one,
  wastedBytes: estimate?.wastedBytes ?? null,
  wastedShare: estimate?.wastedShare ?? null,
  why: estimate ? null : (why as BloatView['tables'][number]['why']),
});

export const bloat: fc.Arbitrary<BloatView> = fc
  .record({
    tables: things('t', 5, (name) =>
      bloated(fc.constantFrom(`public.${name}`, `public.${name}`, `pg_catalog.${name}`)),
    ),
    indexes: things('x', 5, (name) => bloated(tableName(name))),
    toast: things('o', 3, (name) => bloated(fc.constant(`pg_toast.of_${name}`))),
    looked: fc.record({ tables: few, of: few }),
  })
  .map(({ tables, indexes: trees, toast, looked }) => ({
    tables: tables.map(estimated),
    indexes: trees.map((one) => ({ ...estimated(one), table: 'public.of_index' })),
    toast: toast.map((one) => ({ ...estimated(one), table: one.name.replace('pg_toast.of_', 'public.') })),
    looked,
  }));

const rows = fc.record({
  live: fc.constantFrom(0, 1000, 1_000_000),
  dead: fc.constantFrom(0, 200, 9999, 10_000, 3_000_000),
  changed: few,
  lastVacuumMs: orNull(ms),
  lastAutovacuumMs: orNull(ms),
  lastAnalyzeMs: orNull(ms),
  lastAutoanalyzeMs: orNull(ms),
  vacuums: few,
  analyzes: few,
});

const stopsAt = 2 ** 31 - 3_000_000;
const idAge = share.map((part) => Math.round(part * stopsAt));

export const vacuum: fc.Arbitrary<VacuumStatus> = fc
  .record({
    tables: things('t', 6, (name) =>
      fc.record({
        oid: few,
        name: tableName(name),
        bytes,
        rows,
        autovacuumAt: orNull(fc.constantFrom(50, 20_000)),
        xidAge: orNull(idAge),
      }),
    ),
    wraparound: fc.record({
      xidAge: idAge,
      multixactAge: idAge,
      freezeMaxAge: fc.constant(200_000_000),
      multixactFreezeMaxAge: fc.constant(400_000_000),
      stopsAt: fc.constant(stopsAt),
      databases: things('other_', 2, (name) =>
        fc.record({ name: fc.constant(name), xidAge: idAge, multixactAge: idAge }),
      ),
    }),
    running: things('r', 2, (name) =>
      fc.record({
        pid: few,
        table: orNull(tableName(name)),
        tableOid: few,
        database: orNull(fc.constant('shop')),
        autovacuum: fc.boolean(),
        phase: orNull(fc.constant('scanning heap')),
        share: orNull(share),
        scannedBytes: orNull(bytes),
        totalBytes: orNull(bytes),
        indexPasses: orNull(few),
        runsMs: orNull(ms),
      }),
    ),
    autovacuum: fc.constantFrom(true, true, false),
  })
  .map((status) => ({ ...status, tableCount: status.tables.length }));

export const holders: fc.Arbitrary<{ readonly holders: readonly XminHolder[]; readonly unseen: number }> = fc.record({
  holders: things('h', 2, (name) =>
    fc.record({
      kind: fc.constantFrom('session', 'prepared transaction', 'replication slot', 'replica'),
      name: fc.constant(name),
      detail: fc.constant('checkout, idle in transaction'),
      xminAge: idAge,
      ageMs: orNull(ms),
      pid: fc.constant(null),
    }),
  ),
  unseen: fc.constantFrom(0, 0, 1),
});
