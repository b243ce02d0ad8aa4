import { describe, expect, it } from 'vitest';
import { newCall } from '../workload/call.ts';
import { untilTrue } from '../../rigs/postgres/until.ts';
import { onEachVersion } from './on-each-version.ts';

onEachVersion('tables and indexes', {}, (bench) => {
  const review = (database: string, limit = 10) =>
    bench.open('monitor', database).indexes({ limit, minBytes: 0 }, newCall());

  describe('indexes', () => {
    it('are missing where a table is read from end to end, also where it has none at all', async () => {
      const database = await bench.rig.createDatabase(
        'CREATE TABLE heap AS SELECT n FROM generate_series(1, 5000) n',
        'CREATE TABLE indexed (n int PRIMARY KEY)',
        'INSERT INTO indexed SELECT n FROM generate_series(1, 5000) n',
        'CREATE TABLE untouched AS SELECT 1 AS n',
        'ANALYZE',
      );
      const client = await bench.rig.connect('owner', database);
      for (let count = 0; count < 3; count += 1) await client.query('SELECT count(*) FROM heap');
      await client.query('SELECT count(*) FROM indexed');
      await client.query('SET enable_seqscan = off; SELECT * FROM indexed WHERE n = 7');
      await client.end();
      // ANALYZE and the creation are no scans; the counters come a moment later, and not all at once.
      await untilTrue('the scans are counted', async () => {
        const { missing } = await review(database);
        const scans = new Map(missing.map((one) => [one.table, one]));
        const [heap, indexed] = [scans.get('public.heap'), scans.get('public.indexed')];
        return (heap?.sequentialScans ?? 0) >= 3 && indexed?.indexScans === 1;
      });
      const { missing, counts } = await review(database);
      expect(missing).toMatchObject([
        { table: 'public.heap', rows: 5000, indexScans: null },
        { table: 'public.indexed', rowsRead: 5000, indexScans: 1 },
      ]);
      expect(missing[0]?.sequentialScans).toBeGreaterThanOrEqual(3);
      expect(missing[0]?.rowsRead).toBeGreaterThanOrEqual(15_000);
      expect(counts).toMatchObject({ tables: 3, indexes: 1, missing: 2 });
      const small = await bench.open('monitor', database).indexes({ limit: 1, minBytes: 10_000_000 }, newCall());
      expect(small).toMatchObject({ missing: [], counts: { missing: 0 } });
    });

    it('are unused only if nothing else needs them', async () => {
      const database = await bench.rig.createDatabase(
        'CREATE TABLE t (id int PRIMARY KEY, email text UNIQUE, a int, b int, during int4range, EXCLUDE USING gist (during WITH &&))',
        'CREATE INDEX t_a ON t (a)',
        'CREATE INDEX "T b" ON t (b) WHERE b > 0',
        'CREATE TABLE parts (n int) PARTITION BY RANGE (n)',
        'CREATE TABLE parts_1 PARTITION OF parts FOR VALUES FROM (0) TO (10)',
        'CREATE INDEX parts_n ON parts (n)',
      );
      const { unused, counts, replicas } = await review(database);
      expect(unused).toMatchObject([
        { index: 'public.t_a', table: 'public.t', definition: 'CREATE INDEX t_a ON public.t USING btree (a)' },
        { index: 'public."T b"', table: 'public.t' },
        // That of the partition is a part of it.
        { index: 'public.parts_n', table: 'public.parts' },
      ]);
      expect(counts).toMatchObject({ unused: 3, unusedBytes: 24_576 });
      expect(replicas).toBe(0);
      const first = await review(database, 1);
      expect(first.unused).toHaveLength(1);
      expect(first.counts).toMatchObject({ unused: 3, unusedBytes: 24_576 });
    });

    it('have the age of the statistics: none before those were ever reset, then that of the reset', async () => {
      const database = await bench.rig.createDatabase('CREATE TABLE t (a int)');
      const ageMs = async (): Promise<number | null> => {
        const text = `SELECT extract(epoch FROM clock_timestamp() - stats_reset)::float8 * 1000 AS age
                        FROM pg_stat_database WHERE datname = current_database()`;
        return (await bench.rig.sql(database, text))[0]?.['age'] as number | null;
      };
      // Up to 14 the first that is counted in a database is a reset.
      if (bench.major >= 15) expect((await review(database)).statisticsMs).toBeNull();
      const [moment] = await bench.rig.sql(database, 'SELECT clock_timestamp()::text AS at');
      await bench.rig.sql(database, 'SELECT pg_stat_reset()');
      await untilTrue('the reset is known', async () => {
        const text = `SELECT FROM pg_stat_database WHERE datname = current_database() AND stats_reset >= $1::timestamptz`;
        return (await bench.rig.sql(database, text, [moment?.['at']])).length === 1;
      });
      const before = await ageMs();
      const { statisticsMs } = await review(database);
      expect(statisticsMs).toBeGreaterThanOrEqual(Math.floor(before ?? Number.NaN));
      expect(statisticsMs).toBeLessThanOrEqual(Math.ceil((await ageMs()) ?? Number.NaN));
    });

    it('are invalid after a failed CREATE INDEX CONCURRENTLY, and under way while one works', async () => {
      const database = await bench.rig.createDatabase('CREATE TABLE t (a int)', 'INSERT INTO t VALUES (1), (1)');
      const client = await bench.rig.connect('owner', database);
      await client.query('CREATE UNIQUE INDEX CONCURRENTLY t_a ON t (a)').catch(() => undefined);
      expect((await review(database)).invalid).toMatchObject([
        { index: 'public.t_a', table: 'public.t', beingBuilt: false },
      ]);
      await client.query('DROP INDEX t_a');
      const holder = await bench.rig.connect('app', database);
      await bench.rig.sql(database, 'GRANT ALL ON t TO app');
      await holder.query('BEGIN');
      await holder.query('INSERT INTO t VALUES (2)');
      const built = client.query('CREATE INDEX CONCURRENTLY t_b ON t (a)');
      await untilTrue('it is being built', async () => (await review(database)).invalid.length === 1);
      expect((await review(database)).invalid).toMatchObject([{ index: 'public.t_b', beingBuilt: true }]);
      await holder.query('COMMIT');
      await built;
      expect(await review(database)).toMatchObject({ invalid: [], counts: { invalid: 0 } });
    });

    it('are duplicates where they index the same in the same way', async () => {
      const database = await bench.rig.createDatabase(
        'CREATE TABLE t (id int PRIMARY KEY, a text, b text)',
        'CREATE INDEX t_id ON t (id)',
        'CREATE INDEX t_a ON t (a)',
        'CREATE INDEX t_a_desc ON t (a DESC)',
        'CREATE INDEX t_a_c ON t (a COLLATE "C")',
        'CREATE INDEX t_a_b ON t (a, b)',
        'CREATE INDEX t_a_include ON t (a) INCLUDE (b)',
        "CREATE INDEX t_lower ON t (lower(a)) WHERE b = 'x'",
        "CREATE  INDEX  t_lower_again  ON  t  ( lower( a ) )  WHERE  (b = 'x')",
        "CREATE INDEX t_lower_other ON t (lower(a)) WHERE b = 'y'",
      );
      const { duplicate, counts } = await review(database);
      expect(duplicate.map(({ table, indexes }) => [table, indexes.map(({ index, tied }) => [index, tied])])).toEqual([
        [
          'public.t',
          [
            ['public.t_pkey', true],
            ['public.t_id', false],
          ],
        ],
        [
          'public.t',
          [
            ['public.t_lower', false],
            ['public.t_lower_again', false],
          ],
        ],
      ]);
      expect(counts.duplicate).toBe(2);
    });
  });

  describe('size', () => {
    it('is told for the database, the largest tables with indexes and TOAST, WAL and temporary files', async () => {
      const database = await bench.rig.createDatabase(
        'CREATE TABLE large (id int PRIMARY KEY, body text)',
        'ALTER TABLE large ALTER body SET STORAGE EXTERNAL',
        `INSERT INTO large SELECT n, repeat('x', 20000) FROM generate_series(1, 100) n`,
        'CREATE TABLE small AS SELECT 1 AS n',
        'ANALYZE',
      );
      const view = await bench.open('monitor', database).size({ limit: 1 }, newCall());
      expect(view.tables).toMatchObject([{ table: 'public.large', rows: 100, estimated: false }]);
      const [large] = view.tables;
      expect(large?.toastBytes).toBeGreaterThan(2_000_000);
      expect(large?.indexBytes).toBe(16_384);
      expect(large?.totalBytes).toBe((large?.heapBytes ?? 0) + (large?.toastBytes ?? 0) + (large?.indexBytes ?? 0));
      const [row] = await bench.rig.sql(
        database,
        `SELECT pg_database_size(current_database())::text AS database, pg_total_relation_size('large')::text AS large`,
      );
      expect(large?.totalBytes).toBe(Number(row?.['large']));
      expect(view.bytes).toBeGreaterThan(2_000_000);
      expect(view.databases.find(({ name }) => name === database)?.bytes).toBe(view.bytes);
      expect(view.tableCount).toBeGreaterThan(60);
      expect(view.walBytes).toBeGreaterThan(1_000_000);
      expect(view.temporary).toEqual({ bytes: 0, files: 0, writtenBytes: 0 });
      expect(view.tablespaces).toMatchObject([{ name: 'pg_default', location: '' }]);
    });

    it('of what a role may not see is not known, instead of 0', async () => {
      const database = await bench.rig.createDatabase();
      const closed = await bench.rig.createDatabase();
      await bench.rig.sql('postgres', `REVOKE CONNECT ON DATABASE ${closed} FROM PUBLIC`);
      const view = await bench.open('plain', database).size({ limit: 1 }, newCall());
      expect(view).toMatchObject({ walBytes: null, temporary: { bytes: null, files: null } });
      expect(view.databases.find(({ name }) => name === closed)).toEqual({ name: closed, bytes: null });
      expect(view.bytes).toBeGreaterThan(1_000_000);
    });
  });

  describe('bloat', () => {
    it('is estimated from the statistics of the columns', async () => {
      const database = await bench.rig.createDatabase(
        'CREATE TABLE tidy (id int PRIMARY KEY, at timestamptz, name text, note text)',
        `INSERT INTO tidy SELECT n, now(), 'name ' || n, CASE WHEN n % 2 = 0 THEN repeat('x', n % 100) END FROM generate_series(1, 20000) n`,
        'CREATE TABLE bloated (id int PRIMARY KEY, at timestamptz, name text, note text)',
        'INSERT INTO bloated SELECT * FROM tidy',
        'DELETE FROM bloated WHERE id % 10 <> 0',
      );
      await bench.rig.sql(database, 'VACUUM ANALYZE');
      const { tables, indexes, looked } = await bench.open('postgres', database).bloat(newCall());
      const of = (name: string) => tables.find((table) => table.name === name);
      expect(of('public.bloated')?.wastedShare).toBeGreaterThan(0.85);
      expect(of('public.bloated')?.wastedShare).toBeLessThan(0.93);
      expect(of('public.bloated')?.wastedBytes).toBe(
        (of('public.bloated')?.wastedShare ?? 0) * (of('public.bloated')?.bytes ?? 0),
      );
      expect(of('public.tidy')?.wastedShare).toBeLessThan(0.03);
      expect(tables[0]?.name).toBe('public.bloated');
      const index = (name: string) => indexes.find((one) => one.name === name);
      expect(index('public.bloated_pkey')).toMatchObject({ table: 'public.bloated', why: null });
      expect(index('public.bloated_pkey')?.wastedShare).toBeGreaterThan(0.8);
      expect(index('public.tidy_pkey')?.wastedShare).toBeLessThan(0.03);
      expect(looked.tables).toBe(looked.of);
    });

    it('is not available without the statistics, and says why', async () => {
      const database = await bench.rig.createDatabase(
        'CREATE TABLE never AS SELECT n FROM generate_series(1, 1000) n',
        'CREATE TABLE later AS SELECT n FROM generate_series(1, 1000) n',
        'ANALYZE later',
        'ALTER TABLE later ADD COLUMN note text',
        'CREATE TABLE known AS SELECT n FROM generate_series(1, 1000) n',
        'ANALYZE known',
        'CREATE TABLE empty (n int)',
        'ANALYZE empty',
      );
      const why = async (role: 'owner' | 'monitor') => {
        const { tables } = await bench.open(role, database).bloat(newCall());
        return Object.fromEntries(
          tables
            .filter(({ name }) => name.startsWith('public.'))
            .map((table) => [table.name.slice('public.'.length), table.wastedBytes === null ? table.why : 'estimated']),
        );
      };
      expect(await why('owner')).toEqual({
        never: 'never analysed',
        later: 'no column statistics',
        known: 'estimated',
        empty: 'estimated',
      });
      expect(await why('monitor')).toMatchObject({
        never: 'never analysed',
        known: 'column statistics may not be read',
      });
    });
  });
});
