import { expect, it } from 'vitest';
import { newCall } from '../workload/call.ts';
import { onEachVersion } from './on-each-version.ts';

onEachVersion(
  'a replica that has fallen back on the archive',
  { replica: true },
  (bench) => {
    const onReplica = async (text: string) => (await bench.rig.sql('postgres', text, [], bench.rig.replica?.port))[0];

    it('stands where it has replayed to, not where it received last', async () => {
      await bench.rig.caughtUp();
      await onReplica(`SELECT pg_create_physical_replication_slot('behind', true)`);
      // What would be the archive elsewhere.
      await onReplica(`ALTER SYSTEM SET restore_command = 'cp ${bench.rig.primary.data}/pg_wal/%f %p'`);
      await onReplica('SELECT pg_reload_conf()');
      await bench.rig.sql('postgres', 'ALTER ROLE replicator NOLOGIN');
      await bench.rig.sql('postgres', 'SELECT pg_terminate_backend(pid) FROM pg_stat_replication');
      await bench.rig.sql('postgres', `SELECT pg_logical_emit_message(true, 'test', repeat('x', 3000000))`);
      await bench.rig.caughtUp();
      const view = await bench.open('monitor', 'postgres', { port: bench.rig.replica?.port ?? 0 }).wal(newCall());
      const row = await onReplica(`SELECT pg_wal_lsn_diff(pg_last_wal_replay_lsn(), '0/0')::float8 AS replayed,
                                          pg_wal_lsn_diff(pg_last_wal_receive_lsn(), '0/0')::float8 AS received`);
      expect(Number(row?.['received'])).toBeLessThan(Number(row?.['replayed']));
      expect(view.positionBytes).toBe(row?.['replayed']);
      expect(view.slots.find(({ name }) => name === 'behind')?.retainedBytes).toBeGreaterThan(3_000_000);
    });
  },
  // Before 14 only a restart makes `restore_command` known.
  (major) => major >= 14,
);
