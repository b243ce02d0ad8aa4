import { expect, test } from 'vitest';
import type { Json } from '../../../src/engine/json.ts';
import { treeOf } from '../../../src/engine/procedure/tree.ts';
import type { AnyContext } from '../../../src/engine/procedure/tree.ts';
import type { AnyFinding } from '../../../src/engine/finding.ts';
import type { Database, Server } from '../../../src/providers/database/port.ts';
import { blocking } from '../../../src/sections/db/blocking/blocking.ts';
import type { DatabaseLook } from '../../../src/sections/db/reading/database-look.ts';
import { replication } from '../../../src/sections/db/replication/replication.ts';
import { bloat } from '../../../src/sections/db/storage/bloat.ts';
import { vacuumStatus } from '../../../src/sections/db/vacuum/vacuum-status.ts';
import { session } from './a-session.ts';

// What looks have said that was wrong, and what they say of the same answer now.

const server: Server = {
  target: { provider: 'postgres', name: 'db-1:5432' },
  address: 'db-1:5432',
  database: 'shop',
  user: 'operator',
  systemIdentifier: '1',
  role: 'primary',
  version: '16.1',
  seesEverything: true,
};

const found = async <Input>(
  look: DatabaseLook<Input, Json>,
  input: object,
  database: Partial<Database>,
): Promise<AnyFinding> => {
  const [step] = treeOf(look.once()).steps;
  if (step?.kind !== 'check') throw new Error('a look is one check');
  const ports = {
    database: async () => ({ name: 'primary', replicas: [], ...database }),
    settings: async () => ({ environment: {} }),
  };
  return step.look({ input, ports, signal: new AbortController().signal } as AnyContext);
};

const stopsAt = 2 ** 31 - 3_000_000;
const rows = {
  live: 9_000_000,
  dead: 0,
  changed: 0,
  lastVacuumMs: null,
  lastAutovacuumMs: null,
  lastAnalyzeMs: null,
  lastAutoanalyzeMs: null,
  vacuums: 0,
  analyzes: 0,
};

test('79 % of the way to wraparound: the table and who holds it back are named, each with what to type', async () => {
  const age = Math.round(stopsAt * 0.79);
  const holder = { kind: 'session' as const, name: '812', detail: 'etl', xminAge: age, ageMs: 1, pid: 812 };
  const finding = await found(
    vacuumStatus,
    { limit: 20 },
    {
      vacuumStatus: async () => ({
        server,
        unavailable: [],
        tables: [{ oid: 1, name: 'public.events', bytes: 1, rows, autovacuumAt: 50, xidAge: age }],
        tableCount: 12,
        wraparound: { xidAge: age, multixactAge: 1, freezeMaxAge: 1, multixactFreezeMaxAge: 1, stopsAt, databases: [] },
        running: [],
        autovacuum: true,
      }),
      xminHolders: async () => ({ server, unavailable: [], holders: [holder], unseen: 0 }),
    },
  );
  expect(finding).toMatchObject({
    verdict: 'critical',
    next: ['rb db vacuum public.events', 'rb db terminate 812'],
  });
  expect(finding.summary).toMatch(
    /^database shop, public\.events: 79 % of the way to wraparound; the session 812: keeps VACUUM from/,
  );
  expect(finding.summary).not.toContain('no table is behind');
});

test('one that waits for what is not seen is shown, and "no session waits" is not said', async () => {
  const waitsForLock = { mode: 'AccessShareLock', type: 'relation', relation: 'public.orders', waitedMs: 90_000 };
  const finding = await found(
    blocking,
    {},
    {
      blocking: async () => ({
        server,
        unavailable: [],
        sessions: [{ ...session({ pid: 31, state: 'active' }), waitsForLock }],
        edges: [],
        prepared: [],
        unseen: 0,
      }),
    },
  );
  expect(finding.verdict).toBe('critical');
  expect(finding.summary).toBe(
    'pid 31 (app, web): waits for AccessShare public.orders for 1 min 30 s, and who has it cannot be seen; 1 session waits for a lock on shop on db-1:5432',
  );
});

test('bloat that cannot be estimated is not cut, and the server’s own tables do not count', async () => {
  const why = 'column statistics may not be read' as const;
  const hidden = ['public.orders', 'public.items'].map((name) => ({
    name,
    bytes: 11_000_000,
    wastedBytes: null,
    wastedShare: null,
    why,
  }));
  const small = { name: 'public.tiny', bytes: 200_000, wastedBytes: 98_304, wastedShare: 0.48, why: null };
  const own = {
    name: 'pg_catalog.pg_statistic',
    bytes: 1,
    wastedBytes: null,
    wastedShare: null,
    why: 'no column statistics' as const,
  };
  const view = (tables: readonly (typeof small | (typeof hidden)[0] | typeof own)[]) => ({
    bloat: async () => ({ server, unavailable: [], tables, indexes: [], toast: [], looked: { tables: 4, of: 4 } }),
  });
  const finding = await found(bloat, { limit: 1 }, view([small, ...hidden, own]));
  expect([finding.verdict, finding.evidence?.rows.map(([, name]) => name)]).toEqual([
    'unknown',
    ['public.orders', 'public.items'],
  ]);
  expect(finding.summary).toMatch(/^public\.orders, public\.items: cannot be estimated: column statistics may not be/);
  expect((await found(bloat, { limit: 1 }, view([small, own]))).verdict).toBe('ok');
});

test('of a receiver the sentence says what is wrong, not its state', async () => {
  const receiver = {
    pid: 1,
    name: 'standby_2',
    user: 'replicator',
    client: '10.0.0.8',
    state: 'streaming',
    syncState: 'async',
    slot: null,
    replays: true,
    delayMs: null,
    notSentBytes: 0,
    notWrittenBytes: 0,
    notFlushedBytes: 0,
    notReplayedBytes: 111 * 1024 ** 2,
    writeLagMs: 1,
    flushLagMs: 1,
    replayLagMs: 46_000,
    lastReplyMs: 1,
  };
  const finding = await found(
    replication,
    {},
    {
      replication: async () => ({
        server,
        unavailable: [],
        role: 'primary',
        synchronousStandbys: '',
        receivers: [receiver],
        unseen: 0,
        slots: [],
      }),
    },
  );
  expect([finding.verdict, finding.summary]).toEqual([
    'warn',
    'standby_2: 46 s and 111 MB behind; the primary with 1 receiver',
  ]);
});
