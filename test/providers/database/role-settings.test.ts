import { afterEach, describe, expect, it } from 'vitest';
import { newCall } from '../workload/call.ts';
import { untilTrue } from '../../rigs/postgres/until.ts';
import { onEachVersion } from './on-each-version.ts';

onEachVersion('what a role or a database has set', { replica: true }, (bench) => {
  const set = (...settings: readonly string[]) =>
    bench.rig.sql('postgres', settings.map((setting) => `ALTER ROLE operator ${setting}`).join(';'));
  afterEach(() => set('RESET ALL'));
  /** A session of a role whose sessions do not tell what they do. */
  const silent = async () => {
    const database = await bench.rig.createDatabase('CREATE TABLE orders (id int)');
    await bench.rig.sql('postgres', `ALTER ROLE app IN DATABASE ${database} SET track_activities = off`);
    const client = await bench.rig.connect('app', database);
    const { rows } = await client.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
    return { database, client, pid: rows[0]?.pid ?? 0 };
  };

  describe('serializable as the default', () => {
    it('keeps nobody from reading a replica, nor from ending a session there', async () => {
      await set(`SET default_transaction_isolation = 'serializable'`, 'SET default_transaction_deferrable = on');
      await bench.rig.caughtUp();
      const port = bench.rig.replica?.port ?? 0;
      const idle = await bench.rig.connect('app', 'postgres', { port, application: 'idle there' });
      await idle.query('SELECT 1');
      const adapter = bench.open('operator', 'postgres', { port, query: { target_session_attrs: 'standby' } });
      const { sessions, server } = await adapter.idleSessions(
        { olderThanMs: 0, includeIdleInTransaction: false },
        newCall(),
      );
      expect(server.role).toBe('replica');
      const found = sessions.filter(({ application }) => application === 'idle there');
      expect(found).toHaveLength(1);
      const keys = found.map(({ pid, backendStart }) => ({ pid, backendStart }));
      const { results } = await adapter.endSessions({ how: 'terminate', sessions: keys }, newCall());
      expect(results).toMatchObject([{ outcome: 'done' }]);
    });
  });

  describe('track_activities = off', () => {
    it('leaves nothing to be seen of what a session does: it is unseen, not absent', async () => {
      const { database, client } = await silent();
      await client.query('BEGIN');
      const wanted = { olderThanMs: 0, includeIdleInTransaction: true };
      const adapter = bench.open('operator', database);
      expect((await adapter.runningSessions(wanted, newCall())).unseen).toBe(1);
      expect((await adapter.idleSessions(wanted, newCall())).unseen).toBe(1);
      await client.end();
    });

    it('leaves nothing to be cancelled that one could tell again', async () => {
      const { database, client, pid } = await silent();
      const { session } = await bench.open('operator', database).session(pid, newCall());
      expect(session).toMatchObject({ pid, user: 'app', kind: 'client backend', state: null });
      await client.end();
    });
  });
});

onEachVersion(
  'transaction_timeout, which came with 17',
  {},
  (bench) => {
    it('does not end a VACUUM', async () => {
      const database = await bench.rig.createDatabase('CREATE TABLE orders (id int)');
      const holder = await bench.rig.connect('owner', database);
      await holder.query('BEGIN; LOCK TABLE orders');
      await bench.rig.sql('postgres', `ALTER DATABASE ${database} SET transaction_timeout = '1s'`);
      const limits = { statementTimeoutMs: 1000, lockTimeoutMs: 600_000 };
      const adapter = bench.open('owner', database, { limits });
      const { table } = await adapter.table('orders', newCall());
      const vacuum = adapter
        .vacuum(table, { analyze: false }, newCall({ mark: 's/vacuum' }))
        .catch((error: unknown) => error);
      let ended = false;
      void vacuum.then(() => (ended = true));
      await untilTrue('it waits for longer than that, or is ended', async () => {
        const text = `SELECT FROM pg_stat_activity WHERE application_name = 'rb/s/vacuum' AND wait_event_type = 'Lock'
                      AND query_start < clock_timestamp() - interval '2 s'`;
        return ended || (await bench.rig.sql('postgres', text)).length === 1;
      });
      await holder.query('COMMIT');
      expect(await vacuum).toMatchObject({ server: { role: 'primary' } });
    });
  },
  (major) => major >= 17,
);
