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
      indexes.map(({ index, constraint }) => [index, constraint]),
    );
    expect(needed).toEqual([
      [
        ['public.t_id_unique', true],
        ['public.t_id', false],
      ],
    ]);
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
