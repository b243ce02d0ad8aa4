import { dirname, join } from 'node:path';
import { expect, it } from 'vitest';
import { newCall } from '../workload/call.ts';
import { makeDirectory } from '../../rigs/postgres/server.ts';
import { untilTrue } from '../../rigs/postgres/until.ts';
import { onEachVersion } from './on-each-version.ts';

onEachVersion(
  'what is measured',
  { settings: { max_slot_wal_keep_size: '1MB', max_replication_slots: 5 } },
  (bench) => {
    it('counts temporary files wherever they lie', async () => {
      const directory = makeDirectory(join(dirname(bench.rig.primary.data), 'elsewhere'));
      await bench.rig.sql('postgres', `CREATE TABLESPACE elsewhere LOCATION '${directory}'`);
      await bench.rig.sql('postgres', 'GRANT CREATE ON TABLESPACE elsewhere TO owner');
      const database = await bench.rig.createDatabase();
      const client = await bench.rig.connect('owner', database);
      await client.query(`SET work_mem = '64kB'; SET temp_tablespaces = 'elsewhere'; BEGIN`);
      await client.query(
        `DECLARE c CURSOR FOR SELECT repeat('x', 100) || n FROM generate_series(1, 50000) n ORDER BY 1`,
      );
      await client.query('FETCH 1 FROM c');
      const { temporary } = await bench.open('monitor', database).size({ limit: 1 }, newCall());
      await client.query('ROLLBACK');
      expect(temporary.bytes).toBeGreaterThan(5_000_000);
      expect(temporary.files).toBeGreaterThan(0);
    });

    it('counts the time of a statement within a function once (pg_stat_statements.track = all)', async () => {
      const database = await bench.rig.createDatabase(
        `CREATE FUNCTION slow() RETURNS void LANGUAGE plpgsql AS $$BEGIN PERFORM pg_sleep(0.5); END$$`,
      );
      await bench.rig.sql(database, 'CREATE EXTENSION pg_stat_statements');
      await bench.rig.sql('postgres', `ALTER DATABASE ${database} SET pg_stat_statements.track = 'all'`);
      await bench.open('postgres', database).resetStatements(newCall());
      const client = await bench.rig.connect('postgres', database);
      await client.query('SELECT slow()');
      const view = await bench.open('monitor', database).statements({ orderBy: 'total', limit: 5 }, newCall());
      if (!view.available) throw new Error(view.reason);
      const [one, other] = view.statements;
      expect([one?.totalMs, other?.totalMs].every((ms) => (ms ?? 0) >= 490)).toBe(true);
      // Before 14 nothing tells one from the other.
      if (bench.major < 14) return;
      expect(view.total.executionMs).toBeLessThan((one?.totalMs ?? 0) + (other?.totalMs ?? 0));
      expect(Math.min(one?.share ?? 0, other?.share ?? 0)).toBeGreaterThan(0.6);
    });

    it('does not blame a slot that has lost its WAL for dead rows that stay', async () => {
      await bench.rig.sql('postgres', `SELECT pg_create_logical_replication_slot('lost', 'pgoutput')`);
      const slot = async () =>
        (await bench.open('monitor', 'postgres').wal(newCall())).slots.find(({ name }) => name === 'lost');
      await untilTrue('it is lost', async () => {
        await bench.rig.sql(
          'postgres',
          `SELECT pg_switch_wal(); SELECT pg_logical_emit_message(false, 'test', repeat('x', 1000000)); CHECKPOINT`,
        );
        return (await slot())?.walStatus === 'lost';
      });
      const { holders } = await bench.open('monitor', 'postgres').xminHolders(newCall());
      expect(holders).toEqual([]);
      expect(await slot()).toMatchObject({ retainedBytes: null, xminAge: null });
      await bench.rig.sql('postgres', `SELECT pg_drop_replication_slot('lost')`);
    });
  },
);
