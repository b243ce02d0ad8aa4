import { describe, expect, it } from 'vitest';
import { OwnSessions } from '../../../src/providers/database/postgres/activity/own-sessions.ts';
import { untilTrue } from '../../rigs/postgres/until.ts';
import { newCall } from '../workload/call.ts';
import { onEachVersion } from './on-each-version.ts';

const all = { olderThanMs: 0, includeIdleInTransaction: true };

onEachVersion('which sessions are ours', {}, (bench) => {
  it('not those that only call themselves so', async () => {
    const database = await bench.rig.createDatabase();
    const other = await bench.rig.connect('app', database, { application: 'rb/20260301-abcd/look' });
    const { sessions } = await bench.open('operator', database).idleSessions(all, newCall());
    expect(sessions.find((session) => session.database === database)).toMatchObject({
      application: 'rb/20260301-abcd/look',
      own: false,
    });
    await other.query('BEGIN');
    const { sessions: running } = await bench.open('operator', database).runningSessions({ olderThanMs: 0 }, newCall());
    expect(running.map(({ application }) => application)).toContain('rb/20260301-abcd/look');
    await other.query('ROLLBACK');
  });

  it('those that wait for a lock in the name of somebody else neither', async () => {
    const database = await bench.rig.createDatabase('CREATE TABLE t (a int)');
    const holder = await bench.rig.connect('owner', database, { application: 'rb/' });
    await holder.query('BEGIN; LOCK TABLE t');
    const waiter = await bench.rig.connect('owner', database);
    const waiting = waiter.query('SELECT * FROM t');
    const adapter = bench.open('operator', database);
    await untilTrue('it waits', async () => (await adapter.blocking(newCall())).sessions.length === 2);
    const { sessions } = await adapter.blocking(newCall());
    expect(sessions.map(({ own }) => own)).toEqual([false, false]);
    await holder.query('ROLLBACK');
    await waiting;
  });

  it('the other connections of this process, whatever they are called', async () => {
    const database = await bench.rig.createDatabase('CREATE TABLE t (a int)');
    const holder = await bench.rig.connect('owner', database);
    await holder.query('BEGIN; LOCK TABLE t');
    const ours = bench.open('owner', database, { limits: { statementTimeoutMs: 600_000, lockTimeoutMs: 600_000 } });
    const { table } = await ours.table('t', newCall());
    const vacuum = ours.vacuum(table, { analyze: false }, newCall({ mark: 's/vacuum' }));
    const find = async () => {
      const { sessions } = await ours.blocking(newCall());
      return sessions.find(({ application }) => application === 'rb/s/vacuum');
    };
    await untilTrue('it waits', async () => (await find()) !== undefined);
    const vacuuming = await find();
    expect(vacuuming).toMatchObject({ own: true });
    const { sessions: listed } = await ours.runningSessions({ olderThanMs: 0 }, newCall());
    expect(listed.map(({ pid }) => pid)).not.toContain(vacuuming?.pid);
    // To another process it is a session like any other.
    const { sessions: seen } = await bench.open('operator', database).runningSessions({ olderThanMs: 0 }, newCall());
    expect(seen.find(({ pid }) => pid === vacuuming?.pid)).toMatchObject({ own: false });
    await holder.query('ROLLBACK');
    await vacuum;
  });
});

describe('a process id that was given out again', () => {
  const own = new OwnSessions();
  const close = own.add({ pid: 7, seenAt: '2026-01-01T00:00:10.000000Z' });

  it.each([
    [7, '2026-01-01T00:00:09.999999Z', true],
    [7, '2026-01-01T00:00:10.000001Z', false],
    [8, '2026-01-01T00:00:09.000000Z', false],
    [7, '', false],
  ])('%i since %j: %j', (pid, backendStart, is) => expect(own.has({ pid, backendStart })).toBe(is));

  it('is not ours after the connection is closed', () => {
    close();
    expect(own.has({ pid: 7, backendStart: '2026-01-01T00:00:09.000000Z' })).toBe(false);
  });
});
