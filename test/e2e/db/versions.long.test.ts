import { beforeAll, describe, expect, test } from 'vitest';
import { untilTrue } from '../../rigs/postgres/until.ts';
import { postgresVersions } from '../../rigs/postgres/versions.ts';
import { found, useDatabase, wait } from './stage.ts';

const [, ...others] = await postgresVersions();

// What differs between the versions of the server is the adapter's, and tested there in full.
describe.each(others)('rb db on $name', ({ binaries, major }) => {
  const stage = useDatabase(
    { binaries },
    'CREATE TABLE orders (id int PRIMARY KEY, note text)',
    'INSERT INTO orders SELECT n FROM generate_series(1, 5000) n',
    'ANALYZE',
  );
  beforeAll(() => stage.rig.sql(stage.database, 'CREATE EXTENSION pg_stat_statements'));
  // Who may see all columns: what of bloat may not be seen is told, and tested elsewhere.
  const run = (line: string) => stage.operator('postgres').run(line);

  test.each([
    'connections',
    'running',
    'replication',
    'indexes',
    'size',
    'bloat',
    'wal',
    'slow',
    'blocking',
    'vacuum --status',
  ])('%s', async (line) => {
    const ended = await run(`db ${line} -o json`);
    const { verdict } = ended.json() as { verdict: string };
    expect([ended.code, verdict], ended.all).toEqual([0, expect.stringMatching(/^(ok|warn)$/)]);
    expect(ended.stdout).toMatch(new RegExp(`"version": "${major}\\.`));
  });

  test('VACUUM tells the dead rows that it found and left, as soon as it is done', async () => {
    const dead = async () => {
      const text = 'SELECT n_dead_tup::int AS dead FROM pg_stat_user_tables';
      return (await stage.rig.sql(stage.database, text))[0]?.['dead'];
    };
    await stage.rig.sql(stage.database, 'DELETE FROM orders WHERE id > 3000');
    await untilTrue('the deletes have been counted', async () => (await dead()) === 2000);
    const ended = await stage.operator('owner').run('db vacuum orders --yes -o json');
    expect(ended.code, ended.all).toBe(0);
    expect(found(ended, 'vacuum')).toMatchObject({
      verdict: 'ok',
      summary: expect.stringContaining('2 000 dead rows before, 0 after') as string,
    });
  });

  test('idle sessions are ended, one is cancelled and one terminated, and statistics are forgotten', async () => {
    const [, busy] = await stage.idle('web', 'busy', 'last');
    const sleeping = busy?.query('SELECT pg_sleep(600)').catch((error: Error) => error.message);
    await wait(1100);
    const idle = await run('db kill-idle --older-than 1s --application web --yes');
    expect([idle.code, await stage.pids('web')], idle.all).toEqual([0, []]);
    const [pid] = await stage.pids('busy');
    const cancelled = await run(`db cancel ${pid} --yes`);
    expect([cancelled.code, await sleeping], cancelled.all).toEqual([0, expect.stringContaining('user request')]);
    const [last] = await stage.pids('last');
    const terminated = await run(`db terminate ${last} --confirm shop/prod`);
    expect([terminated.code, await stage.pids('last')], terminated.all).toEqual([0, []]);
    const reset = await run('db slow --reset --yes');
    expect(reset.code, reset.all).toBe(0);
  });
});
