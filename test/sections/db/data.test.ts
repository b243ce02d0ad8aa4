import { expect, test } from 'vitest';
import type { AnyFinding } from '../../../src/engine/finding.ts';
import type { Json } from '../../../src/engine/json.ts';
import { treeOf } from '../../../src/engine/procedure/tree.ts';
import type { AnyContext } from '../../../src/engine/procedure/tree.ts';
import type { Database, From, ReplicationView, Server } from '../../../src/providers/database/port.ts';
import { bloat } from '../../../src/sections/db/storage/bloat.ts';
import { blocking } from '../../../src/sections/db/blocking/blocking.ts';
import { connections } from '../../../src/sections/db/activity/connections.ts';
import type { DatabaseLook } from '../../../src/sections/db/reading/database-look.ts';
import { indexes } from '../../../src/sections/db/storage/indexes.ts';
import { replication } from '../../../src/sections/db/replication/replication.ts';
import { running } from '../../../src/sections/db/activity/running.ts';
import { size } from '../../../src/sections/db/storage/size.ts';
import { slow } from '../../../src/sections/db/activity/slow.ts';
import { vacuumStatus } from '../../../src/sections/db/vacuum/vacuum-status.ts';
import { wal } from '../../../src/sections/db/replication/wal.ts';
import { session } from './a-session.ts';

// The schema of a look strips what it does not name: a field that it forgets would be missing from `-o json`.

const { target, ...shown }: Server = {
  target: { provider: 'postgres', name: 'db-1:5432' },
  address: 'db-1:5432',
  database: 'shop',
  user: 'operator',
  systemIdentifier: '1',
  role: 'primary',
  version: '16.1',
  seesEverything: true,
};
const server: Server = { ...shown, target };

const slot = {
  name: 's',
  type: 'physical' as const,
  database: null,
  active: true,
  temporary: false,
  synchronised: false,
  retainedBytes: 1,
  walStatus: 'reserved',
  safeBytes: null,
  inactiveMs: null,
  xminAge: null,
};

const primary: From<ReplicationView> = {
  server,
  unavailable: [],
  role: 'primary',
  synchronousStandbys: '',
  unseen: 0,
  slots: [slot],
  receivers: [
    {
      pid: 1,
      name: 'replica-1',
      user: 'replicator',
      client: null,
      state: 'streaming',
      syncState: 'async',
      slot: 's',
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
    },
  ],
};

const replica: From<ReplicationView> = {
  server: { ...server, role: 'replica' },
  unavailable: [],
  role: 'replica',
  unseen: 0,
  slots: [],
  receivers: [],
  receiver: 'streaming',
  receiverStatus: 'streaming',
  upstream: 'db-1:5432',
  upstreamSlot: 's',
  upstreamName: 'replica-1',
  lastMessageMs: 1,
  conflict: { waitsFor: 'Lock: relation', relation: 'orders', holders: [{ pid: 1, user: 'app', forMs: 1 }] },
  receivedLsn: '0/1',
  replayedLsn: '0/1',
  notReplayedBytes: 0,
  notReceivedBytes: 0,
  replay: 'running',
  lastReplayedCommitMs: 1,
  delayMs: 0,
  delaying: false,
  lagMs: 0,
};

const group = [{ name: 'web', count: 1, oldestMs: 1 }];
const locked = { mode: 'ShareLock', type: 'relation', relation: 'orders', waitedMs: 1 };
const prepared = {
  gid: 'tx',
  transaction: '7',
  owner: 'o',
  database: 'shop',
  ageMs: 1,
  blocks: [2],
  mayRollBack: true,
};
const estimate = { name: 'orders', bytes: 1, wastedBytes: 1, wastedShare: 0.5, why: null };
const rows = {
  live: 1,
  dead: 1,
  changed: 1,
  lastVacuumMs: 1,
  lastAutovacuumMs: null,
  lastAnalyzeMs: null,
  lastAutoanalyzeMs: null,
  vacuums: 1,
  analyzes: 1,
};

/** What the server answers, with every field of the port. */
const database: Partial<Database> = {
  name: 'primary',
  connections: async () => ({
    server,
    unavailable: [],
    total: 1,
    max: 100,
    reservedForSuperusers: 3,
    reservedForRoles: 0,
    reservedForService: 0,
    unseen: 0,
    byState: group,
    byApplication: group,
    byUser: group,
    byDatabase: group,
    limits: [{ of: 'role', name: 'app', max: 20, used: 1 }],
  }),
  runningSessions: async () => ({ server, unavailable: [], sessions: [session({ blockedBy: [1] })], unseen: 0 }),
  blocking: async () => ({
    server,
    unavailable: [],
    sessions: [1, 2, 3].map((pid) => ({ ...session({ pid }), waitsForLock: locked })),
    edges: [
      { blocked: 2, blocker: 0 },
      { blocked: 3, blocker: 1 },
    ],
    prepared: [prepared],
    unseen: 0,
  }),
  replication: async () => primary,
  replicas: [{ name: 'replica-1', replication: async () => replica } as Partial<Database> as Database],
  wal: async () => ({
    server,
    unavailable: [],
    directory: { bytes: 1, files: 1 },
    positionBytes: 1,
    maxWalBytes: 1,
    keepBytes: 1,
    maxSlotKeepBytes: null,
    level: 'replica',
    slots: [slot],
    archiving: {
      mode: 'on',
      configured: true,
      archived: 1,
      failed: 1,
      lastArchivedMs: 1,
      lastFailedMs: 2,
      lastFailedFile: 'f',
      waiting: 0,
    },
    lastCheckpointMs: 1,
  }),
  statements: async ({ orderBy }) =>
    orderBy === 'max'
      ? {
          server,
          unavailable: [],
          available: false,
          reason: 'not created',
          next: ['CREATE EXTENSION pg_stat_statements'],
        }
      : {
          server,
          unavailable: [],
          available: true,
          statements: [
            {
              id: '1',
              query: 'SELECT 1',
              user: 'app',
              calls: 1,
              totalMs: 1,
              meanMs: 1,
              maxMs: 1,
              rows: 1,
              share: 1,
              hitRatio: null,
              ioMs: null,
              temporaryBytes: 0,
            },
          ],
          total: { statements: 1, calls: 1, executionMs: 1 },
          unseen: 0,
          sinceMs: 1,
          dropped: 0,
          track: 'top',
        },
  indexes: async () => ({
    server,
    unavailable: [],
    statisticsMs: 1,
    replicas: 0,
    counting: true,
    missing: [{ table: 't', bytes: 1, rows: 1, sequentialScans: 1, rowsRead: 1, indexScans: null }],
    unused: [{ index: 'i', table: 't', bytes: 1, definition: null }],
    invalid: [{ index: 'i', table: 't', bytes: 1, beingBuilt: false, partsMissing: null, leftover: false }],
    duplicate: [{ table: 't', indexes: [{ index: 'i', bytes: 1, scans: 1, rule: null, tied: false }] }],
    counts: { tables: 1, indexes: 1, missing: 1, unused: 1, unusedBytes: 1, invalid: 1, duplicate: 1 },
  }),
  size: async () => ({
    server,
    unavailable: [],
    bytes: 1,
    databases: [{ name: 'shop', bytes: 1 }],
    tables: [{ table: 't', totalBytes: 1, heapBytes: 1, indexBytes: 1, toastBytes: 1, rows: 1, estimated: false }],
    tableCount: 1,
    walBytes: 1,
    temporary: { bytes: 1, files: 1, writtenBytes: 1 },
    tablespaces: [{ name: 'pg_default', location: '', bytes: 1 }],
  }),
  bloat: async () => ({
    server,
    unavailable: [],
    tables: [estimate],
    indexes: [{ ...estimate, table: 'orders' }],
    toast: [{ ...estimate, table: 'orders' }],
    looked: { tables: 1, of: 1 },
  }),
  vacuumStatus: async () => ({
    server,
    unavailable: [],
    tables: [{ oid: 1, name: 't', bytes: 1, rows, autovacuumAt: 1, xidAge: 1 }],
    tableCount: 1,
    wraparound: {
      xidAge: 1,
      multixactAge: 1,
      freezeMaxAge: 1,
      multixactFreezeMaxAge: 1,
      stopsAt: 100,
      databases: [{ name: 'shop', xidAge: 1, multixactAge: 1 }],
    },
    running: [
      {
        pid: 1,
        table: 't',
        tableOid: 1,
        database: 'shop',
        autovacuum: true,
        phase: 'scanning heap',
        share: 0.5,
        scannedBytes: 1,
        totalBytes: 2,
        indexPasses: 0,
        runsMs: 1,
      },
    ],
    autovacuum: true,
  }),
};

/** What the look says, and what the schema leaves of it. */
const dataOf = async <Input>(
  look: DatabaseLook<Input, Json>,
  input: object,
): Promise<readonly [before: unknown, after: unknown]> => {
  const tree = treeOf(look.once());
  const [step] = tree.steps;
  if (step?.kind !== 'check') throw new Error('a look is one check');
  const ports = { database: async () => database, settings: async () => ({ environment: {} }) };
  const finding: AnyFinding = await step.look({ input, ports, signal: new AbortController().signal } as AnyContext);
  return [finding.data, step.data?.parse(finding.data)];
};

/** As it is after a trip through JSON, without what identifies the server for a change. */
const withoutTarget = (data: unknown): unknown =>
  JSON.parse(JSON.stringify(data, (key, value: unknown) => (key === 'target' ? undefined : value)));

test.for([
  ['connections', connections, {}],
  ['running', running, {}],
  ['blocking', blocking, {}],
  ['replication', replication, {}],
  ['wal', wal, {}],
  ['slow', slow, { orderBy: 'total', limit: 20 }],
  ['slow, not available', slow, { orderBy: 'max', limit: 20 }],
  ['indexes', indexes, { limit: 20, minBytes: 0 }],
  ['size', size, { limit: 20 }],
  ['bloat', bloat, { limit: 20 }],
  ['vacuum --status', vacuumStatus, { limit: 20 }],
] as const)('%s: every field of the answer is declared', async ([, look, input]) => {
  const [before, after] = await dataOf(look, input);
  expect(after).toEqual(withoutTarget(before));
});
