import type { Client } from 'pg';
import { expect, it } from 'vitest';
import { newCall } from '../workload/call.ts';
import { untilTrue } from '../../rigs/postgres/until.ts';
import { onEachVersion } from './on-each-version.ts';

const pidOf = async (client: Client) => (await client.query('SELECT pg_backend_pid() AS pid')).rows[0].pid as number;

onEachVersion('blocking', {}, (bench) => {
  const view = (database: string, role: 'operator' | 'plain' = 'operator') =>
    bench.open(role, database).blocking(newCall());
  const waits = (database: string, pid: number) =>
    untilTrue(`${pid} waits`, async () => (await view(database)).edges.some(({ blocked }) => blocked === pid));

  it('shows who waits for whom, also behind a queued ALTER TABLE', async () => {
    const database = await bench.rig.createDatabase('CREATE TABLE orders (id int)', 'INSERT INTO orders VALUES (1)');
    const [reader, alter, behind] = [
      await bench.rig.connect('owner', database, { application: 'report' }),
      await bench.rig.connect('owner', database, { application: 'migration' }),
      await bench.rig.connect('owner', database, { application: 'checkout' }),
    ];
    const pids = { reader: await pidOf(reader), alter: await pidOf(alter), behind: await pidOf(behind) };
    await reader.query('BEGIN');
    await reader.query('SELECT * FROM orders');
    const altered = alter.query('ALTER TABLE orders ADD COLUMN note text');
    await waits(database, pids.alter);
    const read = behind.query('SELECT * FROM orders');
    await waits(database, pids.behind);

    const { sessions, edges, prepared, unseen } = await view(database);
    expect(edges).toHaveLength(2);
    expect(edges).toEqual(
      expect.arrayContaining([
        { blocked: pids.alter, blocker: pids.reader },
        { blocked: pids.behind, blocker: pids.alter },
      ]),
    );
    const find = (pid: number) => sessions.find((session) => session.pid === pid);
    expect(sessions).toHaveLength(3);
    expect(find(pids.reader)).toMatchObject({
      application: 'report',
      state: 'idle in transaction',
      waitsForLock: null,
      blockedBy: [],
    });
    expect(find(pids.alter)).toMatchObject({
      application: 'migration',
      waitsForLock: { mode: 'AccessExclusiveLock', type: 'relation', relation: 'public.orders' },
      blockedBy: [pids.reader],
    });
    expect(find(pids.behind)?.waitsForLock).toMatchObject({ mode: 'AccessShareLock' });
    expect(find(pids.alter)?.waitsForLock?.waitedMs).toBeGreaterThanOrEqual(
      find(pids.behind)?.waitsForLock?.waitedMs ?? Number.NaN,
    );
    expect({ prepared, unseen }).toEqual({ prepared: [], unseen: 0 });

    const without = await view(database, 'plain');
    expect(without.edges).toEqual(edges);
    expect(without.unseen).toBe(3);
    expect(without.sessions.map(({ state, query }) => [state, query])).toEqual([
      [null, null],
      [null, null],
      [null, null],
    ]);
    await reader.query('COMMIT');
    await Promise.all([altered, read]);
    expect(await view(database)).toMatchObject({ sessions: [], edges: [] });
  });

  it('does not wait behind the locks that it looks at: sizes come from the catalogue where a table is locked', async () => {
    const database = await bench.rig.createDatabase(
      'CREATE TABLE orders AS SELECT n FROM generate_series(1, 10000) n',
      'CREATE INDEX orders_n ON orders (n)',
      'CREATE TABLE other AS SELECT 1 AS n',
    );
    await bench.rig.sql(database, 'VACUUM ANALYZE orders, other');
    const adapter = bench.open('operator', database, { limits: { statementTimeoutMs: 30_000, lockTimeoutMs: 300 } });
    const [pages] = await bench.rig.sql(database, `SELECT relpages FROM pg_class WHERE relname = 'orders'`);
    const before = (await adapter.size({ limit: 200 }, newCall())).tables.find(
      ({ table }) => table === 'public.orders',
    );
    const holder = await bench.rig.connect('owner', database);
    await holder.query('BEGIN');
    await holder.query('SELECT * FROM orders LIMIT 1');
    const waiting = await bench.rig.connect('owner', database);
    const pid = await pidOf(waiting);
    const altered = waiting.query('ALTER TABLE orders ADD COLUMN note text');
    await waits(database, pid);
    const { tables } = await adapter.size({ limit: 200 }, newCall());
    expect(tables.find(({ table }) => table === 'public.orders')).toMatchObject({
      estimated: true,
      heapBytes: Number(pages?.['relpages']) * 8192,
    });
    expect(tables.find(({ table }) => table === 'public.orders')?.indexBytes).toBe(before?.indexBytes);
    expect(tables.find(({ table }) => table === 'public.other')).toMatchObject({ estimated: false });
    await adapter.indexes({ limit: 10, minBytes: 0 }, newCall());
    await adapter.bloat(newCall());
    await adapter.vacuumStatus({ limit: 10 }, newCall());
    expect((await adapter.table('orders', newCall())).table.name).toBe('public.orders');
    await holder.query('COMMIT');
    await altered;
  });

  it('names the prepared transaction that blocks as process 0, and rolls it back', async () => {
    const database = await bench.rig.createDatabase('CREATE TABLE orders (id int)', 'INSERT INTO orders VALUES (1)');
    const other = await bench.rig.createDatabase('CREATE TABLE t (id int)');
    const prepare = async (where: string, gid: string, ...statements: readonly string[]) => {
      const client = await bench.rig.connect('owner', where);
      for (const text of ['BEGIN', ...statements, `PREPARE TRANSACTION '${gid}'`]) await client.query(text);
      await client.end();
    };
    const hostile = `forgotten''; DROP TABLE orders; --`;
    await prepare(database, hostile, 'UPDATE orders SET id = 2');
    await prepare(database, 'harmless', 'CREATE TABLE later (id int)');
    await prepare(other, 'elsewhere', 'INSERT INTO t VALUES (1)');
    const waiter = await bench.rig.connect('owner', database);
    const pid = await pidOf(waiter);
    const waiting = waiter.query('UPDATE orders SET id = 3');
    await waits(database, pid);

    const { edges, prepared, sessions } = await view(database);
    expect(edges).toEqual([{ blocked: pid, blocker: 0 }]);
    expect(sessions.map((session) => session.pid)).toEqual([pid]);
    const gid = hostile.replaceAll("''", "'");
    expect(prepared).toMatchObject([
      { gid, owner: 'owner', database, blocks: [pid], mayRollBack: false },
      { gid: 'harmless', blocks: [], mayRollBack: false },
      { gid: 'elsewhere', database: other, blocks: [], mayRollBack: false },
    ]);
    expect(
      (await bench.open('owner', database).blocking(newCall())).prepared.map(({ mayRollBack }) => mayRollBack),
    ).toEqual([true, true, false]);

    const roll = (role: 'operator' | 'owner', name: string, transaction?: string) =>
      bench
        .open(role, database)
        .rollbackPrepared(
          { gid: name, transaction: transaction ?? prepared.find((one) => one.gid === name)?.transaction ?? '' },
          newCall(),
        );
    expect(await roll('operator', gid)).toMatchObject({ outcome: 'denied' });
    expect(await roll('owner', gid, '3')).toMatchObject({
      outcome: 'gone',
      reason: 'another prepared transaction has its name by now',
    });
    expect(await roll('owner', 'elsewhere')).toMatchObject({
      outcome: 'denied',
      reason: `it belongs to the database "${other}"; connect to that`,
    });
    expect(await roll('owner', gid)).toMatchObject({ outcome: 'done', reason: null });
    expect(await roll('owner', gid)).toMatchObject({ outcome: 'gone' });
    await waiting;
    await bench.rig.sql(database, `ROLLBACK PREPARED 'harmless'`);
    await bench.rig.sql(other, `ROLLBACK PREPARED 'elsewhere'`);
  });
});
