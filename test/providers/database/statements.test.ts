import { describe, expect, it } from 'vitest';
import { newCall } from '../workload/call.ts';
import type { Statement, StatementOrder } from '../../../src/providers/database/port.ts';
import { onEachVersion, rejection } from './on-each-version.ts';

const create = 'CREATE EXTENSION pg_stat_statements';

const sum = (statements: readonly Statement[], measure: 'totalMs'): number =>
  statements.reduce((total, statement) => total + statement[measure], 0);

onEachVersion('pg_stat_statements, preloaded', {}, (bench) => {
  const read = (
    database: string,
    role: 'operator' | 'plain' = 'operator',
    orderBy: StatementOrder = 'total',
    limit = 20,
  ) => bench.open(role, database).statements({ orderBy, limit }, newCall());
  const available = async (...of: Parameters<typeof read>) => {
    const view = await read(...of);
    if (!view.available) throw new Error(view.reason);
    return view;
  };

  it('is not in a database where it was not created', async () => {
    const database = await bench.rig.createDatabase();
    expect(await read(database)).toMatchObject({
      available: false,
      reason: 'not created',
      next: ['as a superuser, in this database: CREATE EXTENSION pg_stat_statements'],
    });
    const error = await rejection(bench.open('postgres', database).resetStatements(newCall()));
    expect(error).toMatchObject({ kind: 'failed' });
  });

  it('shows the statements of this database, normalised, with their share of the time', async () => {
    const database = await bench.rig.createDatabase();
    await bench.rig.sql(
      database,
      `CREATE SCHEMA "Watch it"; GRANT USAGE ON SCHEMA "Watch it" TO operator; ${create} SCHEMA "Watch it"`,
    );
    // Its creation is a statement too, and may have taken longer.
    await bench.open('postgres', database).resetStatements(newCall());
    const client = await bench.rig.connect('owner', database);
    await client.query(`SELECT pg_sleep(0.2), 'secret'`);
    for (let count = 0; count < 5; count += 1) await client.query(`SELECT ${count} AS number`);
    const { statements, total, unseen, sinceMs, dropped, track } = await available(database, 'operator', 'total', 500);
    const slept = statements.find(({ query }) => query === 'SELECT pg_sleep($1), $2');
    expect(slept).toMatchObject({ user: 'owner', calls: 1, rows: 1, ioMs: null, temporaryBytes: 0 });
    expect(slept?.meanMs).toBeGreaterThan(190);
    expect([slept?.maxMs, slept?.meanMs]).toEqual([slept?.totalMs, slept?.totalMs]);
    expect(slept?.id).toMatch(/^-?\d+$/);
    expect(statements.find(({ query }) => query === 'SELECT $1 AS number')).toMatchObject({ calls: 5 });
    expect(total.statements).toBe(statements.length);
    expect(total.executionMs).toBeCloseTo(sum(statements, 'totalMs'), 3);
    for (const { share, totalMs } of statements) expect(share).toBeCloseTo(totalMs / total.executionMs, 9);
    expect({ unseen, track }).toEqual({ unseen: 0, track: 'top' });
    // The view of what was dropped came with PostgreSQL 14.
    expect([sinceMs === null, dropped === null]).toEqual([bench.major < 14, bench.major < 14]);
  });

  it('shows first what is most by total, by mean, by the longest or by calls, as many as are asked for', async () => {
    const database = await bench.rig.createDatabase();
    await bench.rig.sql(database, create);
    await bench.open('postgres', database).resetStatements(newCall());
    const client = await bench.rig.connect('owner', database);
    for (let count = 0; count < 50; count += 1) await client.query('SELECT 1');
    for (let count = 0; count < 4; count += 1) await client.query('SELECT pg_sleep(0.1)');
    await client.query('SELECT pg_sleep(0.2), 1');
    for (const seconds of [0.01, 0.25]) await client.query(`SELECT pg_sleep(${seconds}), 1, 2`);
    // Each of them is the first in one order, unless something of ours took longer; in order is what is shown even then.
    const orders = [
      ['calls', 'calls', 'SELECT $1'],
      ['total', 'totalMs', 'SELECT pg_sleep($1)'],
      ['mean', 'meanMs', 'SELECT pg_sleep($1), $2'],
      ['max', 'maxMs', 'SELECT pg_sleep($1), $2, $3'],
    ] as const;
    for (const [order, measure, most] of orders) {
      const { statements, total } = await available(database, 'operator', order, 500);
      const shown = statements.map((statement) => statement[measure]);
      expect([order, shown]).toEqual([order, shown.toSorted((one, other) => other - one)]);
      expect(statements.length).toBe(total.statements);
      const known = statements.find(({ query }) => query === most)?.[measure];
      const first = (await available(database, 'operator', order, 2)).statements;
      expect(first).toHaveLength(2);
      expect(first[0]?.[measure]).toBeGreaterThanOrEqual(known ?? Number.NaN);
    }
  });

  it('hides the texts of other roles from one without the right, and says how many', async () => {
    const database = await bench.rig.createDatabase();
    await bench.rig.sql(database, create);
    const client = await bench.rig.connect('owner', database);
    await client.query('SELECT 1 AS hidden');
    const { statements, unseen } = await available(database, 'plain', 'calls', 500);
    expect(unseen).toBeGreaterThan(0);
    expect(statements.filter(({ user }) => user === 'owner').map(({ query }) => query)).toContain(null);
    expect(JSON.stringify(statements)).not.toMatch(/hidden|insufficient/);
  });

  it('may not be readable at all', async () => {
    const database = await bench.rig.createDatabase();
    await bench.rig.sql(database, `${create}; REVOKE ALL ON pg_stat_statements FROM PUBLIC`);
    expect(await read(database, 'plain')).toMatchObject({ available: false, reason: 'no right' });
  });

  it('is reset by who may', async () => {
    const database = await bench.rig.createDatabase();
    await bench.rig.sql(database, create);
    const error = await rejection(bench.open('operator', database).resetStatements(newCall({ mark: 's/reset' })));
    expect(error).toMatchObject({ kind: 'failed' });
    expect(error.message).toMatch(/^localhost:\d+: "operator" may not reset the statistics\.$/);
    expect(error.next?.[0]).toContain('GRANT EXECUTE ON FUNCTION public.pg_stat_statements_reset TO "operator"');
    // Whoever may create functions beside it must not be called instead: with fewer arguments it would be the better match.
    await bench.rig.sql(
      database,
      `DO $do$ DECLARE words text; BEGIN
         FOREACH words IN ARRAY ARRAY['', 'oid, oid, bigint', 'integer, integer, integer'] LOOP
           BEGIN
             EXECUTE format('CREATE FUNCTION public.pg_stat_statements_reset(%s) RETURNS void LANGUAGE plpgsql AS $f$BEGIN RAISE EXCEPTION $q$trapped$q$; END$f$', words);
           EXCEPTION WHEN duplicate_function THEN NULL;
           END;
         END LOOP;
       END $do$`,
    );
    await bench.rig.sql(database, 'SELECT 1 AS before_the_reset');
    expect(JSON.stringify(await available(database, 'operator', 'total', 500))).toContain('before_the_reset');
    expect(await bench.open('postgres', database).resetStatements(newCall())).toMatchObject({ role: 'primary' });
    expect(JSON.stringify(await available(database, 'operator', 'total', 500))).not.toContain('before_the_reset');
  });

  it('knows the columns of an older version of the extension', async () => {
    const database = await bench.rig.createDatabase();
    await bench.rig.sql(database, `${create} VERSION '1.6'`);
    const [row] = await bench.rig.sql(
      database,
      `SELECT extversion FROM pg_extension WHERE extname = 'pg_stat_statements'`,
    );
    const { statements } = await available(database);
    expect(row?.['extversion']).toBe('1.6');
    expect(statements.length).toBeGreaterThan(0);
    expect(statements.filter(({ totalMs, calls }) => !(totalMs > 0 && calls > 0))).toEqual([]);
  });
});

onEachVersion('pg_stat_statements, not preloaded', { preload: false }, (bench) => {
  describe('what to do is said', () => {
    it('where it was created: an error on the server', async () => {
      const database = await bench.rig.createDatabase();
      await bench.rig.sql(database, create);
      const view = await bench.open('operator', database).statements({ orderBy: 'mean', limit: 20 }, newCall());
      expect(view).toMatchObject({ available: false, reason: 'not preloaded' });
      expect(view.available ? [] : view.next.join('\n')).toContain('shared_preload_libraries');
    });

    it('where it was not created', async () => {
      const database = await bench.rig.createDatabase();
      const view = await bench.open('operator', database).statements({ orderBy: 'mean', limit: 20 }, newCall());
      expect(view).toMatchObject({ available: false, reason: 'not created' });
      expect(view.available ? [] : view.next).toHaveLength(3);
    });
  });
});
