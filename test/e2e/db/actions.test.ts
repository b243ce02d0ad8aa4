import { describe, expect, test } from 'vitest';
import { startProxy } from '../../rigs/postgres/proxy.ts';
import { untilTrue } from '../../rigs/postgres/until.ts';
import { hurriedProgram } from '../hurried-program.ts';
import { keys } from '../screen.ts';
import { outcome, results, trail } from '../trail.ts';
import { found, step, useDatabase } from './stage.ts';

const hostile = '"; DROP TABLE orders; --';
const stage = useDatabase(
  {},
  'CREATE TABLE orders (id int PRIMARY KEY)',
  'INSERT INTO orders SELECT generate_series(1, 5000)',
  'CREATE SCHEMA sales',
  'CREATE TABLE sales."Größe" (id int)',
  `CREATE TABLE "${hostile.replaceAll('"', '""')}" (id int)`,
  'GRANT ALL ON ALL TABLES IN SCHEMA public TO app',
  'GRANT ALL ON SCHEMA public TO app',
);
const operator = () => stage.operator('operator');
/** Does not wait ten seconds for a session that will not do what it is asked. */
const hurried = async () => stage.operator('operator', '', {}, await hurriedProgram());
const owner = () => stage.operator('owner');

const working = async (application: string, statement: string) => {
  const [client] = await stage.idle(application);
  const ended = client?.query(statement).then(
    () => 'done',
    (error: Error) => error.message,
  );
  const [pid = 0] = await stage.pids(application);
  // Not only begun: what catches its cancellation has to be where it catches it.
  await untilTrue('it sleeps', async () => {
    const text = `SELECT FROM pg_stat_activity WHERE pid = $1 AND wait_event = 'PgSleep'`;
    return (await stage.rig.sql('postgres', text, [pid])).length === 1;
  });
  return { client, pid, ended };
};

const up = '\u001B[A';

/** A statement that catches its cancellation. */
const stubborn = `DO $$ BEGIN LOOP BEGIN PERFORM pg_sleep(600); EXCEPTION WHEN query_canceled THEN NULL; END; END LOOP; END $$`;

describe('rb db cancel', () => {
  test('cancels the statement, the session stays', async () => {
    const { pid, ended } = await working('report', `SELECT pg_sleep(600), 'private'`);
    const dry = await operator().run(`db cancel ${pid} --dry-run`);
    expect([dry.code, dry.stdout]).toEqual([0, expect.stringContaining(`SELECT pg_cancel_backend(${pid});`)]);
    expect(dry.stdout).toContain(`SELECT pg_sleep(600), '…'`);
    const without = await operator().run(`db cancel ${pid}`);
    expect([without.code, without.stderr]).toEqual([2, expect.stringContaining('pass --yes')]);
    const run = await operator().run(`db cancel ${pid} --yes`);
    expect([run.code, run.stderr]).toEqual([0, expect.stringContaining(`Done: pid ${pid}: cancelled.`)]);
    expect(await ended).toContain('canceling statement');
    expect(await stage.pids('report')).toEqual([pid]);
    expect(run.all).not.toContain('private');
    const idle = await operator().run(`db cancel ${pid} --yes`);
    expect([idle.code, idle.stderr]).toEqual([3, expect.stringContaining('there is no statement to cancel')]);
  });

  test('one that does not work: in a script the command fails, and nothing else is done', async () => {
    const { pid } = await working('stubborn', stubborn);
    const run = await (await hurried()).run(`db cancel ${pid} --yes --confirm shop/prod`);
    expect([run.code, run.stderr]).toEqual([1, expect.stringContaining(`rb db terminate ${pid}`)]);
    expect(await stage.pids('stubborn')).toEqual([pid]);
    const further = await (await hurried()).run(`db cancel ${pid} --yes --answer then=terminate`);
    expect([further.code, further.stderr]).toEqual([2, expect.stringContaining('pass --confirm shop/prod')]);
    expect(await stage.pids('stubborn')).toEqual([pid]);
    const both = await operator().run(`db cancel ${pid} --yes --answer then=terminate --confirm shop/prod`);
    expect([both.code, await stage.pids('stubborn')], both.all).toEqual([0, []]);
  });

  test('one that does not work: at a terminal ending the session is offered, and has to be confirmed by itself', async () => {
    const { pid } = await working('deaf', stubborn);
    const someone = await hurried();
    const session = someone.session(`db cancel ${pid} --yes`);
    await session.shows('arrows to move');
    await session.answer(up);
    await session.shows('▸ yes, end it');
    session.type(keys.enter);
    await session.shows('Type shop/prod to do it:');
    await session.answer(`shop/prod${keys.enter}`);
    expect(await session.ended, session.screen()).toBe(0);
    expect(await stage.pids('deaf')).toEqual([]);
    expect(results(await trail(someone))).toContain('then/terminate/terminate ok');
  });

  test('nobody has that pid; what is no pid', async () => {
    const gone = await operator().run('db cancel 2147483647 --yes');
    expect([gone.code, gone.stderr]).toEqual([3, expect.stringContaining('There is no session with the pid')]);
    for (const pid of ['0', 'abc', '4711;', '99999999999'])
      expect([pid, (await operator().run(['db', 'cancel', pid, '--yes'])).code]).toEqual([pid, 2]);
  });
});

describe('rb db terminate', () => {
  test('takes more than --yes, and ends the session', async () => {
    const { pid, ended } = await working('victim', 'SELECT pg_sleep(600)');
    const yes = await operator().run(`db terminate ${pid} --yes`);
    expect([yes.code, yes.stderr]).toEqual([2, expect.stringContaining('pass --confirm shop/prod')]);
    const run = await operator().run(`db terminate ${pid} --confirm shop/prod -o json`);
    expect(run.code, run.all).toBe(0);
    expect(found(run, 'terminate').data).toEqual({ outcome: 'done', stillThere: false });
    expect(await ended).toContain('terminating connection');
  });

  test.for(['before', 'after'] as const)(
    'a connection that is cut %s the server has heard of it: exit code 7; rb resume asks the server',
    async (when) => {
      const { pid, ended } = await working(`cut ${when}`, 'SELECT pg_sleep(600)');
      const proxy = await startProxy({ port: stage.rig.primary.port });
      const someone = stage.operator('operator', '', { port: proxy.port, query: { sslmode: 'disable' } });
      proxy.cutOn('pg_terminate_backend', when);
      const run = await someone.run(`db terminate ${pid} --confirm shop/prod`);
      expect([run.code, run.stderr]).toEqual([7, expect.stringContaining('rb resume')]);
      proxy.heal();
      if (when === 'before') {
        expect(await stage.pids(`cut ${when}`)).toEqual([pid]);
        const asked = await someone.run('resume');
        expect([asked.code, asked.stderr]).toEqual([2, expect.stringContaining('pass --confirm shop/prod')]);
        expect(await stage.pids(`cut ${when}`)).toEqual([pid]);
      } else await untilTrue('it is gone', async () => (await stage.pids(`cut ${when}`)).length === 0);
      const resumed = await someone.run(`resume${when === 'before' ? ' --confirm shop/prod' : ''}`);
      expect([resumed.code, await stage.pids(`cut ${when}`)], resumed.all).toEqual([0, []]);
      expect(await ended).toContain('terminating connection');
      expect(outcome(await trail(someone))).toBe('done');
      await proxy.close();
    },
  );

  test("refuses what the configuration protects, and a superuser's", async () => {
    const { pid } = await working('precious', 'SELECT pg_sleep(600)');
    const never = 'neverTerminate: { applications: [precious] }';
    const protectedRun = await stage.operator('operator', never).run(`db terminate ${pid} --confirm shop/prod`);
    expect([protectedRun.code, protectedRun.stderr]).toEqual([3, expect.stringContaining('is in neverTerminate')]);
    await stage.rig.connect('postgres', stage.database, { application: 'root' });
    const [root] = await stage.pids('root');
    const denied = await operator().run(`db terminate ${root} --confirm shop/prod`);
    expect([denied.code, denied.stderr]).toEqual([3, expect.stringContaining("a superuser's session")]);
    expect([await stage.pids('root'), await stage.pids('precious')]).toEqual([[root], [pid]]);
    await stage.rig.sql('postgres', 'SELECT pg_terminate_backend($1)', [pid]);
  });
});

describe('a role that may end sessions and not see them (pg_signal_backend without pg_monitor)', () => {
  test('is told in the plan what it lacks; with that it can', async () => {
    const { pid, ended } = await working('unseen', 'SELECT pg_sleep(600)');
    const signaller = stage.operator('signaller');
    for (const line of [`db cancel ${pid} --yes`, `db terminate ${pid} --confirm shop/prod`]) {
      const refused = await signaller.run(line);
      expect([refused.code, refused.stderr], line).toEqual([
        3,
        expect.stringMatching(
          /"signaller" may not see when it began[^]*Nothing was done[^]*GRANT pg_monitor TO "signaller"/,
        ),
      ]);
      // It would be refused in the same way.
      expect(refused.stderr).not.toContain('(ends the session)');
    }
    expect(await stage.pids('unseen')).toEqual([pid]);
    await stage.rig.sql('postgres', 'GRANT pg_monitor TO signaller');
    try {
      const run = await signaller.run(`db terminate ${pid} --confirm shop/prod`);
      expect([run.code, await stage.pids('unseen')], run.all).toEqual([0, []]);
    } finally {
      await stage.rig.sql('postgres', 'REVOKE pg_monitor FROM signaller');
    }
    expect(await ended).toContain('terminating connection');
  });
});

describe('rb db blocking --resolve', () => {
  test('cancels what stands at the root: a report that a queued ALTER TABLE waits for, and readers behind it', async () => {
    const [reporter] = await stage.idle('reporter');
    await reporter?.query('BEGIN; SELECT count(*) FROM orders');
    void reporter?.query('SELECT pg_sleep(600)').catch(() => undefined);
    const migration = await stage.rig.connect('owner', stage.database, { application: 'migration' });
    const altered = migration.query('ALTER TABLE orders ADD COLUMN note text');
    const [reader] = await stage.idle('reader');
    await untilTrue('the ALTER waits', async () =>
      (await operator().run('db blocking')).stdout.includes('AccessExclusive'),
    );
    const read = reader?.query('SELECT count(*) FROM orders');
    await untilTrue('the reader waits too', async () =>
      (await operator().run('db blocking')).stdout.includes('2 sessions wait'),
    );
    const tree = await operator().run('db blocking');
    const [pid] = await stage.pids('reporter');
    expect(tree.stdout).toMatch(
      new RegExp(
        `the root is pid ${pid} \\(app, reporter\\)[^]*\\n +${pid} [^]*└ \\d+[^]*AccessExclusive public.orders[^]*└ \\d+[^]*AccessShare public.orders`,
      ),
    );
    const run = await operator().run('db blocking --resolve --yes');
    expect([run.code, run.stderr]).toEqual([0, expect.stringContaining('no session waits for a lock')]);
    await Promise.all([altered, read]);
    const nothing = await operator().run('db blocking --resolve --yes');
    expect([nothing.code, nothing.stderr]).toEqual([0, expect.stringContaining('nothing to do')]);
  });

  test('a root that is idle in a transaction has nothing to cancel: its session is ended, with the confirmation for that', async () => {
    const [forgotten, waiting] = await stage.idle('forgotten', 'waiting');
    await forgotten?.query('BEGIN; LOCK TABLE orders');
    const read = waiting?.query('SELECT count(*) FROM orders');
    await untilTrue('it waits', async () => (await operator().run('db blocking')).stdout.includes('1 session waits'));
    const yes = await operator().run('db blocking --resolve --yes');
    expect([yes.code, yes.stderr]).toEqual([2, expect.stringContaining('pass --confirm shop/prod')]);
    const run = await operator().run('db blocking --resolve --confirm shop/prod');
    expect([run.code, await stage.pids('forgotten')], run.all).toEqual([0, []]);
    await read;
  });

  test('a prepared transaction blocks without a process: it is rolled back by its name', async () => {
    const [manager, waiting] = await stage.idle('manager', 'waiting-2');
    await manager?.query(`BEGIN; LOCK TABLE orders; PREPARE TRANSACTION 'it''s forgotten'`);
    const read = waiting?.query('SELECT count(*) FROM orders');
    await untilTrue('it waits', async () => (await operator().run('db blocking')).stdout.includes('1 session waits'));
    const denied = await operator().run('db blocking --resolve --confirm shop/prod');
    expect([denied.code, denied.stderr]).toEqual([3, expect.stringContaining(`ROLLBACK PREPARED 'it''s forgotten'`)]);
    const run = await stage.operator('postgres').run('db blocking --resolve --confirm shop/prod');
    expect([run.code, run.stderr]).toEqual([0, expect.stringContaining('is rolled back')]);
    await read;
  });
});

test('a prepared transaction that has the name of the one that was shown by now is left alone', async () => {
  const prepare = async () => {
    const [manager, waiting] = await stage.idle('manager-2', 'waiting-3');
    await manager?.query(`BEGIN; LOCK TABLE orders; PREPARE TRANSACTION 'again'`);
    await manager?.end();
    const read = waiting?.query('SELECT count(*) FROM orders');
    await untilTrue('it waits', async () => (await operator().run('db blocking')).stdout.includes('1 session waits'));
    return { read };
  };
  const first = await prepare();
  const session = stage.operator('postgres').session('db blocking --resolve');
  await session.shows('Type shop/prod to do it:');
  await stage.rig.sql(stage.database, `ROLLBACK PREPARED 'again'`);
  await first.read;
  const second = await prepare();
  await session.answer(`shop/prod${keys.enter}`);
  expect(await session.ended, session.screen()).toBe(3);
  expect(await stage.rig.sql('postgres', `SELECT gid FROM pg_prepared_xacts`)).toEqual([{ gid: 'again' }]);
  await stage.rig.sql(stage.database, `ROLLBACK PREPARED 'again'`);
  await second.read;
});

/** What the server has counted of the table. */
const counted = async () => {
  const text = `SELECT n_dead_tup::int AS dead, vacuum_count::int AS vacuums, analyze_count::int AS analyzes
                  FROM pg_stat_user_tables WHERE relname = 'orders'`;
  return (await stage.rig.sql(stage.database, text))[0] as { dead: number; vacuums: number; analyzes: number };
};

/** Dead rows that a session still needs would stay; those of earlier tests may be ending. */
const nobodyNeedsDeadRows = () =>
  untilTrue('nobody needs dead rows', async () => {
    const text = `SELECT FROM pg_stat_activity
                   WHERE datname = current_database() AND pid <> pg_backend_pid() AND coalesce(backend_xid, backend_xmin) IS NOT NULL`;
    return (await stage.rig.sql(stage.database, text)).length === 0;
  });

describe('rb db vacuum', () => {
  test('vacuums and analyzes, and tells the dead rows before and after', async () => {
    await nobodyNeedsDeadRows();
    const { dead, vacuums, analyzes } = await counted();
    await stage.rig.sql(stage.database, 'DELETE FROM orders WHERE id > 3000');
    await untilTrue('the deletes have been counted', async () => (await counted()).dead === dead + 2000);
    const dry = await owner().run('db vacuum orders --dry-run');
    expect(dry.stdout).toMatch(/ 2 000 dead rows beside 3 000 live ones; last vacuumed never/);
    const run = await owner().run('db vacuum orders --yes -o json');
    expect(run.code, run.all).toBe(0);
    expect(step(run, 'vacuum').change?.equivalent).toEqual(['VACUUM (ANALYZE) public.orders;']);
    const { summary, data } = found(run, 'vacuum');
    expect(summary).toBe('public.orders vacuumed and analyzed: 2 000 dead rows before, 0 after');
    expect(data).toMatchObject({ before: { dead: 2000 }, after: { dead: 0 } });
    expect(await counted()).toEqual({ dead: 0, vacuums: vacuums + 1, analyzes: analyzes + 1 });
  });

  test('says who keeps the dead rows that stay', async () => {
    await nobodyNeedsDeadRows();
    const [holder] = await stage.idle('holder');
    await holder?.query('BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT 1 FROM orders LIMIT 1');
    const { dead } = await counted();
    await stage.rig.sql(stage.database, 'DELETE FROM orders WHERE id > 1000');
    await untilTrue('the deletes have been counted', async () => (await counted()).dead === dead + 2000);
    const [pid] = await stage.pids('holder');
    const run = await stage.operator('postgres').run('db vacuum orders --yes');
    expect(run.stderr).toMatch(new RegExp(`they stay because of the session ${pid} `));
    expect(run.code).toBe(0);
    await holder?.end();
  });

  test("refuses another owner's table, which the server would only warn of", async () => {
    const run = await operator().run('db vacuum orders --yes');
    expect([run.code, run.stderr]).toEqual([3, expect.stringContaining('belongs to "owner"')]);
  });

  test.for([
    ['sales."Größe"', 'sales."Größe"'],
    ['Größe', undefined],
    [hostile, `public."""; DROP TABLE orders; --"`],
  ] as const)('a name that has to be quoted: %s', async ([name, quoted]) => {
    const run = await owner().run(['db', 'vacuum', name, '--no-analyze', '--yes', '-o', 'json']);
    if (quoted === undefined) {
      expect(run.code).toBe(2);
      return;
    }
    expect(step(run, 'vacuum').change?.equivalent).toEqual([`VACUUM ${quoted};`]);
    expect(run.code, run.all).toBe(0);
    expect(await stage.rig.sql(stage.database, `SELECT to_regclass('orders') IS NOT NULL AS there`)).toEqual([
      { there: true },
    ]);
  });

  test('a table that is not there: exit code 2, with what comes near', async () => {
    const run = await owner().run('db vacuum order --yes');
    expect([run.code, run.stderr]).toEqual([2, expect.stringContaining('did you mean public.orders')]);
    expect((await owner().run('db vacuum')).code).toBe(2);
    const watched = await owner().run('db vacuum orders --watch 2 --yes');
    expect([watched.code, watched.stderr]).toEqual([2, expect.stringContaining('--watch does not go with VACUUM')]);
  });

  test('a connection that is cut: exit code 7; rb resume looks at the server', async () => {
    const proxy = await startProxy({ port: stage.rig.primary.port });
    const someone = stage.operator('owner', '', { port: proxy.port, query: { sslmode: 'disable' } });
    proxy.cutOn('VACUUM (', 'before');
    const before = await someone.run('db vacuum orders --yes');
    expect([before.code, before.stderr]).toEqual([7, expect.stringContaining('rb resume')]);
    proxy.heal();
    const asked = await someone.run('resume');
    expect([asked.code, asked.stderr]).toEqual([2, expect.stringContaining('was not vacuumed to the end')]);
    expect((await someone.run('resume --yes')).code).toBe(0);

    const { vacuums } = await counted();
    proxy.cutOn('VACUUM (', 'after');
    expect((await someone.run('db vacuum orders --yes')).code).toBe(7);
    proxy.heal();
    await untilTrue('the server has done it', async () => (await counted()).vacuums === vacuums + 1);
    const resumed = await someone.run('resume');
    expect(resumed.code, resumed.all).toBe(0);
    expect([outcome(await trail(someone)), (await counted()).vacuums]).toEqual(['done', vacuums + 1]);
    await proxy.close();
  });

  test('kill -9 while it works: the server goes on, and rb resume finds it done, and asks nothing', async () => {
    const { vacuums } = await counted();
    const holder = await stage.rig.connect('postgres', stage.database, { application: 'in the way' });
    await holder.query('BEGIN; LOCK TABLE orders IN SHARE UPDATE EXCLUSIVE MODE');
    const someone = owner();
    const running = someone.start('db vacuum orders --yes');
    const ended = running.ended.catch((error: unknown) => error);
    await untilTrue('VACUUM waits for the lock', async () => {
      const text = `SELECT 1 FROM pg_stat_activity WHERE query LIKE 'VACUUM (%' AND wait_event_type = 'Lock'`;
      return (await stage.rig.sql('postgres', text)).length === 1;
    });
    running.signal('SIGKILL');
    await ended;
    await holder.query('ROLLBACK');
    await holder.end();
    await untilTrue('the server is done with it', async () => (await counted()).vacuums === vacuums + 1);
    const resumed = await someone.run('resume');
    expect(resumed.code, resumed.all).toBe(0);
    expect([outcome(await trail(someone)), (await counted()).vacuums]).toEqual(['done', vacuums + 1]);
  });
});
