import { afterEach, describe, expect, it } from 'vitest';
import { newCall } from '../workload/call.ts';
import { untilTrue } from '../../rigs/postgres/until.ts';
import type { ReplicaReplication } from '../../../src/providers/database/port.ts';
import { onEachVersion, rejection } from './on-each-version.ts';

/** The first look of which that is so. What follows is asked of the same look: the server writes something of its own now and then. */
const lookWhere = async <View>(
  what: string,
  look: () => Promise<View>,
  isSo: (view: View) => boolean,
): Promise<View> => {
  let view = await look();
  await untilTrue(what, async () => isSo(view) || isSo((view = await look())));
  return view;
};

onEachVersion('replication', { replica: true, settings: { max_standby_streaming_delay: -1 } }, (bench) => {
  const onReplica = (text: string) => bench.rig.sql('postgres', text, [], bench.rig.replica?.port);
  const write = (bytes = 1000) =>
    bench.rig.sql('postgres', `SELECT pg_logical_emit_message(true, 'test', repeat('x', ${bytes}))`);
  const primary = async () => {
    const view = await bench.open('monitor', 'postgres').replication(newCall());
    if (view.role !== 'primary') throw new Error('the primary says that it is a replica');
    return view;
  };
  const replica = async (role: 'monitor' | 'plain' = 'monitor'): Promise<ReplicaReplication> => {
    const port = bench.rig.replica?.port ?? 0;
    const view = await bench.open(role, 'postgres', { port }).replication(newCall());
    if (view.role !== 'replica') throw new Error('the replica says that it is a primary');
    return view;
  };
  afterEach(async () => {
    await onReplica('SELECT pg_wal_replay_resume()');
    await bench.rig.caughtUp();
  });

  describe('on the primary', () => {
    it('shows each replica with what it has not got yet, and its slot', async () => {
      await write();
      await bench.rig.caughtUp();
      const view = await lookWhere(
        'the replica has said so',
        primary,
        ({ receivers, slots }) => receivers[0]?.notReplayedBytes === 0 && slots[0]?.retainedBytes === 0,
      );
      expect(view).toMatchObject({ unseen: 0, synchronousStandbys: '' });
      expect(view.receivers).toMatchObject([
        {
          name: 'replica_1',
          user: 'replicator',
          client: '127.0.0.1',
          state: 'streaming',
          syncState: 'async',
          slot: 'replica_1',
          notSentBytes: 0,
          notReplayedBytes: 0,
        },
      ]);
      expect(view.slots).toMatchObject([
        {
          name: 'replica_1',
          type: 'physical',
          active: true,
          walStatus: 'reserved',
          retainedBytes: 0,
          safeBytes: null,
          inactiveMs: null,
        },
      ]);
    });

    it('has a lag of NULL for one that is idle and caught up: the bytes tell that it is', async () => {
      await bench.rig.caughtUp();
      const view = await lookWhere(
        'nothing was measured lately',
        primary,
        ({ receivers }) => receivers[0]?.replayLagMs === null,
      );
      expect(view.receivers[0]).toMatchObject({ replayLagMs: null, notReplayedBytes: 0 });
    });

    it('says how many it cannot see without pg_monitor', async () => {
      const view = await bench.open('plain', 'postgres').replication(newCall());
      expect(view).toMatchObject({ role: 'primary', receivers: [], unseen: 1 });
      expect(view.slots).toHaveLength(1);
    });

    it('keeps WAL for a slot that nobody uses', async () => {
      await bench.rig.sql('postgres', `SELECT pg_create_logical_replication_slot('forgotten', 'pgoutput')`);
      try {
        await write(2_000_000);
        const { slots } = await primary();
        expect(slots[0]).toMatchObject({ name: 'forgotten', type: 'logical', database: 'postgres', active: false });
        expect(slots[0]?.retainedBytes).toBeGreaterThan(2_000_000);
        expect(slots[0]?.inactiveMs === null).toBe(bench.major < 17);
        const wal = await bench.open('monitor', 'postgres').wal(newCall());
        expect(wal.slots).toHaveLength(2);
        expect(wal.directory?.bytes).toBeGreaterThanOrEqual(2_000_000);
        expect(wal).toMatchObject({
          level: 'logical',
          keepBytes: 0,
          maxSlotKeepBytes: null,
          archiving: { mode: 'off', failed: 0, waiting: 0 },
        });
      } finally {
        await bench.rig.sql('postgres', `SELECT pg_drop_replication_slot('forgotten')`);
      }
    });

    it('writes at a position from which two looks give a rate', async () => {
      const before = await bench.open('monitor', 'postgres').wal(newCall());
      await write(300_000);
      const after = await bench.open('monitor', 'postgres').wal(newCall());
      expect((after.positionBytes ?? 0) - (before.positionBytes ?? 0)).toBeGreaterThan(300_000);
    });

    it('does not show a role without the right the directory of the WAL', async () => {
      const wal = await bench.open('plain', 'postgres').wal(newCall());
      expect(wal).toMatchObject({ directory: null, archiving: { waiting: null } });
    });
  });

  describe('on the replica', () => {
    it('is 0 while it streams and has replayed everything, however long the primary is idle', async () => {
      await write();
      await bench.rig.caughtUp();
      const view = await lookWhere(
        'the last commit is older than a second, and all is replayed',
        replica,
        ({ lastReplayedCommitMs, notReplayedBytes, notReceivedBytes }) =>
          (lastReplayedCommitMs ?? 0) > 1000 && notReplayedBytes === 0 && notReceivedBytes === 0,
      );
      expect(view).toMatchObject({
        receiver: 'streaming',
        receiverStatus: 'streaming',
        replay: 'running',
        lagMs: 0,
      });
      expect(view.upstream).toBe(`127.0.0.1:${bench.rig.primary.port}`);
      expect(view.upstreamSlot).toBe('replica_1');
    });

    it('is not known when replay is paused: the age of the last commit grows', async () => {
      await bench.rig.caughtUp();
      await onReplica('SELECT pg_wal_replay_pause()');
      await write(50_000);
      // It is told to pause, and does so when it comes to it.
      const view = await lookWhere(
        'something waits to be replayed',
        replica,
        ({ replay, notReplayedBytes }) => replay === 'paused' && (notReplayedBytes ?? 0) > 50_000,
      );
      expect(view.receiver).toBe('streaming');
      expect(view.lagMs).toBeNull();
      const { lastReplayedCommitMs } = view;
      await untilTrue(
        'it grows',
        async () => ((await replica()).lastReplayedCommitMs ?? 0) > (lastReplayedCommitMs ?? 0) + 300,
      );
      const seen = await lookWhere(
        'the primary knows that it has all',
        primary,
        ({ receivers }) => receivers[0]?.notFlushedBytes === 0,
      );
      expect(seen.receivers[0]?.notReplayedBytes).toBeGreaterThan(50_000);
    });

    it('is never 0 without a receiver, though everything that was received is replayed', async () => {
      await write();
      await bench.rig.caughtUp();
      // The receiver is ended, and the primary does not let it in again.
      await bench.rig.sql('postgres', `ALTER ROLE replicator NOLOGIN`);
      try {
        await bench.rig.sql('postgres', `SELECT pg_terminate_backend(pid) FROM pg_stat_replication`);
        const view = await lookWhere(
          'its receiver is gone, and all that it got is replayed',
          replica,
          ({ receiver, notReplayedBytes }) =>
            receiver !== 'streaming' && receiver !== 'other' && notReplayedBytes === 0,
        );
        expect(view).toMatchObject({ receiver: 'none', receiverStatus: null, upstream: null });
        expect(view.lagMs).toBeNull();
        expect(view.lastReplayedCommitMs).toBeGreaterThan(0);
        const seen = await primary();
        expect(seen.receivers).toEqual([]);
        expect(seen.slots).toMatchObject([{ name: 'replica_1', active: false }]);
      } finally {
        await bench.rig.sql('postgres', `ALTER ROLE replicator LOGIN`);
        await lookWhere('it receives again', replica, ({ receiver }) => receiver === 'streaming');
      }
    });

    it('lags under load, and both ends say by how much', async () => {
      const client = await bench.rig.connect('owner', 'postgres', { port: bench.rig.replica?.port ?? 0 });
      await bench.rig.sql(
        'postgres',
        'CREATE TABLE busy AS SELECT n FROM generate_series(1, 1000) n; GRANT SELECT ON busy TO owner',
      );
      await bench.rig.caughtUp();
      // A reader on the replica holds the replay up: it waits for it before it removes what the reader still sees.
      await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ');
      await client.query('SELECT count(*) FROM busy');
      await bench.rig.sql('postgres', 'DROP TABLE busy');
      await write(100_000);
      await untilTrue('it lags', async () => ((await replica()).notReplayedBytes ?? 0) > 100_000);
      const own = await replica();
      expect(own).toMatchObject({ receiver: 'streaming', replay: 'running' });
      expect(own.lagMs).toBeNull();
      expect(own.lastReplayedCommitMs).toBeGreaterThan(0);
      await untilTrue(
        'the primary knows',
        async () => ((await primary()).receivers[0]?.notReplayedBytes ?? 0) > 100_000,
      );
      await client.query('ROLLBACK');
      await bench.rig.caughtUp();
      await untilTrue('it has caught up', async () => (await replica()).lagMs === 0);
    });

    it('cannot be told by a role without pg_monitor', async () => {
      expect(await replica('plain')).toMatchObject({
        receiver: 'unseen',
        receiverStatus: null,
        lagMs: null,
        replay: 'running',
      });
    });

    it('takes no VACUUM', async () => {
      const database = await bench.rig.createDatabase('CREATE TABLE t (a int)');
      await bench.rig.caughtUp();
      const adapter = bench.open('owner', database, { port: bench.rig.replica?.port ?? 0 });
      const { table } = await adapter.table('t', newCall());
      const error = await rejection(adapter.vacuum(table, { analyze: true }, newCall({ mark: 's/vacuum' })));
      expect(error).toMatchObject({ kind: 'failed' });
      expect(error.message).toMatch(/^localhost:\d+ is a replica; VACUUM runs on the primary/);
    });

    it('answers every read', async () => {
      const adapter = bench.open('operator', 'postgres', { port: bench.rig.replica?.port ?? 0 });
      const reads = [
        adapter.connections(newCall()),
        adapter.runningSessions({ olderThanMs: 0 }, newCall()),
        adapter.blocking(newCall()),
        adapter.wal(newCall()),
        adapter.statements({ orderBy: 'mean', limit: 5 }, newCall()),
        adapter.indexes({ limit: 5, minBytes: 0 }, newCall()),
        adapter.size({ limit: 5 }, newCall()),
        adapter.bloat(newCall()),
        adapter.vacuumStatus({ limit: 5 }, newCall()),
        adapter.xminHolders(newCall()),
      ];
      for (const { server } of await Promise.all(reads)) expect(server.role).toBe('replica');
    });
  });
});
