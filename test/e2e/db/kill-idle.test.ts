import { describe, expect, test } from 'vitest';
import { startProxy } from '../../rigs/postgres/proxy.ts';
import { untilTrue } from '../../rigs/postgres/until.ts';
import type { Operator } from '../rig.ts';
import { keys } from '../screen.ts';
import { ofType, outcome, results, trail } from '../trail.ts';
import { found, step, useDatabase, wait } from './stage.ts';

const stage = useDatabase({ replica: true });
const never = 'neverTerminate: { users: [], applications: [precious] }';
const longer = '--older-than 1s';

describe('rb db kill-idle', () => {
  test('ends what is idle for long enough; superusers, walsenders, and what the configuration protects stay, with the reason', async () => {
    await stage.idle('web', 'web', 'precious');
    const [superuser] = [await stage.rig.connect('postgres', stage.database, { application: 'admin' })];
    const [busy] = await stage.idle('busy');
    // What it calls itself protects nobody: ours are known by process id and start.
    await stage.rig.connect('operator', stage.database, { application: 'rb/20260301-abcd/lock' });
    const subscriber = await stage.rig.connect('replicator', stage.database, { application: 'etl', subscriber: true });
    await subscriber.query('IDENTIFY_SYSTEM');
    const looksLike = `SELECT backend_type, state, datname FROM pg_stat_activity WHERE application_name = 'etl'`;
    expect(await stage.rig.sql('postgres', looksLike)).toEqual([
      { backend_type: 'walsender', state: 'idle', datname: stage.database },
    ]);
    void busy?.query('SELECT pg_sleep(600)').catch(() => undefined);
    const sleeps = `SELECT FROM pg_stat_activity WHERE application_name = 'busy' AND wait_event = 'PgSleep'`;
    await untilTrue('the busy one is busy', async () => (await stage.rig.sql('postgres', sleeps)).length === 1);
    await wait(1100);
    const run = await stage.operator('operator', never).run(`db kill-idle ${longer} --yes -o json`);
    expect(run.code, run.all).toBe(0);
    expect(found(run, 'terminate').data).toMatchObject({
      terminated: 3,
      denied: 0,
      gone: 0,
      changed: 0,
      stillThere: 0,
    });
    const { leftAlone } = found(run, 'idle').data as { leftAlone: { application: string; why: string }[] };
    expect(Object.fromEntries(leftAlone.map(({ application, why }) => [application, why]))).toEqual({
      admin: 'a superuser\'s session, and "operator" is none',
      etl: 'a walsender: a replica or a subscriber hangs on it',
      precious: 'application "precious" is in neverTerminate',
      replica_1: 'a walsender: a replica or a subscriber hangs on it',
    });
    for (const [application, count] of [
      ['web', 0],
      ['precious', 1],
      ['admin', 1],
      ['busy', 1],
      ['rb/20260301-abcd/lock', 0],
    ] as const)
      expect([application, (await stage.pids(application)).length]).toEqual([application, count]);
    expect((await subscriber.query('IDENTIFY_SYSTEM')).rows).toMatchObject([{ dbname: stage.database }]);
    await Promise.all([superuser?.end(), subscriber.end()]);
  });

  test('on a replica of the configuration: its sessions, not those of the primary; VACUUM is refused there', async () => {
    const port = stage.rig.replica?.port ?? 0;
    await stage.rig.caughtUp();
    const there = await stage.rig.connect('app', stage.database, { port, application: 'reader' });
    await there.query('SELECT 1');
    await stage.idle('reader');
    await wait(1100);
    const run = await stage
      .operator('operator')
      .run(`db kill-idle ${longer} --application reader --on replica-1 --yes`);
    expect([run.code, (await stage.pids('reader')).length], run.all).toEqual([0, 1]);
    await expect(there.query('SELECT 1')).rejects.toThrow();
    await stage.rig.sql(stage.database, 'CREATE TABLE orders (id int); ALTER TABLE orders OWNER TO owner');
    await stage.rig.caughtUp();
    const vacuum = await stage.operator('owner', '', { port }).run('db vacuum orders --yes');
    expect([vacuum.code, vacuum.stderr]).toEqual([
      3,
      expect.stringContaining('is a replica: VACUUM runs on the primary'),
    ]);
  });

  test('a dry run shows whom, with the SQL that one would have typed, and ends nobody', async () => {
    await stage.idle('report');
    await wait(1100);
    const [pid] = await stage.pids('report');
    const operator = stage.operator('operator');
    const run = await operator.run(`db kill-idle ${longer} --application report --dry-run`);
    expect(run.code).toBe(0);
    expect(run.stdout).toContain(`$ SELECT pg_terminate_backend(${String(pid)});  -- app, report; idle since`);
    expect(run.stdout).toContain('disruptive (tier 2)');
    expect(run.stdout).toMatch(/systemIdentifier\s+(?:│\s+)?\d{15,}/);
    expect(await stage.pids('report')).toEqual([pid]);
    expect(operator.auditFiles()).toEqual([]);
    const hash = /Plan hash +(\S+)/.exec(run.stdout)?.[1] ?? '';
    const planned = await operator.run(`db kill-idle ${longer} --application report --plan ${hash} --yes`);
    expect([planned.code, await stage.pids('report')], planned.all).toEqual([0, []]);
  });

  test('asks at a terminal, and does nothing without a y', async () => {
    await stage.idle('asked');
    await wait(1100);
    const operator = stage.operator('operator');
    const declined = await operator.run(`db kill-idle ${longer} --application asked`, { answers: ['n'] });
    expect([declined.code, (await stage.pids('asked')).length]).toEqual([4, 1]);
    const confirmed = await operator.run(`db kill-idle ${longer} --application asked`, { answers: ['y'] });
    expect([confirmed.code, await stage.pids('asked')]).toEqual([0, []]);
    expect(confirmed.screen).toContain('Done: 1 terminated.');
  });

  test('without a terminal it says which flag is missing', async () => {
    await stage.idle('script');
    await wait(1100);
    const run = await stage.operator('operator').run(`db kill-idle ${longer} --application script`);
    expect([run.code, run.stderr, (await stage.pids('script')).length]).toEqual([
      2,
      expect.stringContaining('pass --yes'),
      1,
    ]);
  });

  test('an open transaction is left unless it is asked for, and then it takes more than --yes', async () => {
    const [client] = await stage.idle('open');
    await client?.query('BEGIN; SELECT 1');
    await wait(1100);
    const operator = stage.operator('operator');
    const without = await operator.run(`db kill-idle ${longer} --application open --yes`);
    expect([without.code, without.stderr]).toEqual([0, expect.stringContaining('no session idle')]);
    const yes = await operator.run(`db kill-idle ${longer} --application open --include-idle-in-transaction --yes`);
    expect([yes.code, yes.stderr]).toEqual([2, expect.stringContaining('1 open transaction would be rolled back')]);
    expect((await stage.pids('open')).length).toBe(1);
    const confirmed = await operator.run(
      `db kill-idle ${longer} --application open --include-idle-in-transaction --confirm shop/prod`,
    );
    expect([confirmed.code, await stage.pids('open')]).toEqual([0, []]);
  });

  test('who goes on working between the question and the answer is left alone', async () => {
    const [first] = await stage.idle('pool', 'pool');
    await wait(1100);
    const session = stage.operator('operator').session(`db kill-idle ${longer} --application pool`);
    await session.shows('Do it? [y/N]');
    await first?.query('SELECT 1');
    await session.answer(`y${keys.enter}`);
    expect(await session.ended).toBe(0);
    expect((await stage.pids('pool')).length).toBe(1);
    expect(session.screen()).toContain('1 terminated, 1 gone or at work again before that');
  });

  test('filters compare whole names: users, applications, databases', async () => {
    await stage.idle('alpha', 'alpha-2');
    await wait(1100);
    const run = await stage
      .operator('operator')
      .run(`db kill-idle ${longer} --application alpha --user app --database ${stage.database} --yes`);
    expect([run.code, await stage.pids('alpha'), (await stage.pids('alpha-2')).length]).toEqual([0, [], 1]);
    const elsewhere = await stage.operator('operator').run(`db kill-idle ${longer} --database postgres --yes`);
    expect([elsewhere.code, (await stage.pids('alpha-2')).length]).toEqual([0, 1]);
  });

  test('a role without pg_monitor does not say that there is nobody', async () => {
    const run = await stage.operator('plain').run(`db kill-idle ${longer} --yes`);
    expect(run.stderr).toMatch(/cannot see \d+ sessions?: "plain" is not a member of pg_monitor/);
  });
});

const cutOperator = async () => {
  const proxy = await startProxy({ port: stage.rig.primary.port });
  const operator = stage.operator('operator', '', { port: proxy.port, query: { sslmode: 'disable' } });
  return { proxy, operator };
};

/** Thirty idle sessions, and somebody who ends them and is killed when it is so. */
const killedWhile = async (operator: Operator, application: string, isSo: () => Promise<boolean> | boolean) => {
  const clients = await stage.idle(...Array.from({ length: 30 }, () => application));
  await wait(1100);
  const running = operator.start(`db kill-idle ${longer} --application ${application} --yes`);
  const ended = running.ended.catch((error: unknown) => error);
  await untilTrue('it is the moment to kill it', isSo);
  running.signal('SIGKILL');
  await ended;
  return clients;
};

describe('a connection that is cut in the middle', () => {
  test('before the server has heard of it: exit code 7; rb resume finds it not done, and asks again', async () => {
    await stage.idle('cut', 'cut');
    await wait(1100);
    const { proxy, operator } = await cutOperator();
    proxy.cutOn('pg_terminate_backend', 'before');
    const run = await operator.run(`db kill-idle ${longer} --application cut --yes`);
    expect([run.code, run.stderr]).toEqual([7, expect.stringContaining('rb resume')]);
    expect((await stage.pids('cut')).length).toBe(2);
    proxy.heal();
    const unconfirmed = await operator.run('resume');
    expect([unconfirmed.code, (await stage.pids('cut')).length]).toEqual([2, 2]);
    const resumed = await operator.run('resume --yes');
    expect([resumed.code, await stage.pids('cut')], resumed.all).toEqual([0, []]);
    await proxy.close();
  });

  test('after: exit code 7; rb resume finds it done, and asks nothing', async () => {
    await stage.idle('gone');
    await wait(1100);
    const { proxy, operator } = await cutOperator();
    proxy.cutOn('pg_terminate_backend', 'after');
    const run = await operator.run(`db kill-idle ${longer} --application gone --yes`);
    expect(run.code, run.all).toBe(7);
    proxy.heal();
    await untilTrue('it is gone', async () => (await stage.pids('gone')).length === 0);
    const resumed = await operator.run('resume');
    expect(resumed.code, resumed.all).toBe(0);
    expect(outcome(await trail(operator))).toBe('done');
    await proxy.close();
  });

  test('kill -9 before the server has heard of it: rb resume brings it to its end, also where some have left since', async () => {
    const { proxy, operator } = await cutOperator();
    proxy.stallOn('pg_terminate_backend');
    const clients = await killedWhile(operator, 'many', () => proxy.stalled);
    expect((await stage.pids('many')).length).toBe(30);
    proxy.heal();
    await Promise.all(clients.slice(0, 10).map((client) => client.end()));
    const unconfirmed = await operator.run('resume');
    expect([unconfirmed.code, (await stage.pids('many')).length]).toEqual([2, 20]);
    const resumed = await operator.run('resume --yes');
    expect([resumed.code, await stage.pids('many')], resumed.all).toEqual([0, []]);
    expect(outcome(await trail(operator))).toBe('done');
    await proxy.close();
  });

  test('kill -9 when the server has done it, and its answers are on their way: rb resume finds it done, and asks nothing', async () => {
    const { proxy, operator } = await cutOperator();
    proxy.stallOn('pg_terminate_backend', 'answers');
    await killedWhile(operator, 'all', async () => (await stage.pids('all')).length === 0);
    const lost = await trail(operator);
    expect([ofType(lost, 'step.intent').length, results(lost)]).toEqual([1, ['idle ok']]);
    proxy.heal();
    const resumed = await operator.run('resume');
    expect(resumed.code, resumed.all).toBe(0);
    expect(outcome(await trail(operator))).toBe('done');
    await proxy.close();
  });
});

test('the plan tells who, and the record holds the answer to each', async () => {
  await stage.idle('recorded');
  await wait(1100);
  const operator = stage.operator('operator');
  const run = await operator.run(`db kill-idle ${longer} --application recorded --yes --reason OPS-42 -o json`);
  const { change } = step(run, 'terminate');
  expect(change?.equivalent).toEqual([expect.stringContaining('app, recorded; idle since')]);
  expect(found(run, 'terminate').data['sessions']).toEqual([
    expect.objectContaining({ outcome: 'done', reason: null, pid: expect.any(Number) as number }),
  ]);
});
