import { expect, test } from 'vitest';
import { untilTrue } from '../../rigs/postgres/until.ts';
import { found, useDatabase } from './stage.ts';

/** Autovacuum begins at once, and takes a tenth of a second for each page. */
const slowAutovacuum = {
  autovacuum: 'on',
  autovacuum_naptime: 1,
  autovacuum_vacuum_threshold: 10,
  autovacuum_vacuum_scale_factor: 0,
  autovacuum_vacuum_cost_delay: 100,
  autovacuum_vacuum_cost_limit: 1,
};

const stage = useDatabase(
  { settings: slowAutovacuum },
  // Nearly empty pages: it takes many minutes, and is not done before the test is.
  'CREATE TABLE orders (id int) WITH (fillfactor = 10)',
  'INSERT INTO orders SELECT generate_series(1, 100000)',
  'DELETE FROM orders WHERE id % 2 = 0',
);

const processesOf = async (...kinds: readonly string[]): Promise<readonly number[]> => {
  const text = `SELECT pid FROM pg_stat_activity WHERE backend_type = ANY ($1) ORDER BY pid`;
  return (await stage.rig.sql('postgres', text, [kinds])).map(({ pid }) => pid as number);
};

/** A worker of autovacuum that is at the table. What it did last would be shown of one that was cancelled, too. */
const worker = async (): Promise<number> => {
  let pid: number | undefined;
  await untilTrue('autovacuum is at work', async () => {
    const text = `SELECT p.pid FROM pg_stat_progress_vacuum p JOIN pg_stat_activity a USING (pid)
                   WHERE a.backend_type = 'autovacuum worker' AND p.relid = 'orders'::regclass`;
    pid = (await stage.rig.sql(stage.database, text))[0]?.['pid'] as number | undefined;
    return pid !== undefined;
  });
  return pid ?? 0;
};

test('a worker of autovacuum is stopped by a superuser, and by others only with the right that is named', async () => {
  const pid = await worker();
  const denied = await stage.operator('operator').run(`db cancel ${pid} --yes`);
  expect([denied.code, denied.stderr]).toEqual([
    3,
    expect.stringMatching(
      /pid \d+ \(autovacuum worker\) is left alone: a process without a role[^]*"operator" is no superuser/,
    ),
  ]);
  expect(denied.stderr).toMatch(/log in as a superuser|GRANT pg_signal_autovacuum_worker TO "operator"/);
  expect(denied.stderr).not.toContain('pg_signal_backend');
  expect(await processesOf('autovacuum worker')).toContain(pid);
  const cancelled = await stage.operator('postgres').run(`db cancel ${pid} --yes -o json`);
  expect([cancelled.code, found(cancelled, 'cancel').data], cancelled.all).toEqual([
    0,
    { outcome: 'done', worked: true },
  ]);
  await untilTrue('the server tells of it', () => stage.rig.primary.log().includes('canceling autovacuum task'));
  const ended = await stage.operator('postgres').run(`db terminate ${await worker()} --confirm shop/prod -o json`);
  expect([ended.code, found(ended, 'terminate').data], ended.all).toEqual([0, { outcome: 'done', stillThere: false }]);
});

test('what the server itself needs is never signalled, whoever asks', async () => {
  const kinds = [
    'checkpointer',
    'walwriter',
    'background writer',
    'autovacuum launcher',
    'logical replication launcher',
  ];
  const before = await processesOf(...kinds);
  expect(before).toHaveLength(kinds.length);
  for (const pid of before)
    for (const line of [`db cancel ${pid} --yes`, `db terminate ${pid} --confirm shop/prod`]) {
      const refused = await stage.operator('postgres').run(line);
      expect([refused.code, refused.stderr], line).toEqual([
        3,
        expect.stringContaining('is a process of the server itself. Nothing was done.'),
      ]);
      expect(refused.stderr).not.toContain('GRANT');
    }
  expect(await processesOf(...kinds)).toEqual(before);
});
