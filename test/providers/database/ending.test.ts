import { afterEach, describe, expect, it } from 'vitest';
import type { Client } from 'pg';
import { newCall } from '../workload/call.ts';
import { startProxy } from '../../rigs/postgres/proxy.ts';
import type { Proxy } from '../../rigs/postgres/proxy.ts';
import { untilTrue } from '../../rigs/postgres/until.ts';
import type { Database, EndedSession, Session, SessionKey } from '../../../src/providers/database/port.ts';
import { onEachVersion, rejection } from './on-each-version.ts';

const pidOf = async (client: Client) => (await client.query('SELECT pg_backend_pid() AS pid')).rows[0].pid as number;
const sessionOf = async (database: Database, client: Client): Promise<Session> => {
  const { session } = await database.session(await pidOf(client), newCall());
  if (!session) throw new Error('no such session');
  return session;
};
const isGone = (database: Database, session: Session) =>
  untilTrue('it is gone', async () => (await database.sessionsStillThere([session], newCall())).sessions.length === 0);

const keyOf = ({ pid, backendStart }: SessionKey): SessionKey => ({ pid, backendStart });

onEachVersion('cancelling and ending sessions', {}, (bench) => {
  const proxies: Proxy[] = [];
  afterEach(async () => {
    for (const proxy of proxies.splice(0)) await proxy.close();
  });
  const proxied = async () => {
    const proxy = await startProxy({ port: bench.rig.primary.port });
    proxies.push(proxy);
    return proxy;
  };
  it('ends each by itself: what is denied does not keep the others from being ended', async () => {
    const name = await bench.rig.createDatabase();
    const database = bench.open('operator', name);
    const clients = [
      await bench.rig.connect('app', name),
      await bench.rig.connect('postgres', name),
      await bench.rig.connect('owner', name),
      await bench.rig.connect('app', name),
    ];
    const sessions: Session[] = [];
    for (const client of clients) sessions.push(await sessionOf(database, client));
    const [first, superuser, second, ended] = sessions as [Session, Session, Session, Session];
    await clients[3]?.end();
    await isGone(database, ended);

    const told: EndedSession[] = [];
    const { results, server } = await database.endSessions(
      { how: 'terminate', sessions: sessions.map(keyOf) },
      newCall(),
      (one) => told.push(one),
    );
    expect(server.role).toBe('primary');
    const by = (pid: number) => results.find((one) => one.pid === pid);
    expect(by(first.pid)).toMatchObject({ outcome: 'done', reason: null });
    expect(by(second.pid)).toMatchObject({ outcome: 'done' });
    expect(by(superuser.pid)?.outcome).toBe('denied');
    expect(by(superuser.pid)?.reason).toMatch(/superuser|permission denied/i);
    expect(by(ended.pid)).toMatchObject({ outcome: 'gone' });
    expect(told).toEqual(results);
    await isGone(database, first);
    await isGone(database, second);
    expect((await database.sessionsStillThere(sessions, newCall())).sessions.map(({ pid }) => pid)).toEqual([
      superuser.pid,
    ]);
  });

  it('leaves alone a session that only has the process id, and one that went on working', async () => {
    const name = await bench.rig.createDatabase();
    const database = bench.open('operator', name);
    const client = await bench.rig.connect('app', name);
    const session = await sessionOf(database, client);
    const another = { pid: session.pid, backendStart: '2020-01-01T00:00:00.000000Z' };
    const seen = { pid: session.pid, backendStart: session.backendStart, stateSince: session.stateSince ?? '' };
    await client.query('SELECT 1');
    const { results } = await database.endSessions({ how: 'terminate', sessions: [another, seen] }, newCall());
    expect(results).toMatchObject([{ outcome: 'gone' }, { outcome: 'changed' }]);
    expect(results[0]?.reason).toContain('belongs to another session');
    await client.query('SELECT 1');
  });

  it('does not end what it cannot see, and says so', async () => {
    const name = await bench.rig.createDatabase();
    const client = await bench.rig.connect('app', name);
    const session = await sessionOf(bench.open('operator', name), client);
    const { results } = await bench
      .open('signaller', name)
      .endSessions({ how: 'terminate', sessions: [keyOf(session)] }, newCall());
    expect(results).toMatchObject([{ outcome: 'denied', reason: expect.stringContaining('cannot be seen') as string }]);
    await client.query('SELECT 1');
  });

  it('never signals a process of the server itself, though a superuser could', async () => {
    const database = bench.open('postgres', 'postgres');
    const kinds = ['checkpointer', 'walwriter', 'logical replication launcher'];
    const processes = () =>
      bench.rig.sql('postgres', 'SELECT pid FROM pg_stat_activity WHERE backend_type = ANY ($1) ORDER BY pid', [kinds]);
    const before = await processes();
    expect(before).toHaveLength(kinds.length);
    const keys: SessionKey[] = [];
    for (const { pid } of before) {
      const { session } = await database.session(Number(pid), newCall());
      expect(session).toMatchObject({ ofServer: true, maySignal: false });
      keys.push(keyOf(session as Session));
    }
    for (const how of ['cancel', 'terminate'] as const) {
      const { results } = await database.endSessions({ how, sessions: keys }, newCall());
      const denied = { outcome: 'denied', reason: 'it is a process of the server itself' };
      expect(results).toMatchObject(kinds.map(() => denied));
    }
    expect(await processes()).toEqual(before);
  });

  it('cancels a statement and leaves the session', async () => {
    const name = await bench.rig.createDatabase();
    const database = bench.open('operator', name);
    const client = await bench.rig.connect('app', name);
    const pid = await pidOf(client);
    const statement = rejection(client.query('SELECT pg_sleep(600)'));
    await untilTrue(
      'it sleeps',
      async () => (await database.session(pid, newCall())).session?.waitsFor === 'Timeout: PgSleep',
    );
    const { session } = await database.session(pid, newCall());
    const { results } = await database.endSessions({ how: 'cancel', sessions: [keyOf(session as Session)] }, newCall());
    expect(results).toMatchObject([{ outcome: 'done' }]);
    expect((await statement).message).toContain('canceling statement due to user request');
    // The error is told before the session is idle again.
    await untilTrue('the session is there, and idle', async () => {
      return (await database.session(pid, newCall())).session?.state === 'idle';
    });
  });

  it('does so without a right of its own where the session is of the same role', async () => {
    const name = await bench.rig.createDatabase();
    const own = await bench.rig.connect('app', name);
    const session = await sessionOf(bench.open('app', name), own);
    const other = await sessionOf(bench.open('operator', name), await bench.rig.connect('owner', name));
    const { results } = await bench
      .open('app', name)
      .endSessions({ how: 'terminate', sessions: [keyOf(session)] }, newCall());
    expect(results).toMatchObject([{ outcome: 'done' }]);
    const monitored = await bench
      .open('monitor', name)
      .endSessions({ how: 'terminate', sessions: [keyOf(other)] }, newCall());
    expect(monitored.results).toMatchObject([{ outcome: 'denied' }]);
  });

  describe('when the connection is cut in the middle', () => {
    it.each(['before', 'after'] as const)(
      'the outcome is unknown, and the server tells (%s the statement got there)',
      async (when) => {
        const name = await bench.rig.createDatabase();
        const client = await bench.rig.connect('app', name);
        const session = await sessionOf(bench.open('operator', name), client);
        const proxy = await proxied();
        const query = { sslmode: 'disable' };
        const through = bench.open('operator', name, { port: proxy.port, query });
        proxy.cutOn('pg_terminate_backend', when);
        const error = await rejection(
          through.endSessions({ how: 'terminate', sessions: [keyOf(session)] }, newCall({ mark: 's/terminate' })),
        );
        expect(error).toMatchObject({ name: 'RunbookError', kind: 'unknown' });
        expect(error.message).toContain(`The connection to localhost:${proxy.port} was lost before it answered`);
        if (when === 'after') await isGone(bench.open('operator', name), session);
        else
          expect((await bench.open('operator', name).sessionsStillThere([session], newCall())).sessions).toHaveLength(
            1,
          );
      },
    );
  });

  it('ends 50 sessions, each with an answer of its own', async () => {
    const name = await bench.rig.createDatabase();
    const database = bench.open('operator', name);
    for (let count = 0; count < 50; count += 1) await bench.rig.connect('app', name);
    const { sessions } = await database.idleSessions({ olderThanMs: 0, includeIdleInTransaction: false }, newCall());
    const mine = sessions.filter((session) => session.database === name && session.user === 'app');
    expect(mine).toHaveLength(50);
    const { results } = await database.endSessions(
      {
        how: 'terminate',
        sessions: mine.map(({ pid, backendStart, stateSince }) => ({
          pid,
          backendStart,
          stateSince: stateSince ?? '',
        })),
      },
      newCall(),
    );
    expect(results.map(({ outcome }) => outcome)).toEqual(Array.from({ length: 50 }, () => 'done'));
    await untilTrue(
      'all are gone',
      async () => (await database.sessionsStillThere(mine, newCall())).sessions.length === 0,
    );
  });
});
