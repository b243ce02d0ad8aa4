import { expect, it } from 'vitest';
import { newCall } from '../workload/call.ts';
import { untilTrue } from '../../rigs/postgres/until.ts';
import { onEachVersion, rejection } from './on-each-version.ts';

onEachVersion('VACUUM of tables that differ from most', {}, (bench) => {
  it('is refused for a temporary table of another session, which the server passes over in silence', async () => {
    const database = await bench.rig.createDatabase();
    const client = await bench.rig.connect('owner', database);
    await client.query('CREATE TEMP TABLE basket (id int)');
    const { rows } = await client.query<{ name: string }>(`SELECT n.nspname || '.basket' AS name
      FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.relname = 'basket'`);
    const error = await rejection(bench.open('postgres', database).table(rows[0]?.name ?? '', newCall()));
    expect(error).toMatchObject({ kind: 'usage', message: expect.stringContaining('of another session') as string });
  });

  it('is done for a partitioned table that has a foreign partition, too', async () => {
    const database = await bench.rig.createDatabase(
      'CREATE TABLE parts (n int) PARTITION BY RANGE (n)',
      'CREATE TABLE parts_1 PARTITION OF parts FOR VALUES FROM (0) TO (10)',
    );
    await bench.rig.sql(
      database,
      `CREATE FOREIGN DATA WRAPPER elsewhere; CREATE SERVER elsewhere FOREIGN DATA WRAPPER elsewhere;
       CREATE FOREIGN TABLE parts_2 PARTITION OF parts FOR VALUES FROM (10) TO (20) SERVER elsewhere;
       ALTER FOREIGN TABLE parts_2 OWNER TO owner`,
    );
    const adapter = bench.open('owner', database);
    const { table } = await adapter.table('parts', newCall());
    const { notices } = await adapter.vacuum(table, { analyze: false }, newCall());
    expect(notices).toEqual([expect.stringContaining('parts_2') as string]);
    await untilTrue('it is counted', async () => (await adapter.table('parts_1', newCall())).table.rows.vacuums === 1);
  });

  it('tells which right is missing for a table in a schema that is closed to the role', async () => {
    const database = await bench.rig.createDatabase('CREATE SCHEMA closed', 'CREATE TABLE closed.orders (id int)');
    const error = await rejection(
      bench.open('monitor', database).table('closed.orders', newCall({ mark: 's/vacuum' })),
    );
    expect(error).toMatchObject({
      kind: 'failed',
      next: ['as its owner or a superuser: GRANT USAGE ON SCHEMA closed TO "monitor"'],
    });
  });
});
