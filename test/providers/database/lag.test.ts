import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, expect, it } from 'vitest';
import { openPostgres } from '../../../src/providers/database/postgres.ts';
import { startReceiver } from '../../rigs/postgres/receiver.ts';
import { untilTrue } from '../../rigs/postgres/until.ts';
import { judgeReceiver, judgeReplica } from '../../../src/sections/db/replication/replication-judgement.ts';
import { replication } from '../../../src/sections/db/replication/replication.ts';
import { newCall } from '../workload/call.ts';
import { findingOf, wordsOf } from './finding-of.ts';
import { onEachVersion } from './on-each-version.ts';

onEachVersion('lag', { replica: true, settings: { max_standby_streaming_delay: -1 } }, (bench) => {
  const replicaPort = () => bench.rig.replica?.port ?? 0;
  const onReplica = (text: string) => bench.rig.sql('postgres', text, [], replicaPort());
  const write = () => bench.rig.sql('postgres', `SELECT pg_logical_emit_message(true, 'test', 'x')`);
  const own = async () => {
    const view = await bench.open('monitor', 'postgres', { port: replicaPort() }).replication(newCall());
    if (view.role !== 'replica') throw new Error('the replica says that it is a primary');
    return view;
  };
  /** As it is configured: both ends. */
  const bothEnds = () =>
    findingOf(
      replication,
      openPostgres(
        {
          url: bench.rig.url('monitor', 'postgres'),
          replicas: [{ name: 'replica-1', url: bench.rig.url('monitor', 'postgres', { port: replicaPort() }) }],
        },
        { environment: {}, home: '/nonexistent', login: 'nobody', remember: () => undefined },
      ),
    );
  const lagOf = (finding: Awaited<ReturnType<typeof bothEnds>>) => {
    const { servers } = finding.data as unknown as { servers: { name: string; lagMs: number | null }[] };
    return servers.find(({ name }) => name === 'replica-1')?.lagMs;
  };
  /** A reader on the replica holds up the replay of a DROP TABLE. */
  const whileHeld = async (look: (conflict: () => Promise<unknown>) => Promise<void>) => {
    await bench.rig.sql('postgres', 'CREATE TABLE held (a int); GRANT SELECT ON held TO owner');
    await bench.rig.caughtUp();
    const reader = await bench.rig.connect('owner', 'postgres', { port: replicaPort() });
    await reader.query('BEGIN ISOLATION LEVEL REPEATABLE READ');
    await reader.query('SELECT count(*) FROM held');
    try {
      await look(async () => {
        await bench.rig.sql('postgres', 'DROP TABLE held');
        await untilTrue('it has received that', async () => ((await own()).notReplayedBytes ?? 0) > 0);
      });
    } finally {
      await reader.query('ROLLBACK');
      await reader.end();
    }
  };
  afterEach(() => bench.rig.caughtUp());

  it('is none for a pg_receivewal, however long its server is idle', async () => {
    const receiver = await startReceiver(bench.rig.primary.port, 'pg_receivewal');
    await write();
    await untilTrue('it was sent that', () => receiver.received !== null);
    receiver.answer({ replay: 0n });
    const seen = async () => {
      const { receivers } = await bench.open('monitor', 'postgres').replication(newCall());
      return receivers.find(({ name }) => name === 'pg_receivewal');
    };
    await untilTrue('it has answered', async () => (await seen())?.lastReplyMs !== null);
    await sleep(500);
    receiver.answer({ replay: 0n });
    await sleep(100);
    const found = await seen();
    expect(found).toMatchObject({ replays: false, replayLagMs: null });
    expect(found && judgeReceiver({ ...found, state: 'streaming' }).verdict).toBe('ok');
    expect(wordsOf(await bothEnds())).toContain('does not replay');
    await receiver.end();
  });

  it('is not the age of the last commit while a long transaction of the primary writes', async () => {
    await write();
    const client = await bench.rig.connect('owner', 'postgres');
    const database = await bench.rig.createDatabase();
    const writer = await bench.rig.connect('owner', database);
    await writer.query('BEGIN; CREATE TABLE busy (a text)');
    await sleep(1500);
    const stop = new AbortController();
    const written = (async () => {
      while (!stop.signal.aborted)
        await writer.query(`INSERT INTO busy SELECT repeat('x', 1000) FROM generate_series(1, 500)`);
    })();
    const lags: (number | null)[] = [];
    let sawUnreplayed = false;
    await untilTrue('it was seen between receiving and replaying', async () => {
      const view = await own();
      lags.push(view.lagMs);
      sawUnreplayed ||= (view.notReplayedBytes ?? 0) > 0;
      return sawUnreplayed && lags.length >= 30;
    });
    const finding = await bothEnds();
    stop.abort();
    await written;
    await writer.query('ROLLBACK');
    await client.end();
    expect(Math.max(...lags.map((lag) => lag ?? 0))).toBeLessThan(1500);
    expect(lagOf(finding) ?? 0).toBeLessThan(1500);
  });

  it('is what the primary has measured where replay is held up: both ends agree on it', () =>
    whileHeld(async (conflict) => {
      await sleep(2500);
      await conflict();
      const alone = await own();
      expect(alone).toMatchObject({ receiver: 'streaming', upstreamName: 'replica_1', lagMs: null });
      expect(alone.lastReplayedCommitMs).toBeGreaterThan(2500);
      let finding = await bothEnds();
      await untilTrue(
        'the primary has measured it',
        async () => typeof lagOf((finding = await bothEnds())) === 'number',
      );
      const [, seen] = (finding.data as unknown as { servers: { lagMs: number; lastReplayedCommitMs: number }[] })
        .servers;
      // It began to lag when the table was dropped, and not with the commit before.
      expect(seen?.lagMs).toBeLessThan((seen?.lastReplayedCommitMs ?? 0) - 2000);
    }));

  it('without a lag that was measured shows how old the last commit is', () =>
    whileHeld(async (conflict) => {
      await conflict();
      const adapter = bench.open('monitor', 'postgres', { port: replicaPort() });
      expect(wordsOf(await findingOf(replication, adapter))).toMatch(/the last commit that it has is .* old/);
    }));

  it('names who holds what replay waits for', () =>
    whileHeld(async (conflict) => {
      await conflict();
      await untilTrue('it waits', async () => (await own()).conflict !== null);
      const { conflict: seen } = await own();
      expect(seen).toMatchObject({ relation: 'public.held', holders: [{ user: 'owner' }] });
      expect(seen?.waitsFor).toMatch(/^Lock: relation$/);
      const adapter = bench.open('monitor', 'postgres', { port: replicaPort() });
      expect(wordsOf(await findingOf(replication, adapter))).toMatch(
        /replay waits for a lock on public\.held of pid \d+ \(owner\) for /,
      );
    }));

  it('does not count a delay on purpose, at either end', async () => {
    await onReplica(`ALTER SYSTEM SET recovery_min_apply_delay = '1h'`);
    await onReplica('SELECT pg_reload_conf()');
    try {
      await write();
      await untilTrue('it delays', async () => (await own()).delaying === true);
      const view = await own();
      expect(view).toMatchObject({ delayMs: 3_600_000, lagMs: null, replay: 'running' });
      // As it would be after two hours without a commit.
      expect(judgeReplica({ ...view, lastReplayedCommitMs: 7_200_000 }).verdict).toBe('ok');
      const words = wordsOf(await bothEnds());
      expect(words).toMatch(/^ok: /);
      expect(words.match(/delayed by 1 h on purpose/g)).toHaveLength(2);
    } finally {
      await onReplica('ALTER SYSTEM RESET recovery_min_apply_delay');
      await onReplica('SELECT pg_reload_conf()');
    }
  });

  it('is critical for a replica that is cut off, whatever the age of its last commit', async () => {
    await write();
    await bench.rig.caughtUp();
    await bench.rig.sql('postgres', 'ALTER ROLE replicator NOLOGIN');
    try {
      await bench.rig.sql('postgres', 'SELECT pg_terminate_backend(pid) FROM pg_stat_replication');
      await untilTrue('its receiver is gone', async () => (await own()).receiver === 'none');
      const view = await own();
      expect(view).toMatchObject({ lagMs: null, notReplayedBytes: 0 });
      expect(judgeReplica(view).verdict).toBe('critical');
    } finally {
      await bench.rig.sql('postgres', 'ALTER ROLE replicator LOGIN');
      await untilTrue('it receives again', async () => (await own()).receiver === 'streaming');
    }
  });
});
