import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { untilTrue } from '../../rigs/postgres/until.ts';
import { startProxy } from '../../rigs/toxiproxy.ts';
import type { Proxy } from '../../rigs/toxiproxy.ts';
import { outcome, trail } from '../trail.ts';
import { found, operatorAt, useDatabase } from './stage.ts';

const stage = useDatabase(
  {},
  'CREATE TABLE orders (id int, note text) WITH (fillfactor = 10)',
  `INSERT INTO orders SELECT n, repeat('x', 500) FROM generate_series(1, 4000) n`,
  'DELETE FROM orders',
  'ALTER TABLE orders OWNER TO owner',
);
let network: Proxy | undefined;
beforeAll(async () => {
  network = await startProxy(stage.rig.url('operator', stage.database));
});
afterEach(() => network?.restore());
afterAll(() => network?.close());

const toxic = (): Proxy => {
  if (!network) throw new Error('the proxy is started before the first test');
  return network;
};
/** As `role`, through the network that is disturbed. */
const through = (role: 'operator' | 'owner') => {
  const url = new URL(stage.rig.url(role, stage.database));
  const { hostname, port } = new URL(toxic().url);
  [url.hostname, url.port] = [hostname, port];
  url.searchParams.set('connect_timeout', '5');
  return operatorAt(url.href);
};
const counted = async () => {
  const run = await through('operator').run('db connections -o json');
  return [run.code, found(run, 'connections').data['byUser']];
};
/** One line that says why, with its step, and the exit code. */
const unreachable = async (why: RegExp) => {
  const run = await through('operator').run('db connections');
  const lines = run.stderr.split('\n').filter((line) => line.startsWith('✗ Connections '));
  expect([run.code, lines], run.all).toEqual([5, [expect.stringMatching(why)]]);
  expect(run.all).not.toContain('pass/w@rd');
};

describe('rb db through a network that', () => {
  test('is slow: everything is there', async () => {
    await toxic().delay(300);
    expect(await counted()).toEqual([
      0,
      expect.arrayContaining([expect.objectContaining({ name: 'operator', count: 1 })]),
    ]);
  });

  test('tears every packet to pieces: everything is there', async () => {
    await toxic().slice(7);
    expect(await counted()).toEqual([
      0,
      expect.arrayContaining([expect.objectContaining({ name: 'operator', count: 1 })]),
    ]);
  });

  test('takes connections and lets nothing through', async () => {
    await toxic().silence();
    await unreachable(/127\.0\.0\.1:\d+ does not answer within 5 s/);
  });

  test('refuses connections', async () => {
    await toxic().cut();
    await unreachable(/127\.0\.0\.1:\d+: connection refused/);
  });

  test('resets connections', async () => {
    await toxic().reset();
    await unreachable(/127\.0\.0\.1:\d+/);
  });

  test.each([0, 1, 100, 1000, 2000, 3000])('ends connections after %i bytes', async (bytes) => {
    await toxic().endAfter(bytes);
    await unreachable(/127\.0\.0\.1:\d+/);
  });

  test('falls silent under a VACUUM: that is told; given up, its outcome is unknown, and rb resume settles it', async () => {
    const slow = (to: string) => stage.rig.sql('postgres', `ALTER DATABASE ${stage.database} ${to}`);
    await slow('SET vacuum_cost_delay = 100');
    await slow('SET vacuum_cost_limit = 1');
    const someone = through('owner');
    const running = someone.start('db vacuum orders --yes');
    await running.writes('scanning heap');
    await toxic().silence();
    await running.writes('how far it is cannot be seen');
    running.signal('SIGINT');
    await running.writes('again to stop waiting');
    running.signal('SIGINT');
    const { code, stderr } = await running.ended;
    expect([code, stderr]).toEqual([7, expect.stringContaining('rb resume')]);

    await toxic().restore();
    const pid = `SELECT pid FROM pg_stat_progress_vacuum`;
    expect(await stage.rig.sql('postgres', pid)).toHaveLength(1);
    await stage.rig.sql('postgres', `SELECT pg_terminate_backend(pid) FROM (${pid}) vacuum`);
    await untilTrue('it is gone', async () => (await stage.rig.sql('postgres', pid)).length === 0);
    await slow('RESET vacuum_cost_delay');
    await slow('RESET vacuum_cost_limit');
    const asked = await someone.run('resume');
    expect([asked.code, asked.stderr]).toEqual([2, expect.stringContaining('was not vacuumed to the end')]);
    const resumed = await someone.run('resume --yes');
    expect(resumed.code, resumed.all).toBe(0);
    expect(outcome(await trail(someone))).toBe('done');
  });
});
