import type { Client } from 'pg';
import { afterEach, describe, expect, it } from 'vitest';
import { newCall } from '../workload/call.ts';
import { startProxy } from '../../rigs/postgres/proxy.ts';
import type { Proxy } from '../../rigs/postgres/proxy.ts';
import { untilTrue } from '../../rigs/postgres/until.ts';
import type { VacuumProgress } from '../../../src/providers/database/port.ts';
import { onEachVersion, rejection } from './on-each-version.ts';
import type { Bench } from './on-each-version.ts';

const pidOf = async (client: Client) => (await client.query('SELECT pg_backend_pid() AS pid')).rows[0].pid as number;
const quoted = (name: string) => `"${name.replaceAll('"', '""')}"`;
const orders = [
  'CREATE TABLE orders (id int, note text)',
  `INSERT INTO orders SELECT n, 'note' FROM generate_series(1, 1000) n`,
];

/** Where VACUUM is slow enough to be looked at: a pause of 100 ms after every page. */
const slowDatabase = async ({ rig }: Bench): Promise<string> => {
  const database = await rig.createDatabase(
    'CREATE TABLE orders (id int, note text) WITH (fillfactor = 10)',
    `INSERT INTO orders SELECT n, repeat('x', 500) FROM generate_series(1, 4000) n`,
    'DELETE FROM orders',
  );
  await rig.sql('postgres', `ALTER DATABASE ${database} SET vacuum_cost_delay = 100`);
  await rig.sql('postgres', `ALTER DATABASE ${database} SET vacuum_cost_limit = 1`);
  return database;
};

onEachVersion('VACUUM', {}, (bench) => {
  const proxies: Proxy[] = [];
  afterEach(async () => {
    for (const proxy of proxies.splice(0)) await proxy.close();
  });

  describe('which table is meant', () => {
    const hostile = '"; DROP TABLE orders; --';
    const names = ['orders', 'Orders', 'Bestellungen für März', hostile, 'with.point', "it's", 'tab\there'];
    const create = names.map((name) => `CREATE TABLE ${quoted(name)} (id int)`);

    it.each(names.filter((name) => name.toLowerCase() !== 'orders'))('is found as it is written: %j', async (name) => {
      const database = await bench.rig.createDatabase(...create);
      const adapter = bench.open('owner', database);
      const { table } = await adapter.table(name, newCall());
      expect(table.name).toBe(`public.${quoted(name)}`);
      expect((await adapter.table(quoted(name), newCall())).table).toMatchObject({ oid: table.oid });
      expect((await adapter.table(`public.${name}`, newCall())).table).toMatchObject({ oid: table.oid });
      await adapter.vacuum(table, { analyze: true }, newCall());
      await untilTrue('it is counted', async () => {
        const { rows } = (await adapter.table(name, newCall())).table;
        return rows.vacuums === 1 && rows.analyzes === 1;
      });
      const { tableCount } = await adapter
        .indexes({ limit: 1, minBytes: 0 }, newCall())
        .then(({ counts }) => ({ tableCount: counts.tables }));
      expect(tableCount).toBe(names.length);
    });

    it('is asked back where capitals leave two', async () => {
      const database = await bench.rig.createDatabase(...create);
      const adapter = bench.open('owner', database);
      expect((await adapter.table('orders', newCall())).table.name).toBe('public.orders');
      expect((await adapter.table('"Orders"', newCall())).table.name).toBe('public."Orders"');
      const error = await rejection(adapter.table('Orders', newCall()));
      expect(error).toMatchObject({ kind: 'usage' });
      expect(error.message).toBe('The name "Orders" fits public.orders and public."Orders".');
    });

    it('is refused where there is none, with the names that come near', async () => {
      const database = await bench.rig.createDatabase(...orders, 'CREATE VIEW all_orders AS SELECT * FROM orders');
      const adapter = bench.open('owner', database);
      const error = await rejection(adapter.table('order', newCall()));
      expect(error).toMatchObject({ kind: 'usage', next: ['did you mean public.orders?'] });
      for (const name of ['', ' ', 'a.b.c.d', '"', '";', '\0', '$1', 'pg_catalog.', 'x'.repeat(100)])
        expect(await rejection(adapter.table(name, newCall()))).toMatchObject({ kind: 'usage' });
      expect((await rejection(adapter.table('all_orders', newCall()))).message).toBe(
        'public.all_orders is a view: VACUUM takes tables.',
      );
    });

    it('has its size, its rows and whether the role may', async () => {
      const database = await bench.rig.createDatabase(
        ...orders,
        'CREATE TABLE parts (id int) PARTITION BY RANGE (id)',
        'CREATE TABLE parts_1 PARTITION OF parts FOR VALUES FROM (0) TO (10)',
        'INSERT INTO parts VALUES (1)',
        'CREATE MATERIALIZED VIEW totals AS SELECT 1 AS one',
      );
      const of = async (name: string, role: 'owner' | 'operator' | 'postgres' = 'owner') =>
        (await bench.open(role, database).table(name, newCall())).table;
      expect(await of('orders')).toMatchObject({ kind: 'table', owner: 'owner', mayVacuum: true });
      expect((await of('orders')).bytes).toBeGreaterThan(40_000);
      expect(await of('orders', 'operator')).toMatchObject({ mayVacuum: false });
      expect(await of('orders', 'postgres')).toMatchObject({ mayVacuum: true });
      expect(await of('parts')).toMatchObject({ kind: 'partitioned table', bytes: 8192 });
      expect(await of('totals')).toMatchObject({ kind: 'materialised view' });
      expect(await of('pg_class')).toMatchObject({ name: 'pg_catalog.pg_class', mayVacuum: true });
      expect(await of('pg_database')).toMatchObject({ name: 'pg_catalog.pg_database', mayVacuum: false });
    });
  });

  it('removes dead rows, and the statistics show it', async () => {
    const database = await bench.rig.createDatabase(...orders, 'DELETE FROM orders WHERE id > 500');
    const adapter = bench.open('owner', database);
    const { table } = await adapter.table('orders', newCall());
    await untilTrue(
      'the deletion is counted',
      async () => (await adapter.table('orders', newCall())).table.rows.dead === 500,
    );
    const status = await adapter.vacuumStatus({ limit: 1 }, newCall());
    expect(status.tables).toMatchObject([{ name: 'public.orders', rows: { dead: 500, lastVacuumMs: null } }]);
    expect(status.autovacuum).toBe(false);
    expect(status.wraparound.freezeMaxAge).toBe(200_000_000);
    expect(status.wraparound.xidAge).toBeGreaterThan(0);
    await adapter.vacuum(table, { analyze: false }, newCall());
    const only = { limit: 1, tableOid: table.oid };
    await untilTrue('the VACUUM is counted', async () => {
      const [row] = (await adapter.vacuumStatus(only, newCall())).tables;
      return (
        row?.rows.dead === 0 && row.rows.lastVacuumMs !== null && row.rows.vacuums === 1 && row.rows.analyzes === 0
      );
    });
  });

  it('of another owner’s table only warns on the server: here it fails', async () => {
    const database = await bench.rig.createDatabase(...orders);
    // Whatever the language of the messages, and however few of them the role wants.
    await bench.rig.sql('postgres', `ALTER ROLE operator SET client_min_messages = error`);
    const adapter = bench.open('operator', database);
    const { table } = await adapter.table('orders', newCall());
    const error = await rejection(adapter.vacuum(table, { analyze: true }, newCall({ mark: 's/vacuum' })));
    expect(error).toMatchObject({ kind: 'failed' });
    expect(error.message).toMatch(/^localhost:\d+ did not vacuum public\.orders: /);
    expect(error.next?.[0]).toContain(
      bench.major >= 17 ? 'GRANT MAINTAIN ON public.orders TO "operator"' : 'GRANT "owner" TO "operator"',
    );
    await bench.rig.sql('postgres', `ALTER ROLE operator RESET client_min_messages`);
  });

  it('is allowed by MAINTAIN, which came with 17', async () => {
    const database = await bench.rig.createDatabase(...orders);
    const granted = await bench.rig.sql(database, 'GRANT MAINTAIN ON orders TO operator').then(
      () => true,
      () => false,
    );
    expect(granted).toBe(bench.major >= 17);
    const adapter = bench.open('operator', database);
    const { table } = await adapter.table('orders', newCall());
    expect(table.mayVacuum).toBe(granted);
    if (granted) await adapter.vacuum(table, { analyze: true }, newCall());
  });

  it('is refused for a table that has another name by now', async () => {
    const database = await bench.rig.createDatabase(...orders);
    const adapter = bench.open('owner', database);
    const { table } = await adapter.table('orders', newCall());
    await bench.rig.sql(database, 'ALTER TABLE orders RENAME TO older; CREATE TABLE orders (id int)');
    const error = await rejection(adapter.vacuum(table, { analyze: true }, newCall({ mark: 's/vacuum' })));
    expect(error).toMatchObject({
      kind: 'refused',
      message: 'The table public.orders is public.older by now.',
    });
    await bench.rig.sql(database, 'DROP TABLE older');
    expect((await rejection(adapter.vacuum(table, { analyze: true }, newCall()))).message).toContain('is gone');
  });

  it('waits only so long for a lock', async () => {
    const database = await bench.rig.createDatabase(...orders);
    const holder = await bench.rig.connect('owner', database);
    await holder.query('BEGIN');
    await holder.query('LOCK TABLE orders IN SHARE UPDATE EXCLUSIVE MODE');
    const adapter = bench.open('owner', database, { limits: { statementTimeoutMs: 30_000, lockTimeoutMs: 200 } });
    const { table } = await adapter.table('orders', newCall());
    const error = await rejection(adapter.vacuum(table, { analyze: true }, newCall({ mark: 's/vacuum' })));
    expect(error).toMatchObject({ kind: 'failed', next: ['who holds it: rb db blocking'] });
    expect(error.message).toMatch(/^localhost:\d+ has it locked/);
  });

  describe('one that takes its time', () => {
    it('tells how far it is, is seen by others, and is cancelled by the signal', async () => {
      const database = await slowDatabase(bench);
      const adapter = bench.open('owner', database);
      const { table } = await adapter.table('orders', newCall());
      const stop = new AbortController();
      const told: VacuumProgress[] = [];
      const vacuum = rejection(
        adapter.vacuum(table, { analyze: false }, newCall({ signal: stop.signal }), (one) => {
          if (!('unseen' in one)) told.push(one);
        }),
      );
      await untilTrue('it has told more than once, and gets on', () => {
        return told.length >= 2 && (told.at(-1)?.share ?? 0) > 0;
      });
      const last = told.at(-1);
      expect(last).toMatchObject({
        table: 'public.orders',
        tableOid: table.oid,
        database,
        autovacuum: false,
        phase: 'scanning heap',
        totalBytes: 4000 * 8192,
      });
      expect(last?.share).toBeLessThan(1);
      const pid = last?.pid ?? 0;
      const { running } = await bench.open('operator', database).vacuumProgress(newCall());
      expect(running).toMatchObject([{ pid, table: 'public.orders' }]);
      expect((await bench.open('plain', database).vacuumProgress(newCall())).running).toMatchObject([
        { pid, phase: null, share: null },
      ]);
      stop.abort(new Error('enough'));
      expect((await vacuum).message).toBe('enough');
      await untilTrue(
        'it does not run any more',
        async () => (await bench.open('operator', database).vacuumProgress(newCall())).running.length === 0,
      );
    });

    it('is limited neither by the server nor here; what is asked before it is', async () => {
      const database = await bench.rig.createDatabase(...orders);
      const limits = { statementTimeoutMs: 1000, lockTimeoutMs: 600_000, silenceMs: 1000 };
      const holder = await bench.rig.connect('owner', database);
      await holder.query('BEGIN; LOCK TABLE orders');
      const { table } = await bench.open('owner', database).table('orders', newCall());
      const adapter = bench.open('owner', database, { limits });
      const vacuum = adapter.vacuum(table, { analyze: false }, newCall({ mark: 's/vacuum' }));
      // The limit of the server, the second that is given to it beyond that, and a bit.
      await untilTrue('it waits for longer than any limit', async () => {
        const text = `SELECT FROM pg_stat_activity WHERE application_name = 'rb/s/vacuum' AND wait_event_type = 'Lock'
                        AND query_start < clock_timestamp() - interval '2.5 s'`;
        return (await bench.rig.sql('postgres', text)).length === 1;
      });
      await holder.query('COMMIT');
      expect(await vacuum).toMatchObject({ server: { role: 'primary' } });
    });

    it.each([
      ['who it is', 'pg_is_in_recovery'],
      ['whether it is the same table', 'WHERE c.oid = $1'],
    ])('is not begun where the server falls silent when it is asked %s', async (_, text) => {
      const database = await bench.rig.createDatabase(...orders);
      const proxy = await startProxy({ port: bench.rig.primary.port });
      proxies.push(proxy);
      const { table } = await bench.open('owner', database).table('orders', newCall());
      const limits = { statementTimeoutMs: 1000, lockTimeoutMs: 1000, silenceMs: 1000 };
      const through = { port: proxy.port, query: { sslmode: 'disable' }, limits };
      proxy.stallOn(text);
      const error = await rejection(
        bench.open('owner', database, through).vacuum(table, { analyze: false }, newCall({ mark: 's/vacuum' })),
      );
      expect(error).toMatchObject({ kind: 'unreachable' });
      expect(error.message).toContain('broke the connection off: no answer within 2 s');
    });

    it('whose connection is cut may have been done: nobody knows but the server', async () => {
      const database = await slowDatabase(bench);
      const proxy = await startProxy({ port: bench.rig.primary.port });
      proxies.push(proxy);
      const adapter = bench.open('owner', database, { port: proxy.port, query: { sslmode: 'disable' } });
      const { table } = await adapter.table('orders', newCall());
      const vacuum = rejection(adapter.vacuum(table, { analyze: false }, newCall({ mark: 's/vacuum' })));
      await untilTrue(
        'it runs',
        async () => (await bench.open('operator', database).vacuumProgress(newCall())).running.length === 1,
      );
      proxy.cut();
      const error = await vacuum;
      expect(error).toMatchObject({ name: 'RunbookError', kind: 'unknown' });
      expect(error.message).toMatch(
        /^The connection to localhost:\d+ was lost before it answered; whether VACUUM of public.orders was done is not known/,
      );
    });
  });

  it('names those that keep dead rows from being removed', async () => {
    const database = await bench.rig.createDatabase(...orders);
    const old = await bench.rig.connect('app', database, { application: 'report' });
    await old.query('BEGIN ISOLATION LEVEL REPEATABLE READ');
    await old.query('SELECT 1');
    const pid = await pidOf(old);
    const writer = await bench.rig.connect('owner', database);
    await writer.query('BEGIN');
    await writer.query('DELETE FROM orders WHERE id = 1');
    await writer.query(`PREPARE TRANSACTION 'forgotten'`);
    await bench.rig.sql(database, `DELETE FROM orders WHERE id = 2`);
    const { holders, unseen } = await bench.open('operator', database).xminHolders(newCall());
    expect(unseen).toBe(0);
    expect(holders.find(({ kind }) => kind === 'session')).toMatchObject({
      name: String(pid),
      pid,
      detail: 'app, report, idle in transaction',
    });
    expect(holders.find(({ kind }) => kind === 'prepared transaction')).toMatchObject({
      name: 'forgotten',
      detail: 'owner',
      pid: null,
    });
    for (const holder of holders.filter(({ kind }) => kind !== 'replication slot')) {
      expect(holder.xminAge).toBeGreaterThan(0);
      expect(holder.ageMs).toBeGreaterThan(0);
    }
    await bench.rig.sql(database, `ROLLBACK PREPARED 'forgotten'`);
  });
});
