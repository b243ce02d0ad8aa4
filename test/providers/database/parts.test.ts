import { describe, expect, it } from 'vitest';
import type { Database, From } from '../../../src/providers/database/port.ts';
import { replication } from '../../../src/sections/db/replication/replication.ts';
import { wal } from '../../../src/sections/db/replication/wal.ts';
import { slow } from '../../../src/sections/db/activity/slow.ts';
import { vacuuming } from '../../../src/sections/db/vacuum/vacuum-action.ts';
import { notInAurora, withoutFunctions } from '../../rigs/postgres/managed.ts';
import { newCall } from '../workload/call.ts';
import { findingOf, wordsOf } from './finding-of.ts';
import { onEachVersion } from './on-each-version.ts';

const partsOf = (view: From<object>) => view.unavailable.map(({ part }) => part).toSorted();

onEachVersion('a look of which the server does not give every part', { replica: true }, (bench) => {
  const without = async (...signatures: readonly string[]) => {
    const name = await bench.rig.createDatabase('CREATE TABLE orders AS SELECT n FROM generate_series(1, 5000) n');
    await withoutFunctions(bench.rig, name, signatures);
    return name;
  };

  describe('on a server without the functions that Aurora does not have', () => {
    it('replication shows the receivers, and names what cannot be seen', async () => {
      const adapter = bench.open('monitor', await without(...notInAurora));
      const view = await adapter.replication(newCall());
      expect(view.receivers).toMatchObject([{ name: 'replica_1', state: 'streaming', notReplayedBytes: null }]);
      expect(partsOf(view)).toEqual(['replication slots', 'the position in the WAL']);
      expect(view.unavailable.map(({ why }) => why)).toEqual(
        expect.arrayContaining([expect.stringMatching(/^permission denied for .*pg_get_replication_slots$/)]),
      );
      const words = wordsOf(await findingOf(replication, adapter));
      expect(words).toMatch(/^unknown: /);
      expect(words).toMatch(/^unknown: .*cannot see replication slots of primary.*: permission denied for/);
    });

    it('a replica shows whether it receives', async () => {
      const name = await without(...notInAurora);
      await bench.rig.caughtUp();
      const view = await bench.open('monitor', name, { port: bench.rig.replica?.port ?? 0 }).replication(newCall());
      expect(view).toMatchObject({ role: 'replica', receiver: 'streaming', replay: null, lagMs: null });
      expect(partsOf(view)).toContain('what is replayed');
    });

    it('wal shows the settings and the archiver, and names the rest', async () => {
      const adapter = bench.open('monitor', await without(...notInAurora));
      const view = await adapter.wal(newCall());
      expect(view).toMatchObject({ level: 'logical', directory: null, positionBytes: null, archiving: { failed: 0 } });
      expect(partsOf(view)).toEqual([
        'replication slots',
        'the WAL directory',
        'the last checkpoint',
        'the position in the WAL',
        'what waits to be archived',
      ]);
      expect(wordsOf(await findingOf(wal, adapter))).toMatch(/^unknown: .*cannot see .*the WAL directory/);
    });

    it('a VACUUM that was done is reported as done', async () => {
      const name = await without(...notInAurora);
      const holder = await bench.rig.connect('owner', name);
      await holder.query('BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT 1');
      await bench.rig.sql(name, 'DELETE FROM orders');
      const database = bench.open('owner', name);
      const context = {
        ...newCall(),
        input: { table: 'orders', analyze: false },
        ports: { database: async () => database },
      };
      const asContext = context as unknown as Parameters<typeof vacuuming.plan>[0];
      const change = await vacuuming.plan(asContext);
      const outcome = await vacuuming.apply(asContext, change);
      const finding = await vacuuming.verify(asContext, change, outcome);
      expect(finding.verdict).toBe('warn');
      expect(finding.summary).toMatch(/public\.orders vacuumed: .* they stay because of the session/);
      await holder.query('ROLLBACK');
    });
  });

  it('a VACUUM that was done is reported as done, though nothing can be seen afterwards', async () => {
    const name = await without();
    const database = bench.open('owner', name);
    const context = {
      ...newCall(),
      input: { table: 'orders', analyze: false },
      ports: { database: async () => database },
    };
    const asContext = context as unknown as Parameters<typeof vacuuming.plan>[0];
    const change = await vacuuming.plan(asContext);
    const outcome = await vacuuming.apply(asContext, change);
    await withoutFunctions(bench.rig, name, ['pg_stat_get_dead_tuples(oid)']);
    const finding = await vacuuming.verify(asContext, change, outcome);
    expect(finding).toMatchObject({ verdict: 'ok' });
    expect(finding.summary).toContain('cannot see how many after');
  });

  it.each<[string, string, string, (database: Database) => Promise<From<object>>]>([
    ['blocking', 'pg_prepared_xact()', 'prepared transactions', (one) => one.blocking(newCall())],
    ['size', 'pg_ls_tmpdir(oid)', 'temporary files', (one) => one.size({ limit: 5 }, newCall())],
    ['size', 'pg_tablespace_size(oid)', 'tablespaces', (one) => one.size({ limit: 5 }, newCall())],
    [
      'vacuum --status',
      'pg_stat_get_progress_info(text)',
      'VACUUMs at work',
      (one) => one.vacuumStatus({ limit: 5 }, newCall()),
    ],
    ['indexes', 'pg_get_replication_slots()', 'replicas', (one) => one.indexes({ limit: 5, minBytes: 0 }, newCall())],
    ['wal', 'pg_stat_get_archiver()', 'the archiver', (one) => one.wal(newCall())],
    ['who keeps dead rows', 'pg_prepared_xact()', 'prepared transactions', (one) => one.xminHolders(newCall())],
  ])('%s goes without %s', async (_, signature, part, look) => {
    const view = await look(bench.open('monitor', await without(signature)));
    expect(partsOf(view)).toEqual([part]);
  });

  it('slow shows the numbers where a text of another encoding cannot be converted, and can be reset', async ({
    skip,
  }) => {
    if (!bench.rig.statements) skip();
    const latin = `in_latin1_${Date.now()}`;
    await bench.rig.sql(
      'postgres',
      `CREATE DATABASE ${latin} OWNER owner ENCODING 'LATIN1' TEMPLATE template0 LC_COLLATE 'C' LC_CTYPE 'C'`,
    );
    await bench.rig.sql(latin, 'CREATE EXTENSION pg_stat_statements');
    await bench.rig.sql(latin, 'SELECT 42 AS answer');
    await bench.rig.sql('postgres', 'SELECT 1 AS "日本"');
    const adapter = bench.open('postgres', latin);
    const view = await adapter.statements({ orderBy: 'total', limit: 5 }, newCall());
    expect(view).toMatchObject({ available: true, unavailable: [{ part: 'texts of the statements' }] });
    expect(view.available && view.statements.length).toBeGreaterThan(0);
    expect(view.available && view.statements.every(({ query }) => query === null)).toBe(true);
    const words = wordsOf(await findingOf(slow, adapter, { orderBy: 'total', limit: 5 }));
    expect(words).toMatch(/cannot see texts of the statements: character with byte sequence/);
    await adapter.resetStatements(newCall());
    const after = await adapter.statements({ orderBy: 'total', limit: 5 }, newCall());
    expect(after.unavailable).toEqual([]);
  });
});
