import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { openPostgres } from '../../../src/providers/database/postgres.ts';
import type { DatabaseLook } from '../../../src/sections/db/reading/database-look.ts';
import type { Json } from '../../../src/engine/json.ts';
import { bloat } from '../../../src/sections/db/storage/bloat.ts';
import { blocking } from '../../../src/sections/db/blocking/blocking.ts';
import { connections } from '../../../src/sections/db/activity/connections.ts';
import { indexes } from '../../../src/sections/db/storage/indexes.ts';
import { replication } from '../../../src/sections/db/replication/replication.ts';
import { running } from '../../../src/sections/db/activity/running.ts';
import { size } from '../../../src/sections/db/storage/size.ts';
import { slow } from '../../../src/sections/db/activity/slow.ts';
import { vacuumStatus } from '../../../src/sections/db/vacuum/vacuum-status.ts';
import { wal } from '../../../src/sections/db/replication/wal.ts';
import { newCall } from '../workload/call.ts';
import { findingOf, wordsOf } from './finding-of.ts';
import { onEachVersion } from './on-each-version.ts';

/** The statements of the documentation, each on a line of its own. */
const documented = (): readonly string[] => {
  const text = readFileSync(join(import.meta.dirname, '../../../docs/configuration.md'), 'utf8');
  const block = /```sql\n(CREATE ROLE rb LOGIN[^`]*)```/.exec(text)?.[1];
  if (block === undefined) throw new Error('the documentation has no role for rb');
  return block.trim().split('\n');
};

const looks: readonly (readonly [string, DatabaseLook<never, Json>, object])[] = [
  ['connections', connections, {}],
  ['running', running, {}],
  ['blocking', blocking, {}],
  ['replication', replication, {}],
  ['wal', wal, {}],
  ['slow', slow, { orderBy: 'total', limit: 20 }],
  ['indexes', indexes, { limit: 20, minBytes: 0 }],
  ['size', size, { limit: 20 }],
  ['bloat', bloat, { limit: 20 }],
  ['vacuum --status', vacuumStatus, { limit: 20 }],
] as unknown as readonly (readonly [string, DatabaseLook<never, Json>, object])[];

onEachVersion('the role of the documentation', { replica: true }, (bench) => {
  let prepared: Promise<string> | undefined;
  const prepare = async (): Promise<string> => {
    const { rig, major } = bench;
    const database = await rig.createDatabase(
      `CREATE TABLE orders AS SELECT n, repeat('x', 100) AS note FROM generate_series(1, 20000) n`,
      'CREATE INDEX orders_n ON orders (n)',
      `CREATE INDEX orders_note ON orders (lower(note), n)`,
    );
    if (rig.statements) await rig.sql(database, 'CREATE EXTENSION pg_stat_statements');
    await rig.sql(database, 'CREATE TABLE invoices AS TABLE orders; ALTER TABLE invoices OWNER TO app');
    for (const table of ['orders', 'invoices']) await rig.sql(database, `DELETE FROM ${table} WHERE n % 10 > 0`);
    await rig.sql(database, 'ANALYZE');
    await rig.sql(database, 'VACUUM');
    for (const line of documented()) {
      if (line.includes('pg_stat_statements') && !rig.statements) continue;
      const statement = line.includes('MAINTAIN') && major < 17 ? 'GRANT owner TO rb' : line;
      await rig.sql(database, statement);
    }
    await rig.sql(database, `ALTER ROLE rb PASSWORD 'secret'`);
    return database;
  };
  const open = async () => {
    const database = await (prepared ??= prepare());
    const url = `postgresql://rb:secret@localhost:${bench.rig.primary.port}/${database}?sslmode=disable`;
    return openPostgres({ url }, { environment: {}, home: '/nonexistent', login: 'nobody', remember: () => undefined });
  };

  it.each(looks)('sees everything in %s', async (name, look, input) => {
    if (name === 'slow' && !bench.rig.statements) return;
    const finding = await findingOf(look as DatabaseLook<object, Json>, await open(), input);
    expect(finding.verdict).not.toBe('unknown');
    expect(wordsOf(finding)).not.toMatch(/cannot see|may not be read|N\/A/);
  });

  it('sees the bloat of tables that it does not own', async () => {
    const { tables, indexes } = await (await open()).bloat(newCall());
    for (const [all, name] of [
      [tables, 'public.orders'],
      [tables, 'public.invoices'],
      [indexes, 'public.orders_n'],
      [indexes, 'public.orders_note'],
    ] as const)
      expect(all.find((one) => one.name === name)).toMatchObject({
        why: null,
        wastedBytes: expect.any(Number) as number,
      });
    expect(tables.find(({ name }) => name === 'public.orders')?.wastedBytes).toBeGreaterThan(1_000_000);
  });

  it('may read nothing of what the statistics have of the contents', async () => {
    const { server } = await (await open()).bloat(newCall());
    const rows = await bench.rig.sql(
      server.database,
      `SELECT has_column_privilege('rb', 'pg_statistic', 'stavalues1', 'SELECT') AS values`,
    );
    expect(rows).toEqual([{ values: false }]);
  });

  it('may vacuum, and reset the statistics of statements', async () => {
    const adapter = await open();
    const { table } = await adapter.table('orders', newCall());
    expect(table.mayVacuum).toBe(true);
    expect((await adapter.vacuum(table, { analyze: true }, newCall())).notices).toEqual([]);
    if (bench.rig.statements) await adapter.resetStatements(newCall());
  });
});
