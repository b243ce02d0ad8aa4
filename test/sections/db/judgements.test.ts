import { describe, expect, test } from 'vitest';
import type { Judgement } from '../../../src/engine/judgement.ts';
import type {
  BlockingView,
  Receiver,
  ReplicaReplication,
  ReplicationSlot,
  Session,
} from '../../../src/providers/database/port.ts';
import {
  blockingLimits,
  judgePrepared,
  judgeRoot,
  waitingIn,
} from '../../../src/sections/db/blocking/blocking-judgement.ts';
import { blockingTree } from '../../../src/sections/db/blocking/blocking-tree.ts';
import { bloatLimits, judgeBloat } from '../../../src/sections/db/storage/bloat-judgement.ts';
import { judgeSlots, judgeState } from '../../../src/sections/db/activity/connections-judgement.ts';
import {
  doubtsOf,
  judgeDuplicates,
  judgeInvalid,
  judgeMissing,
  judgeUnused,
  mayGo,
} from '../../../src/sections/db/storage/indexes-judgement.ts';
import { judgeReceiver, judgeReplica } from '../../../src/sections/db/replication/replication-judgement.ts';
import { judgeRunning } from '../../../src/sections/db/activity/running-judgement.ts';
import { judgeMeasured, judgeTemporary } from '../../../src/sections/db/storage/size-judgement.ts';
import { judgeStatement } from '../../../src/sections/db/activity/slow-judgement.ts';
import { judgeSlot } from '../../../src/sections/db/replication/slots-judgement.ts';
import { judgeAge, judgeHolder, judgeTable } from '../../../src/sections/db/vacuum/vacuum-judgement.ts';
import { judgeArchiving, judgeDirectory } from '../../../src/sections/db/replication/wal-judgement.ts';
import { session } from './a-session.ts';

const minute = 60_000;
const gigabyte = 1024 ** 3;

const verdict = (judgement: Judgement) => judgement.verdict;
/** Why it is not ok; empty where it is. */
const why = (judgement: Judgement) => ('why' in judgement ? judgement.why : '');
const next = (judgement: Judgement) => ('next' in judgement ? judgement.next : []);

const state = (name: string, oldestMs: number | null) => judgeState({ name, count: 1, oldestMs }, 5 * minute).verdict;

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

const directory = (bytes: number | null) =>
  judgeDirectory({ directory: bytes === null ? null : { bytes, files: 1 }, maxWalBytes: gigabyte, keepBytes: 0 })
    .verdict;

const archiving = (more: object) =>
  judgeArchiving({
    mode: 'on',
    configured: true,
    archived: 0,
    failed: 0,
    lastArchivedMs: null,
    lastFailedMs: null,
    lastFailedFile: null,
    waiting: 0,
    ...more,
  }).verdict;

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

const table = (dead: number, autovacuumAt: number | null = 20_000, xidAge = 0) =>
  judgeTable({ name: 'public.orders', bytes: 1, rows: rows(dead), autovacuumAt, xidAge }, 100);

/** The judgement of the roots of those that wait: each of them for the first. */
const roots = (waitedMs: number | null, count = 1, more: Partial<BlockingView> = {}) => {
  const waiter = (pid: number) => ({
    ...session({ pid, state: 'active', blockedBy: [1] }),
    waitsForLock: { mode: 'ShareLock', type: 'transactionid', relation: null, waitedMs },
  });
  const waiters = Array.from({ length: count }, (_, index) => waiter(index + 2));
  const view = {
    sessions: [{ ...session({ pid: 1 }), waitsForLock: null }, ...waiters],
    edges: waiters.map(({ pid }) => ({ blocked: pid, blocker: 1 })),
    prepared: [],
    unseen: 0,
    ...more,
  };
  const trees = blockingTree(view);
  return trees.map((root) => judgeRoot(root, waitingIn(trees), 'no right'));
};

const prepared = (ageMs: number) => ({
  gid: "it's",
  transaction: '7',
  owner: 'o',
  database: 'd',
  ageMs,
  blocks: [],
  mayRollBack: false,
});

const duplicate = (index: string, more: object = {}) => ({
  index,
  bytes: 1,
  scans: 0,
  rule: null,
  tied: false,
  ...more,
});

const missing = (sequentialScans: number, indexScans: number | null) =>
  judgeMissing({ table: 't', bytes: 1, rows: 1, rowsRead: 1, sequentialScans, indexScans }).verdict;

const invalid = (index: string, more: object = {}) =>
  judgeInvalid({ index, table: 't', bytes: 1, beingBuilt: false, partsMissing: null, leftover: false, ...more });

const superfluous = (...same: Parameters<typeof mayGo>[0]) => mayGo(same).map(({ index }) => index);

const bloat = (wastedBytes: number | null, wastedShare: number | null) =>
  judgeBloat({ name: 't', bytes: 1, wastedBytes, wastedShare, why: null }).verdict;

describe('connections', () => {
  test('by the slots that an ordinary role can have, or a lower limit of a role or of the database', () => {
    expect([71, 72, 85, 86, 90].map((used) => judgeSlots(used, 90).verdict)).toEqual([
      'ok',
      'warn',
      'warn',
      'critical',
      'critical',
    ]);
    expect(why(judgeSlots(19, 20))).toBe('19 of 20 in use (95 %)');
    expect(judgeSlots(0, 0).verdict).toBe('critical');
  });

  test('a transaction that is open and idle for long is a warning; for how long it is open may not be seen', () => {
    expect([
      state('idle in transaction', 5 * minute),
      state('idle in transaction (aborted)', 6 * minute),
      state('idle in transaction', 4 * minute),
      state('idle', 600 * minute),
      state('idle in transaction', null),
    ]).toEqual(['warn', 'warn', 'ok', 'ok', 'unknown']);
  });
});

describe('running', () => {
  test('thirty times what counts as long is critical; autovacuum may take its time', () => {
    expect([minute, 29 * minute, 30 * minute].map((ms) => judgeRunning(at(ms), minute).verdict)).toEqual([
      'warn',
      'warn',
      'critical',
    ]);
    expect(judgeRunning(at(600 * minute, { kind: 'autovacuum worker' }), minute).verdict).toBe('ok');
  });

  test('one that is idle in a transaction is judged by the age of that', () => {
    const idle = session({ state: 'idle in transaction', queryMs: 10, transactionMs: 40 * minute });
    expect(judgeRunning(idle, minute).verdict).toBe('critical');
  });

  test('nor does a short statement make an old transaction young; a VACUUM is as old as its statement', () => {
    const busy = session({ state: 'active', queryMs: 10, transactionMs: 40 * minute });
    expect(judgeRunning(busy, minute).verdict).toBe('critical');
    const vacuum = session({ state: 'active', queryMs: 40 * minute, transactionMs: 10 });
    expect(judgeRunning(vacuum, minute).verdict).toBe('critical');
  });

  test('what runs is cancelled, what is idle in a transaction is ended, and for what waits its blocker is looked at', () => {
    const idle = { state: 'idle in transaction', transactionMs: 2 * minute };
    expect(next(judgeRunning(at(2 * minute), minute))).toEqual(['rb db cancel 4711']);
    expect(next(judgeRunning(session(idle), minute))).toEqual(['rb db terminate 4711']);
    const waiting = judgeRunning(at(2 * minute, { blockedBy: [0, 12] }), minute);
    expect([why(waiting), next(waiting)]).toEqual(['active for 2 min, blocked by prepared, 12', ['rb db blocking']]);
  });

  test('for how long may not be seen: that is not 0', () => {
    expect(judgeRunning(at(0, { queryMs: null, transactionMs: null }), minute).verdict).toBe('unknown');
  });

  test('a worker is judged with its leader', () => {
    const worker = at(2 * minute, { kind: 'parallel worker' });
    expect([judgeRunning(worker, minute).verdict, judgeRunning(worker, minute, true).verdict]).toEqual(['warn', 'ok']);
  });
});

describe('replication', () => {
  test('an idle primary makes nobody lag: the time since the last commit does not count', () => {
    expect(judgeReplica(replica({ lastReplayedCommitMs: 86_400_000 })).verdict).toBe('ok');
  });

  test('without a WAL receiver it is critical, whatever the numbers say', () => {
    expect(judgeReplica(replica({ receiver: 'none', lagMs: 0 })).verdict).toBe('critical');
  });

  test.for([
    [{ notReceivedBytes: null }, 'unknown'],
    [{ lagMs: 29_999 }, 'ok'],
    [{ lagMs: 30_000 }, 'warn'],
    [{ lagMs: 300_000 }, 'critical'],
    [{ notReplayedBytes: 40 * 1024 ** 2, notReceivedBytes: 24 * 1024 ** 2 }, 'warn'],
    [{ notReplayedBytes: gigabyte }, 'critical'],
    [{ replay: 'paused' as const }, 'warn'],
    [{ receiver: 'unseen' as const }, 'unknown'],
    [{ lagMs: null, notReplayedBytes: null, notReceivedBytes: null }, 'unknown'],
    [{ lagMs: null, notReplayedBytes: null }, 'unknown'],
    [{ receiver: 'unseen', lagMs: null }, 'unknown'],
    [{ receiver: 'archive', lagMs: null }, 'unknown'],
    [{ lagMs: null, notReplayedBytes: 0, notReceivedBytes: 1000 }, 'ok'],
    [{ lagMs: null, notReplayedBytes: 1, lastReplayedCommitMs: 300_000 }, 'critical'],
    [{ lagMs: null, notReplayedBytes: 1, lastReplayedCommitMs: 300_000, delayMs: 290_000 }, 'ok'],
    [{ lagMs: null, notReplayedBytes: 1, lastReplayedCommitMs: 900_000, delayMs: 1000, delaying: true }, 'ok'],
  ] as const)('a replica with %j: %s', ([more, expected]) => {
    expect(verdict(judgeReplica(replica(more)))).toBe(expected);
  });

  test.for([
    [{}, 'ok'],
    [{ state: 'catchup' }, 'warn'],
    [{ state: 'backup', notReplayedBytes: null }, 'ok'],
    [{ replayLagMs: 400_000 }, 'critical'],
    [{ notReplayedBytes: null }, 'unknown'],
  ] as const)('a receiver with %j: %s', ([more, expected]) => {
    expect(verdict(judgeReceiver(receiver(more)))).toBe(expected);
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
  ] as const)('a slot with %j: %s', ([more, expected]) => {
    expect(verdict(judgeSlot(slot(more)))).toBe(expected);
  });

  test('more WAL than the settings let one expect; what cannot be seen is unknown', () => {
    expect([1, 2, 10].map((times) => directory(times * gigabyte))).toEqual(['ok', 'warn', 'critical']);
    expect(directory(null)).toBe('unknown');
  });

  test('archiving that fails now, not once; how many files wait may not be seen', () => {
    expect(archiving({ lastFailedMs: 10, lastArchivedMs: 1000 })).toBe('warn');
    expect(archiving({ lastFailedMs: 1000, lastArchivedMs: 10 })).toBe('ok');
    expect(archiving({ waiting: 100 })).toBe('critical');
    expect(archiving({ waiting: null })).toBe('unknown');
  });
});

describe('the rest', () => {
  test('slow: long on average, and worth the trouble', () => {
    expect(judgeStatement({ meanMs: 60_000, share: 0.04 }).verdict).toBe('ok');
    expect([499, 500, 5000].map((meanMs) => judgeStatement({ meanMs, share: 0.05 }).verdict)).toEqual([
      'ok',
      'warn',
      'critical',
    ]);
  });

  test('bloat: both the share and the bytes; without an estimate unknown', () => {
    const { bytes, share } = bloatLimits.warn;
    expect(bloat(bytes, share)).toBe('warn');
    expect(bloat(bytes - 1, 0.9)).toBe('ok');
    expect(bloat(100 * bytes, 0.1)).toBe('ok');
    expect(bloat(11 * gigabyte, 0.7)).toBe('critical');
    expect(bloat(null, null)).toBe('unknown');
  });

  test('size: temporary files of now; what cannot be seen is unknown', () => {
    expect([0, 5 * gigabyte, 50 * gigabyte, null].map((bytes) => judgeTemporary(bytes).verdict)).toEqual([
      'ok',
      'warn',
      'critical',
      'unknown',
    ]);
    expect([judgeMeasured(1).verdict, judgeMeasured(null).verdict]).toEqual(['ok', 'unknown']);
  });

  test('vacuum: dead rows against what brings autovacuum, and the way to wraparound', () => {
    expect([9999, 10_000, 39_999, 40_000].map((dead) => table(dead).verdict)).toEqual(['ok', 'ok', 'ok', 'warn']);
    expect(table(10_000, null).verdict).toBe('warn');
    expect([0.49, 0.5, 0.75].map((share) => judgeAge(share).verdict)).toEqual(['ok', 'warn', 'critical']);
  });

  test('a table that is on the way to wraparound is named by it, and VACUUM is offered for it', () => {
    const old = table(40_000, 20_000, 79);
    expect([why(old), next(old)]).toEqual([
      '79 % of the way to wraparound, 40 000 dead rows, autovacuum begins at 20 000',
      ['rb db vacuum public.orders'],
    ]);
    const holder = { kind: 'session' as const, name: '9', detail: '', ageMs: 1, pid: 9 };
    expect([49, 50].map((xminAge) => judgeHolder({ ...holder, xminAge }, 100).verdict)).toEqual(['ok', 'warn']);
  });

  test('blocking: how long it makes others wait, how many wait, and prepared transactions that were forgotten', () => {
    expect([roots(0), roots(5000), roots(60_000), roots(0, 20)].map(([root]) => root?.verdict)).toEqual([
      'ok',
      'warn',
      'critical',
      'critical',
    ]);
    expect(roots(null).map(verdict)).toEqual(['unknown']);
    expect([0, blockingLimits.warnPreparedMs].map((ms) => judgePrepared(prepared(ms)).verdict)).toEqual(['ok', 'warn']);
    expect(next(judgePrepared(prepared(blockingLimits.warnPreparedMs)))).toEqual([
      "COMMIT PREPARED or ROLLBACK PREPARED 'it''s'",
    ]);
  });

  test('one that waits for what is not seen stands at a root of its own', () => {
    expect(roots(60_000, 1, { edges: [] }).map(why)).toEqual([
      'waits for Share transactionid for 1 min, and who has it cannot be seen',
    ]);
  });
});

describe('indexes', () => {
  test('a few reads from end to end are a dump, and beside many by index no habit', () => {
    expect([missing(3, 20_000), missing(3, null), missing(500, 20_000)]).toEqual(['ok', 'ok', 'ok']);
    expect([missing(10, null), missing(2000, 20_000), missing(400, 0)]).toEqual(['warn', 'warn', 'warn']);
  });

  test('what helps an invalid one depends on what it is', () => {
    expect(invalid('public.a', { beingBuilt: true }).verdict).toBe('ok');
    expect(next(invalid('public.a'))[0]).toMatch(/^REINDEX INDEX CONCURRENTLY public\.a;/);
    const partial = invalid('public.a', { partsMissing: 2 });
    expect(next(partial)[0]).toMatch(/ALTER INDEX public\.a ATTACH PARTITION/);
    expect(why(partial)).toBe('invalid, 2 partitions without a part of it');
    expect(next(invalid('public.a', { partsMissing: 0 }))[0]).toMatch(/^REINDEX INDEX CONCURRENTLY <part>;/);
    expect(next(invalid('public.a', { leftover: true }))).toEqual(['DROP INDEX CONCURRENTLY public.a;']);
  });

  test('of duplicates the ones may go that nothing hangs on', () => {
    const unique = { rule: 'unique' };
    const key = { ...unique, tied: true };
    expect(superfluous(duplicate('a', { scans: 1 }), duplicate('b', { scans: 9 }))).toEqual(['a']);
    expect(superfluous(duplicate('a', unique), duplicate('b', { ...unique, scans: 9 }))).toEqual(['a']);
    expect(superfluous(duplicate('a', { ...unique, scans: 9 }), duplicate('b', key))).toEqual(['a']);
    expect(superfluous(duplicate('a', { scans: 9 }), duplicate('b', unique))).toEqual(['a']);
    // Of each rule one stays.
    const deferrable = { rule: 'unique deferrable', tied: true };
    expect(superfluous(duplicate('a', unique), duplicate('b', unique), duplicate('c', deferrable))).toEqual(['b']);
    expect(judgeDuplicates([duplicate('a', key), duplicate('b', key)])).toMatchObject({
      why: 'do the same, and a constraint hangs on each',
    });
  });

  test('one is called unused only where the counters can be believed', () => {
    expect([judgeUnused('i', []).verdict, judgeUnused('i', ['too young']).verdict]).toEqual(['warn', 'ok']);
    expect(doubtsOf({ statisticsMs: 3_600_000, replicas: 2 }, 'primary')).toHaveLength(2);
    expect(doubtsOf({ statisticsMs: 30 * 86_400_000, replicas: 0 }, 'primary')).toEqual([]);
    expect(doubtsOf({ statisticsMs: null, replicas: 0 }, 'replica').join()).toContain('its primary');
  });
});
