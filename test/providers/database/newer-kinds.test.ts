import { expect, it } from 'vitest';
import { judgeSlot } from '../../../src/sections/db/replication/slots-judgement.ts';
import { indexes } from '../../../src/sections/db/storage/indexes.ts';
import { untilTrue } from '../../rigs/postgres/until.ts';
import { newCall } from '../workload/call.ts';
import { findingOf, wordsOf } from './finding-of.ts';
import { onEachVersion } from './on-each-version.ts';
import type { Bench } from './on-each-version.ts';

const reviewing =
  (bench: Bench) =>
  async (...statements: readonly string[]) => {
    const name = await bench.rig.createDatabase(...statements);
    return { name, view: await bench.open('monitor', name).indexes({ limit: 20, minBytes: 0 }, newCall()) };
  };

onEachVersion('what newer servers and other kinds have', { replica: true }, (bench) => {
  const review = reviewing(bench);

  it('of three unique indexes with two rules one may go; a deferrable one has a rule of its own', async () => {
    const { view } = await review(
      'CREATE TABLE t (a int, b int, UNIQUE (a) DEFERRABLE)',
      'CREATE UNIQUE INDEX t_a ON t (a)',
      'CREATE UNIQUE INDEX t_b1 ON t (b)',
      'CREATE UNIQUE INDEX t_b2 ON t (b)',
    );
    expect(view.duplicate.map((one) => one.indexes.map(({ index }) => index))).toEqual([
      ['public.t_b1', 'public.t_b2'],
    ]);
  });

  it('an invalid index of a partitioned table wants its missing parts, and no REINDEX', async () => {
    const { name, view } = await review(
      'CREATE TABLE p (a int) PARTITION BY RANGE (a)',
      'CREATE TABLE p1 PARTITION OF p FOR VALUES FROM (0) TO (10)',
      'CREATE TABLE p2 PARTITION OF p FOR VALUES FROM (10) TO (20)',
      'CREATE INDEX p_a ON ONLY p (a)',
      'CREATE INDEX p1_a ON p1 (a)',
      'ALTER INDEX p_a ATTACH PARTITION p1_a',
    );
    expect(view.invalid).toMatchObject([{ index: 'public.p_a', partsMissing: 1, leftover: false }]);
    const words = wordsOf(await findingOf(indexes, bench.open('monitor', name), { limit: 20, minBytes: 0 }));
    expect(words).toMatch(/: invalid, 1 partition without a part of it;[^]*ALTER INDEX public\.p_a ATTACH PARTITION/);
    expect(words).not.toContain('REINDEX');
  });

  it('a partitioned index of which no part is used is unused, and listed once', async () => {
    const { view } = await review(
      'CREATE TABLE p (a int, b int) PARTITION BY RANGE (a)',
      'CREATE TABLE p1 PARTITION OF p FOR VALUES FROM (0) TO (10)',
      'CREATE TABLE p2 PARTITION OF p FOR VALUES FROM (10) TO (20)',
      'CREATE INDEX p_b ON p (b)',
      'CREATE INDEX p_b_again ON p (b)',
    );
    expect(view.unused.map(({ index }) => index).toSorted()).toEqual(['public.p_b', 'public.p_b_again']);
    expect(view.duplicate.map((one) => one.indexes.map(({ index }) => index))).toEqual([
      ['public.p_b', 'public.p_b_again'],
    ]);
  });

  it('the bloat of an index in which equal keys are stored once is seen', async () => {
    const name = await bench.rig.createDatabase(
      'CREATE TABLE t AS SELECT n % 5 AS few, (n % 5)::numeric AS unequal FROM generate_series(1, 50000) n',
      'CREATE INDEX t_few ON t (few)',
      'CREATE INDEX t_unequal ON t (unequal)',
    );
    const find = async () => {
      const { indexes } = await bench.open('postgres', name).bloat(newCall());
      return (wanted: string) => indexes.find((one) => one.name === wanted);
    };
    await bench.rig.sql(name, 'VACUUM ANALYZE t');
    const before = await find();
    for (const index of ['public.t_few', 'public.t_unequal']) expect(before(index)?.wastedShare).toBeLessThan(0.25);
    await bench.rig.sql(name, 'DELETE FROM t WHERE ctid IN (SELECT ctid FROM t ORDER BY random() LIMIT 30000)');
    await bench.rig.sql(name, 'VACUUM ANALYZE t');
    const after = await find();
    expect(after('public.t_few')?.wastedShare).toBeGreaterThan(0.4);
  });

  it('the bloat of what is stored outside of the rows is seen', async () => {
    const name = await bench.rig.createDatabase(
      'CREATE TABLE t (n int, large text)',
      'ALTER TABLE t ALTER large SET STORAGE EXTERNAL',
      `INSERT INTO t SELECT n, repeat('x', 20000) FROM generate_series(1, 300) n`,
    );
    await bench.rig.sql(name, 'VACUUM ANALYZE t');
    const toast = async () => {
      const { toast } = await bench.open('monitor', name).bloat(newCall());
      return toast.find(({ table }) => table === 'public.t');
    };
    expect((await toast())?.wastedShare).toBeLessThan(0.2);
    await bench.rig.sql(name, 'DELETE FROM t WHERE n % 10 > 0 AND n < 295');
    await bench.rig.sql(name, 'VACUUM t');
    expect(await toast()).toMatchObject({ why: null });
    expect((await toast())?.wastedShare).toBeGreaterThan(0.7);
  });
});

onEachVersion(
  'rules of unique indexes',
  {},
  (bench) => {
    const review = reviewing(bench);

    it('unique indexes with different rules for NULL are both needed', async () => {
      const { view } = await review(
        'CREATE TABLE t (a int, b int)',
        'CREATE UNIQUE INDEX t_distinct ON t (a)',
        'CREATE UNIQUE INDEX t_not_distinct ON t (a) NULLS NOT DISTINCT',
        'CREATE UNIQUE INDEX t_b ON t (b) NULLS NOT DISTINCT',
        'CREATE INDEX t_b_too ON t (b)',
      );
      expect(view.duplicate).toHaveLength(1);
      expect(view.duplicate[0]?.indexes).toMatchObject([
        { index: 'public.t_b', rule: 'unique nulls not distinct' },
        { index: 'public.t_b_too', rule: null },
      ]);
    });
  },
  (major) => major >= 15,
);

onEachVersion(
  'slots that are synchronised',
  { replica: true },
  (bench) => {
    it('a slot that a replica keeps for the day of its promotion is not an unused one', async () => {
      const { rig } = bench;
      const port = rig.replica?.port;
      await rig.sql(
        'postgres',
        `SELECT pg_create_logical_replication_slot('to_fail_over', 'pgoutput', false, false, true)`,
      );
      await rig.caughtUp();
      await untilTrue('it is copied', async () => {
        // The copy is made of a slot that is ahead of what the replica has.
        await rig.sql('postgres', 'SELECT pg_log_standby_snapshot()');
        await rig.sql('postgres', `SELECT pg_replication_slot_advance('to_fail_over', pg_current_wal_lsn())`);
        await rig.caughtUp();
        await rig.sql('postgres', 'SELECT pg_sync_replication_slots()', [], port).catch(() => undefined);
        const rows = await rig.sql('postgres', `SELECT FROM pg_replication_slots WHERE synced`, [], port);
        return rows.length === 1;
      });
      const { slots } = await bench.open('monitor', 'postgres', { port: port ?? 0 }).replication(newCall());
      const [slot] = slots;
      expect(slot).toMatchObject({ name: 'to_fail_over', active: false, synchronised: true });
      expect(slot && judgeSlot(slot).verdict).toBe('ok');
      const on = await bench.open('monitor', 'postgres').replication(newCall());
      const original = on.slots.find(({ name }) => name === 'to_fail_over');
      expect(original).toMatchObject({ synchronised: false });
      expect(original && judgeSlot(original).verdict).toBe('warn');
      await rig.sql('postgres', `SELECT pg_drop_replication_slot('to_fail_over')`);
    });
  },
  (major) => major >= 17,
);
