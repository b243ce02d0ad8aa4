import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { startSandbox, type Sandbox } from '../../sandbox/index.ts';
import { startLoad } from '../../sandbox/load.ts';
import { checkout } from '../../sandbox/state.ts';
import { ask, instance, instances, newDirectory, patient, restarts, until } from './sandbox-rig.ts';
import { haveTimeForPrograms } from '../patience.ts';

haveTimeForPrograms();

const place = newDirectory();
let sandbox: Sandbox;
beforeAll(async () => {
  sandbox = await startSandbox({ directory: place.directory, quiet: true, database: false, cache: false });
}, patient.timeout);
afterAll(place.remove, patient.timeout);

const readiness = async (id: string): Promise<number> =>
  (await ask(`${(await instance(sandbox, id)).url ?? ''}/health/ready`)).status;
const restartUntilReady = async (id: string): Promise<void> => {
  await sandbox.control(['restart', id]);
  await until(async () => (await readiness(id)) === 200);
};

beforeEach(async () => {
  for (const { id } of await instances(sandbox)) await sandbox.control(['heal', id]);
  await sandbox.control(['start']);
  await until(async () =>
    (await Promise.all((await instances(sandbox)).map(({ id }) => readiness(id)))).every((status) => status === 200),
  );
}, patient.timeout);

test('restarted one by one, not one request fails', patient, async () => {
  const before = await instances(sandbox);
  const load = startLoad(sandbox.url, 150);
  for (const { id } of before) await restartUntilReady(id);
  await load.until(300);
  const { requests, failed, reasons } = await load.stop();
  expect([...reasons]).toEqual([]);
  expect(failed).toBe(0);
  expect(requests).toBeGreaterThanOrEqual(300);
  const after = await instances(sandbox);
  for (const [index, { id, startedAt, pid }] of before.entries()) {
    expect(after[index]).toMatchObject({ id, state: 'running' });
    expect(after[index]?.pid).not.toBe(pid);
    expect(Date.parse(after[index]?.startedAt ?? '')).toBeGreaterThan(Date.parse(startedAt ?? ''));
  }
});

test('the load counts what fails', patient, async () => {
  await sandbox.control(['maintenance', 'on']);
  const load = startLoad(sandbox.url, 100);
  await load.until(10);
  const { requests, failed, reasons } = await load.stop();
  await sandbox.control(['maintenance', 'off']);
  expect(failed).toBe(requests);
  expect([...reasons]).toEqual([['HTTP 503', failed]]);
});

test('an instance that is restarting already is not restarted twice', patient, async () => {
  const { startedAt } = await instance(sandbox, 'checkout-2');
  const before = restarts(sandbox).length;
  await Promise.all([sandbox.control(['restart', 'checkout-2']), sandbox.control(['restart', 'checkout-2'])]);
  expect(restarts(sandbox).slice(before)).toEqual([
    { instance: 'checkout-2', at: expect.any(String), previousStartedAt: startedAt },
  ]);
});

test('told to come back unhealthy, it does, and the others serve', patient, async () => {
  await sandbox.control(['fail', 'checkout-2', 'unhealthy']);
  expect(await readiness('checkout-2'), 'not before its restart').toBe(200);
  const load = startLoad(sandbox.url, 100);
  await sandbox.control(['restart', 'checkout-2']);
  await until(async () => (await instance(sandbox, 'checkout-2')).state === 'running');
  const { url } = await instance(sandbox, 'checkout-2');
  expect(await ask(`${url ?? ''}/health`)).toMatchObject({ status: 503, body: { status: 'unhealthy' } });
  expect(await ask(`${url ?? ''}/health/live`)).toMatchObject({ status: 200 });
  const served = load.count().requests;
  await load.until(served + 50);
  expect(await load.stop()).toMatchObject({ failed: 0 });
  await sandbox.control(['heal', 'checkout-2']);
  expect(await readiness('checkout-2')).toBe(200);
});

test('told to crash, it ends after its restart and stays down', patient, async () => {
  await sandbox.control(['fail', 'checkout-3', 'crash']);
  const load = startLoad(sandbox.url, 100);
  await sandbox.control(['restart', 'checkout-3']);
  await until(async () => (await instance(sandbox, 'checkout-3')).state === 'stopped');
  expect(await instance(sandbox, 'checkout-3')).toMatchObject({ startedAt: null, pid: null });
  expect(await load.stop()).toMatchObject({ failed: 0 });
  expect(readFileSync(join(sandbox.directory, 'logs/checkout-3.log'), 'utf8')).toContain('"level":"error"');
});

test('told to answer with errors, it is healthy and fails some requests, and logs them', patient, async () => {
  await sandbox.control(['fail', 'checkout-1', 'errors', '--now']);
  const { url } = await instance(sandbox, 'checkout-1');
  const answers = [];
  for (let n = 0; n < 6; n += 1) answers.push((await ask(url ?? '')).status);
  expect(answers.filter((status) => status === 500)).toHaveLength(2);
  expect(await readiness('checkout-1')).toBe(200);
  await expect
    .poll(() => readFileSync(join(sandbox.directory, 'logs/checkout-1.log'), 'utf8'), patient)
    .toMatch(/"ts":"\S+Z","level":"error","msg":"payment failed[^"]+","user_id":"\d+","request_id":"[\w-]+"/);
});

test('told to start slowly, it is ready only later', patient, async () => {
  await sandbox.control(['fail', 'checkout-1', 'slow-start']);
  await sandbox.control(['restart', 'checkout-1']);
  await until(async () => (await readiness('checkout-1')) === 503);
  const { startedAt } = await instance(sandbox, 'checkout-1');
  await until(async () => (await readiness('checkout-1')) === 200);
  expect(Date.now() - Date.parse(startedAt ?? '')).toBeGreaterThanOrEqual(5000);
});

test('scaling adds and removes the last ones', patient, async () => {
  expect(await sandbox.control(['scale', '5'])).toContain('of 5 instances');
  expect((await instances(sandbox)).map(({ id }) => id)).toEqual([1, 2, 3, 4, 5].map((n) => `checkout-${String(n)}`));
  expect(await sandbox.control(['scale', '3'])).toBe('checkout: 3 of 3 instances running, version 1.4.2');
  await expect(sandbox.control(['scale', '0'])).rejects.toThrow('from 1 to 12');
});

test('a version is deployed at the next restart and rolled back one by one', patient, async () => {
  await sandbox.control(['deploy', '1.5.0']);
  expect(new Set((await instances(sandbox)).map(({ version }) => version))).toEqual(new Set(['1.4.2']));
  await restartUntilReady('checkout-1');
  expect((await instances(sandbox)).map(({ version }) => version)).toEqual(['1.5.0', '1.4.2', '1.4.2']);
  const before = restarts(sandbox).length;
  await sandbox.control(['rollback']);
  expect((await instances(sandbox)).map(({ version }) => version)).toEqual(['1.4.2', '1.4.2', '1.4.2']);
  expect(
    restarts(sandbox)
      .slice(before)
      .map((each) => each.instance),
    'the others had it already',
  ).toEqual(['checkout-1']);
});

test('stopped, nobody answers; started, everybody does', patient, async () => {
  expect(await sandbox.control(['stop'])).toContain('0 of 3');
  expect(await ask(sandbox.url)).toMatchObject({ status: 503, body: { error: 'no instance is ready' } });
  await sandbox.control(['start']);
  await until(async () => (await ask(sandbox.url)).status === 200);
});

test('control.js runs by itself, and says what is wrong', patient, async () => {
  const control = join(checkout, 'sandbox/control.js');
  const run = promisify(execFile);
  const { stdout } = await run(control, ['--directory', sandbox.directory, 'status']);
  expect(stdout).toBe('checkout: 3 of 3 instances running, version 1.4.2\n');
  await expect(run(control, ['--directory', sandbox.directory, 'restart', 'checkout-9'])).rejects.toMatchObject({
    code: 1,
    stderr: 'there is no instance "checkout-9"; there are checkout-1, checkout-2, checkout-3\n',
  });
  await expect(run(control, ['--directory', join(sandbox.directory, 'nowhere'), 'status'])).rejects.toMatchObject({
    code: 1,
    stderr: expect.stringContaining('npm run sandbox -- up'),
  });
  await expect(run(control, [])).rejects.toMatchObject({ code: 2, stderr: expect.stringContaining('Usage') });
});
