import { expect, it } from 'vitest';
import { newCall } from '../workload/call.ts';
import { untilTrue } from '../../rigs/postgres/until.ts';
import { onEachVersion } from './on-each-version.ts';

onEachVersion('indexes that are not what they seem', {}, (bench) => {
  const review = (database: string, role: 'monitor' | 'plain' = 'monitor') =>
    bench.open(role, database).indexes({ limit: 10, minBytes: 0 }, newCall());

  it('a duplicate that keeps rows unique, or tells them apart for a subscriber, is not the one to drop', async () => {
    const database = await bench.rig.createDatabase(
      'CREATE TABLE t (id int NOT NULL, a int)',
      'CREATE UNIQUE INDEX t_id_unique ON t (id)',
      'CREATE INDEX t_id ON t (id)',
    );
    const needed = (await review(database)).duplicate.map(({ indexes }) =>
      indexes.map(({ index, rule, tied }) => [index, rule, tied]),
    );
    expect(needed).toEqual([
      [
        ['public.t_id_unique', 'unique', false],
        ['public.t_id', null, false],
      ],
    ]);
  });

  it('of unique ones it is seen which something hangs on', async () => {
    const database = await bench.rig.createDatabase(
      'CREATE TABLE t (id int PRIMARY KEY)',
      'CREATE UNIQUE INDEX t_once ON t (id)',
      'CREATE UNIQUE INDEX t_twice ON t (id)',
      'CREATE TABLE other (id int REFERENCES t (id))',
    );
    const [same] = (await review(database)).duplicate;
    expect(same?.indexes.map(({ index, rule, tied }) => [index, rule, tied])).toEqual([
      ['public.t_pkey', 'unique', true],
      ['public.t_once', 'unique', false],
      ['public.t_twice', 'unique', false],
    ]);
  });

  it('that of a partitioned table is invalid until each partition has one that is attached', async () => {
    const database = await bench.rig.createDatabase(
      'CREATE TABLE p (a int) PARTITION BY RANGE (a)',
      'CREATE TABLE p_1 PARTITION OF p FOR VALUES FROM (0) TO (10)',
      'CREATE INDEX p_a ON ONLY p (a)',
    );
    const seen = await review(database);
    expect(seen.invalid).toMatchObject([{ index: 'public.p_a', beingBuilt: false, partsMissing: 1 }]);
    await bench.rig.sql(database, 'CREATE INDEX p_1_a ON p_1 (a)');
    await bench.rig.sql(database, 'ALTER INDEX p_a ATTACH PARTITION p_1_a');
    expect((await review(database)).invalid).toEqual([]);
  });

  it('one that is being built is seen as that without pg_monitor too', async () => {
    const database = await bench.rig.createDatabase(
      'CREATE TABLE t (a int)',
      'CREATE TABLE other (a int)',
      'GRANT ALL ON t TO app',
    );
    const holder = await bench.rig.connect('app', database);
    await holder.query('BEGIN; INSERT INTO t VALUES (2)');
    const builder = await bench.rig.connect('owner', database);
    const built = builder.query('CREATE INDEX CONCURRENTLY t_a ON t (a)');
    await untilTrue('it is being built', async () => (await review(database)).invalid.length === 1);
    const seen = await review(database, 'plain');
    await holder.query('COMMIT');
    await built;
    expect(seen.invalid).toMatchObject([{ index: 'public.t_a', beingBuilt: true }]);
  });

  it('nothing is known of them where nothing is counted', async () => {
    const database = await bench.rig.createDatabase('CREATE TABLE t (a int)');
    expect(await review(database)).toMatchObject({ counting: true });
    await bench.rig.sql('postgres', `ALTER DATABASE ${database} SET track_counts = off`);
    expect(await review(database)).toMatchObject({ counting: false });
  });
});
