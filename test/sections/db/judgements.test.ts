import { describe, expect, test } from 'vitest';
import type {
  ConnectionCounts,
  Receiver,
  ReplicaReplication,
  ReplicationSlot,
  Session,
} from '../../../src/providers/database/port.ts';
import { blockingLimits, judgeBlocking } from '../../../src/sections/db/blocking/blocking-judgement.ts';
import { bloatLimits, judgeBloat } from '../../../src/sections/db/storage/bloat-judgement.ts';
import { judgeConnections } from '../../../src/sections/db/activity/connections-judgement.ts';
import { doubtsOf, judgeIndexes } from '../../../src/sections/db/storage/indexes-judgement.ts';
import { judgeReceiver, judgeReplica } from '../../../src/sections/db/replication/replication-judgement.ts';
import { judgeAllRunning, judgeRunning } from '../../../src/sections/db/activity/running-judgement.ts';
import { judgeSize } from '../../../src/sections/db/storage/size-judgement.ts';
import { judgeStatement } from '../../../src/sections/db/activity/slow-judgement.ts';
import { judgeSlot } from '../../../src/sections/db/replication/slots-judgement.ts';
import { judgeAge, judgeTable, judgeVacuum } from '../../../src/sections/db/vacuum/vacuum-judgement.ts';
import { judgeWal } from '../../../src/sections/db/replication/wal-judgement.ts';
import { session } from './a-session.ts';

const minute = 60_000;
const gigabyte = 1024 ** 3;

const counts = (more: Partial<ConnectionCounts> = {}): ConnectionCounts => ({
  total: 10,
  max: 100,
  reservedForSuperusers: 3,
  reservedForRoles: 7,
  reservedForService: 0,
  unseen: 0,
  byState: [],
  byApplication: [],
  byUser: [],
  byDatabase: [],
  limits: [],
  ...more,
});

const judge = (more: Partial<ConnectionCounts>) => judgeConnections(counts(more), 5 * minute).verdict;

const limit = (used: number) => ({ limits: [{ of: 'role' as const, name: 'app', max: 20, used }] });

const state = (name: string, oldestMs: number) => judge({ byState: [{ name, count: 1, oldestMs }] });

const at = (ms: number, more: Partial<Session> = {}) => session({ state: 'active', queryMs: ms, ...more });

const replica = (more: Partial<ReplicaReplication> = {}): ReplicaReplication => ({
  role: 'replica',
  receivers: [],
  unseen: 0,
  slots: [],
  receiver: 'streaming',
  receiverStatus: 'streaming',
  upstream: 'db-1:5432',
  upstreamSlot: null,
  upstreamName: null,
  lastMessageMs: 10,
  conflict: null,
  receivedLsn: '0/1',
  replayedLsn: '0/1',
  notReplayedBytes: 0,
  notReceivedBytes: 0,
  replay: 'running',
  lastReplayedCommitMs: 3_600_000,
  delayMs: 0,
  delaying: false,
  lagMs: 0,
  ...more,
});

const receiver = (more: Partial<Receiver> = {}): Receiver => ({
  pid: 1,
  name: 'replica_1',
  user: null,
  client: null,
  state: 'streaming',
  syncState: 'async',
  slot: null,
  replays: true,
  delayMs: null,
  notSentBytes: 0,
  notWrittenBytes: 0,
  notFlushedBytes: 0,
  notReplayedBytes: 0,
  writeLagMs: null,
  flushLagMs: null,
  replayLagMs: null,
  lastReplyMs: 1,
  ...more,
});

const slot = (more: Partial<ReplicationSlot> = {}): ReplicationSlot => ({
  name: 's',
  type: 'physical',
  database: null,
  active: true,
  temporary: false,
  synchronised: false,
  retainedBytes: 0,
  walStatus: 'reserved',
  safeBytes: null,
  inactiveMs: null,
  xminAge: null,
  ...more,
});

const wal = (bytes: number | null, archiving: object = {}) =>
  judgeWal({
    directory: bytes === null ? null : { bytes, files: 1 },
    positionBytes: 0,
    maxWalBytes: gigabyte,
    keepBytes: 0,
    maxSlotKeepBytes: null,
    level: 'replica',
    slots: [],
    archiving: {
      mode: 'off',
      configured: true,
      archived: 0,
      failed: 0,
      lastArchivedMs: null,
      lastFailedMs: null,
      lastFailedFile: null,
      waiting: 0,
      ...archiving,
    },
    lastCheckpointMs: 1,
  });

const size = (temporary: number, bytes: number | null = 1) =>
  judgeSize({
    bytes,
    databases: [],
    tables: [],
    tableCount: 0,
    walBytes: 1,
    temporary: { bytes: temporary, files: 1, writtenBytes: 0 },
    tablespaces: [],
  });

const invalid = (beingBuilt: boolean) => [
  { index: 'i', table: 't', bytes: 1, beingBuilt, partsMissing: null, leftover: false },
];

const rows = (dead: number) => ({
  live: 1000,
  dead,
  changed: 0,
  lastVacuumMs: null,
  lastAutovacuumMs: null,
  lastAnalyzeMs: null,
  lastAutoanalyzeMs: null,
  vacuums: 0,
  analyzes: 0,
});

const status = (xidAge: number, autovacuum: boolean) =>
  judgeVacuum({
    tables: [],
    tableCount: 0,
    running: [],
    autovacuum,
    wraparound: {
      xidAge: 1,
      multixactAge: 1,
      freezeMaxAge: 1,
      multixactFreezeMaxAge: 1,
      stopsAt: 100,
      databases: [{ name: 'other', xidAge, multixactAge: 0 }],
    },
  });

const waiting = (waitedMs: number, count = 1) =>
  judgeBlocking({
    sessions: Array.from({ length: count }, (_, index) => ({
      ...session({ pid: index + 1 }),
      waitsForLock: { mode: 'ShareLock', type: 'transactionid', relation: null, waitedMs },
    })),
    edges: [],
    prepared: [],
    unseen: 0,
  });

const prepared = (ageMs: number) =>
  judgeBlocking({
    sessions: [],
    edges: [],
    unseen: 0,
    prepared: [{ gid: 'g', transaction: '7', owner: 'o', database: 'd', ageMs, blocks: [], mayRollBack: false }],
  });

describe('connections', () => {
  test('by the slots that an ordinary role can have: 90 of 100 here', () => {
    expect([10, 71, 72, 85, 86, 100].map((total) => judge({ total }))).toEqual([
      'ok',
      'ok',
      'warn',
      'warn',
      'critical',
      'critical',
    ]);
  });

  test('a lower limit of a role or of the database counts as much', () => {
    expect([15, 16, 19].map((used) => judge(limit(used)))).toEqual(['ok', 'warn', 'critical']);
    expect(judgeConnections(counts(limit(19)), minute).remarks).toEqual(['role "app" has 19 of 20 (95 %)']);
    expect(judge({ limits: [{ of: 'database', name: 'shop', max: 0, used: 0 }] })).toBe('critical');
  });

  test('what cannot be seen is unknown, and never outweighs what is wrong', () => {
    expect([judge({ unseen: 1 }), judge({ unseen: 1, total: 90 })]).toEqual(['unknown', 'critical']);
  });

  test('a transaction that is open and idle for long is a warning', () => {
    expect([
      state('idle in transaction', 5 * minute),
      state('idle in transaction (aborted)', 6 * minute),
      state('idle in transaction', 4 * minute),
      state('idle', 600 * minute),
    ]).toEqual(['warn', 'warn', 'ok', 'ok']);
  });
});

describe('running', () => {
  test('thirty times what counts as long is critical; autovacuum may take its time', () => {
    expect([minute, 29 * minute, 30 * minute].map((ms) => judgeRunning(at(ms), minute))).toEqual([
      'warn',
      'warn',
      'critical',
    ]);
    expect(judgeRunning(at(600 * minute, { kind: 'autovacuum worker' }), minute)).toBe('ok');
  });

  test('one that is idle in a transaction is judged by the age of that', () => {
    const idle = session({ state: 'idle in transaction', queryMs: 10, transactionMs: 40 * minute });
    expect(judgeRunning(idle, minute)).toBe('critical');
  });

  test('nor does a short statement make an old transaction young; a VACUUM is as old as its statement', () => {
    const busy = session({ state: 'active', queryMs: 10, transactionMs: 40 * minute });
    expect(judgeRunning(busy, minute)).toBe('critical');
    const vacuum = session({ state: 'active', queryMs: 40 * minute, transactionMs: 10 });
    expect(judgeRunning(vacuum, minute)).toBe('critical');
  });

  test('none seen and some unseen is unknown', () => {
    expect([judgeAllRunning([], 0, minute), judgeAllRunning([], 1, minute)]).toEqual(['ok', 'unknown']);
  });
});

describe('replication', () => {
  test('an idle primary makes nobody lag: the time since the last commit does not count', () => {
    expect(judgeReplica(replica({ lastReplayedCommitMs: 86_400_000 }))).toBe('ok');
  });

  test('without a WAL receiver it is critical, whatever the numbers say', () => {
    expect(judgeReplica(replica({ receiver: 'none', lagMs: 0 }))).toBe('critical');
  });

  test.for([
    [{ lagMs: 29_999 }, 'ok'],
    [{ lagMs: 30_000 }, 'warn'],
    [{ lagMs: 300_000 }, 'critical'],
    [{ notReplayedBytes: 40 * 1024 ** 2, notReceivedBytes: 24 * 1024 ** 2 }, 'warn'],
    [{ notReplayedBytes: gigabyte }, 'critical'],
    [{ replay: 'paused' as const }, 'warn'],
    [{ receiver: 'unseen' as const }, 'unknown'],
    [{ lagMs: null, notReplayedBytes: null, notReceivedBytes: null }, 'unknown'],
    [{ receiver: 'unseen', lagMs: null }, 'unknown'],
    [{ lagMs: null, notReplayedBytes: 0, notReceivedBytes: 1000 }, 'ok'],
    [{ lagMs: null, notReplayedBytes: 1, lastReplayedCommitMs: 300_000 }, 'critical'],
    [{ lagMs: null, notReplayedBytes: 1, lastReplayedCommitMs: 300_000, delayMs: 290_000 }, 'ok'],
    [{ lagMs: null, notReplayedBytes: 1, lastReplayedCommitMs: 900_000, delayMs: 1000, delaying: true }, 'ok'],
  ] as const)('a replica with %j: %s', ([more, verdict]) => {
    expect(judgeReplica(replica(more))).toBe(verdict);
  });

  test.for([
    [{}, 'ok'],
    [{ state: 'catchup' }, 'warn'],
    [{ state: 'backup', notReplayedBytes: null }, 'ok'],
    [{ replayLagMs: 400_000 }, 'critical'],
    [{ notReplayedBytes: null }, 'unknown'],
  ] as const)('a receiver with %j: %s', ([more, verdict]) => {
    expect(judgeReceiver(receiver(more))).toBe(verdict);
  });
});

describe('slots and WAL', () => {
  test.for([
    [{}, 'ok'],
    [{ active: false, retainedBytes: null }, 'ok'],
    [{ active: false, retainedBytes: 1 }, 'warn'],
    [{ retainedBytes: gigabyte }, 'warn'],
    [{ active: false, retainedBytes: 20 * gigabyte }, 'critical'],
    [{ walStatus: 'extended' }, 'warn'],
    [{ walStatus: 'unreserved' }, 'critical'],
    [{ walStatus: 'lost' }, 'critical'],
  ] as const)('a slot with %j: %s', ([more, verdict]) => {
    expect(judgeSlot(slot(more))).toBe(verdict);
  });

  test('more WAL than the settings let one expect; what cannot be seen is unknown', () => {
    expect([1, 2, 10].map((times) => wal(times * gigabyte))).toEqual(['ok', 'warn', 'critical']);
    expect(wal(null)).toBe('unknown');
  });

  test('archiving that fails now, not once', () => {
    expect(wal(1, { mode: 'on', lastFailedMs: 10, lastArchivedMs: 1000 })).toBe('warn');
    expect(wal(1, { mode: 'on', lastFailedMs: 1000, lastArchivedMs: 10 })).toBe('ok');
    expect(wal(1, { mode: 'on', waiting: 100 })).toBe('critical');
  });
});

describe('the rest', () => {
  test('slow: long on average, and worth the trouble', () => {
    expect(judgeStatement({ meanMs: 60_000, share: 0.04 })).toBe('ok');
    expect([499, 500, 5000].map((meanMs) => judgeStatement({ meanMs, share: 0.05 }))).toEqual([
      'ok',
      'warn',
      'critical',
    ]);
  });

  test('bloat: both the share and the bytes; without an estimate unknown', () => {
    const { bytes, share } = bloatLimits.warn;
    expect(judgeBloat({ wastedBytes: bytes, wastedShare: share })).toBe('warn');
    expect(judgeBloat({ wastedBytes: bytes - 1, wastedShare: 0.9 })).toBe('ok');
    expect(judgeBloat({ wastedBytes: 100 * bytes, wastedShare: 0.1 })).toBe('ok');
    expect(judgeBloat({ wastedBytes: 11 * gigabyte, wastedShare: 0.7 })).toBe('critical');
    expect(judgeBloat({ wastedBytes: null, wastedShare: null })).toBe('unknown');
  });

  test('size: temporary files of now; what cannot be seen is unknown', () => {
    expect([size(0), size(5 * gigabyte), size(50 * gigabyte), size(0, null)]).toEqual([
      'ok',
      'warn',
      'critical',
      'unknown',
    ]);
  });

  test('indexes: each kind is a warning, one that is being built is none', () => {
    const counts = { tables: 1, indexes: 1, missing: 0, unused: 0, unusedBytes: 0, invalid: 1, duplicate: 0 };
    expect(judgeIndexes({ counts, invalid: invalid(true), counting: true })).toBe('ok');
    expect(judgeIndexes({ counts, invalid: invalid(false), counting: true })).toBe('warn');
    expect(judgeIndexes({ counts: { ...counts, missing: 1 }, invalid: [], counting: true })).toBe('warn');
    expect(doubtsOf({ statisticsMs: 3_600_000, replicas: 2, counting: true }, 'primary')).toHaveLength(2);
    expect(doubtsOf({ statisticsMs: 30 * 86_400_000, replicas: 0, counting: true }, 'primary')).toEqual([]);
  });

  test('vacuum: dead rows against what brings autovacuum, and the way to wraparound', () => {
    expect(
      [9999, 10_000, 39_999, 40_000].map((dead) => judgeTable({ rows: rows(dead), autovacuumAt: 20_000 })),
    ).toEqual(['ok', 'ok', 'ok', 'warn']);
    expect(judgeTable({ rows: rows(10_000), autovacuumAt: null })).toBe('warn');
    expect([0.49, 0.5, 0.75].map(judgeAge)).toEqual(['ok', 'warn', 'critical']);
    expect([status(1, true), status(1, false), status(80, true)]).toEqual(['ok', 'warn', 'critical']);
  });

  test('blocking: how long somebody waits, how many, and prepared transactions that were forgotten', () => {
    expect([waiting(0), waiting(5000), waiting(60_000), waiting(0, 20)]).toEqual([
      'ok',
      'warn',
      'critical',
      'critical',
    ]);
    expect([prepared(0), prepared(blockingLimits.warnPreparedMs)]).toEqual(['ok', 'warn']);
  });
});

describe('indexes where the counters say nothing', () => {
  const counts = { tables: 1, indexes: 5, missing: 0, unused: 5, unusedBytes: 1, invalid: 0, duplicate: 0 };

  test('nothing is counted: not known, instead of unused; a duplicate is one all the same', () => {
    expect(judgeIndexes({ counts, invalid: [], counting: false })).toBe('unknown');
    expect(judgeIndexes({ counts: { ...counts, duplicate: 1 }, invalid: [], counting: false })).toBe('warn');
    expect(doubtsOf({ statisticsMs: null, replicas: 0, counting: false }, 'primary').join()).toContain('track_counts');
  });

  test('a replica does not know what its primary uses', () => {
    const month = 30 * 86_400_000;
    expect(doubtsOf({ statisticsMs: month, replicas: 0, counting: true }, 'replica').join()).toContain('its primary');
  });
});
