import { expect, test } from 'vitest';
import { untilTrue } from '../../rigs/postgres/until.ts';
import { found, useDatabase } from './stage.ts';

const stage = useDatabase({});

test('rb db running: a statement that others help with is one session at work', async () => {
  const [client] = await stage.idle('report');
  const [pid = 0] = await stage.pids('report');
  // It has another name from 16 on.
  await client?.query(
    `SELECT set_config(name, 'on', false) FROM pg_settings WHERE name IN ('force_parallel_mode', 'debug_parallel_query')`,
  );
  const sleeping = client?.query('SELECT pg_sleep(600)').catch(() => undefined);
  await untilTrue('a worker has been at it for a while', async () => {
    const text = `SELECT FROM pg_stat_activity WHERE backend_type = 'parallel worker' AND xact_start < clock_timestamp() - interval '1.1 s'`;
    return (await stage.rig.sql('postgres', text)).length === 1;
  });
  const run = await stage.operator('operator').run('db running --older-than 1s -o json');
  const { summary, data } = found(run, 'running');
  expect(data['sessions']).toHaveLength(2);
  expect(summary).toMatch(/^1 session \(and 1 parallel worker\) at work for 1 s or longer on /);
  await stage.rig.sql('postgres', 'SELECT pg_cancel_backend($1)', [pid]);
  await sleeping;
});
