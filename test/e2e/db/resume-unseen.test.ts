import { afterEach, expect, test } from 'vitest';
import { startProxy } from '../../rigs/postgres/proxy.ts';
import { untilTrue } from '../../rigs/postgres/until.ts';
import { useDatabase } from './stage.ts';

const stage = useDatabase({});
afterEach(() => stage.rig.sql('postgres', 'GRANT pg_monitor TO operator'));

// A colleague who resumes has another login; or the right was taken away in between.
test.each([
  ['terminate', 'pg_terminate_backend', '--confirm shop/prod'],
  ['cancel', 'pg_cancel_backend', '--yes'],
  ['kill-idle --older-than 1s --application', 'pg_terminate_backend', '--yes'],
])('%s, cut off: who may not see the session does not settle it as done', async (command, cut, confirmed) => {
  const application = command.split(' ', 1)[0] ?? '';
  const [client] = await stage.idle(application);
  const [pid = 0] = await stage.pids(application);
  const sleeping = command === 'cancel' ? client?.query('SELECT pg_sleep(600)').catch(() => undefined) : undefined;
  await untilTrue('it does what it is to do', async () => {
    const text = `SELECT state FROM pg_stat_activity WHERE pid = $1 AND state_change < clock_timestamp() - interval '1.1 s'`;
    const [row] = await stage.rig.sql('postgres', text, [pid]);
    return row?.['state'] === (sleeping ? 'active' : 'idle');
  });
  const proxy = await startProxy({ port: stage.rig.primary.port });
  const operator = stage.operator('operator', '', { port: proxy.port, query: { sslmode: 'disable' } });
  proxy.cutOn(cut, 'before');
  const named = command.startsWith('kill-idle') ? application : String(pid);
  const run = await operator.run(`db ${command} ${named} ${confirmed}`);
  expect(run.code, run.all).toBe(7);
  proxy.heal();
  await stage.rig.sql('postgres', 'REVOKE pg_monitor FROM operator');
  const resumed = await operator.run(`resume ${confirmed}`);
  expect([resumed.code, resumed.stderr], resumed.all).toEqual([7, expect.stringContaining('cannot see')]);
  expect(await stage.pids(application)).toEqual([pid]);
  await stage.rig.sql('postgres', 'GRANT pg_monitor TO operator');
  const settled = await operator.run(`resume ${confirmed}`);
  expect(settled.code, settled.all).toBe(0);
  await sleeping;
  await proxy.close();
});
