import { execFile } from 'node:child_process';
import { existsSync, readFileSync, statSync, writeFileSync, mkdirSync } from 'node:fs';
import { request } from 'node:https';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Redis } from 'ioredis';
import { Client } from 'pg';
import { afterEach, expect, test } from 'vitest';
import { startSandbox } from '../../sandbox/index.ts';
import { notedProcesses } from '../../sandbox/processes.ts';
import { checkout, readState } from '../../sandbox/state.ts';
import { loadConfig } from '../config/rig.ts';
import { ask, newDirectory, patient, runs } from './sandbox-rig.ts';

const endings: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const end of endings.splice(0)) await end();
}, patient.timeout);

const newPlace = (): string => {
  const { directory, remove } = newDirectory();
  endings.push(remove);
  return directory;
};

const run = promisify(execFile);
const sandboxCommand = async (...args: string[]): Promise<{ exitCode: number; stdout: string; stderr: string }> =>
  run(process.execPath, [join(checkout, 'sandbox/main.ts'), ...args]).then(
    ({ stdout, stderr }) => ({ exitCode: 0, stdout, stderr }),
    (error: { code: number; stdout: string; stderr: string }) => ({ ...error, exitCode: error.code }),
  );

test('up starts it, status shows it, up again finds it, down leaves nothing', patient, async () => {
  const directory = newPlace();
  const before = await sandboxCommand('status', '--directory', directory);
  expect(before).toMatchObject({ exitCode: 1, stdout: expect.stringContaining('npm run sandbox -- up') });

  const up = await sandboxCommand('up', '--directory', directory);
  expect(up).toMatchObject({ exitCode: 0, stderr: '' });
  expect(up.stdout).toContain(`use -c ${join(directory, 'runbook.config.yaml')}`);

  const status = await sandboxCommand('status', '--directory', directory);
  for (const id of ['checkout-1', 'checkout-2', 'checkout-3']) {
    expect(status.stdout).toMatch(new RegExp(`${id} +running +1\\.4\\.2 +\\S+Z +http://127\\.0\\.0\\.1:\\d+`));
  }
  const again = await sandboxCommand('up', '--directory', directory);
  expect(again).toMatchObject({ exitCode: 0, stdout: expect.stringContaining('is running already') });

  const { runtime = '', supervisorPid = 0 } = readState(directory) ?? {};
  const pids = [supervisorPid, ...notedProcesses(runtime).map(({ pid }) => pid)];
  expect(pids.length).toBeGreaterThanOrEqual(5);
  expect(pids.every(runs)).toBe(true);
  const down = await sandboxCommand('down', '--directory', directory);
  expect(down.exitCode).toBe(0);
  expect(pids.filter(runs)).toEqual([]);
  expect([existsSync(directory), existsSync(runtime)]).toEqual([false, false]);
  expect((await sandboxCommand('down', '--directory', directory)).exitCode).toBe(0);
});

test('a directory with other files in it is left alone', patient, async () => {
  const directory = newPlace();
  mkdirSync(directory);
  writeFileSync(join(directory, 'thesis.txt'), 'mine');
  const up = await sandboxCommand('up', '--directory', directory);
  expect(up).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('holds other files') });
  await sandboxCommand('down', '--directory', directory);
  expect(readFileSync(join(directory, 'thesis.txt'), 'utf8')).toBe('mine');
});

test('it has a database, a cache and TLS of its own, or says how to get them', patient, async () => {
  const sandbox = await startSandbox({ directory: newPlace(), quiet: true });
  const { state, directory } = sandbox;

  expect(await ask(`${sandbox.url}/health`)).toMatchObject({ status: 200, body: { status: 'ok', version: '1.4.2' } });
  expect(await ask(`${sandbox.url}/health/ready`)).toEqual({ status: 200, body: { status: 'ready' } });
  expect(await ask(`${sandbox.url}/health/live`)).toMatchObject({ status: 200, body: { status: 'alive' } });
  const { environments } = loadConfig(sandbox.configPath).config;
  const paths = environments['sandbox']?.health.endpoints.map(({ path }) => path);

  if (state.databasePort === undefined) {
    expect(state.notes.join()).toContain('apt-get install postgresql');
    expect(await ask(`${sandbox.url}/health/db`)).toMatchObject({ status: 503, body: { status: 'absent' } });
    expect(paths).not.toContain('/health/db');
  } else {
    const health = await ask(`${sandbox.url}/health/db`);
    expect(health).toMatchObject({ status: 200, body: { status: 'ok', latency_ms: expect.any(Number) } });
    const file = join(directory, 'database.url');
    expect(statSync(file).mode & 0o777).toBe(0o600);
    const client = new Client({ connectionString: readFileSync(file, 'utf8').trim() });
    await client.connect();
    const { rows } = await client.query(
      "SELECT count(*)::int AS n FROM pg_stat_activity WHERE application_name LIKE 'checkout-%' AND state IS NOT NULL",
    );
    await client.end();
    expect(rows).toEqual([{ n: expect.any(Number) }]);
    expect((rows as { n: number }[])[0]?.n, 'the instances are connected, and the operator sees it').toBeGreaterThan(0);
    expect(paths).toContain('/health/db');
  }

  if (state.cachePort === undefined) {
    expect(state.notes.join()).toContain('apt-get install redis-server');
    expect(paths).not.toContain('/health/cache');
  } else {
    expect(await ask(`${sandbox.url}/health/cache`)).toEqual({ status: 200, body: { status: 'ok' } });
    const redis = new Redis(readFileSync(join(directory, 'redis.url'), 'utf8').trim());
    expect(await redis.ping()).toBe('PONG');
    redis.disconnect();
  }

  const ca = readFileSync(join(directory, 'tls/ca.pem'));
  expect(await serialNumber(sandbox.tlsUrl, ca)).toBe(await serialNumber(sandbox.tlsUrl, ca));
  const first = await serialNumber(sandbox.tlsUrl, ca);
  await sandbox.control(['renew']);
  expect(await serialNumber(sandbox.tlsUrl, ca), 'renewed is not served').toBe(first);
  await sandbox.control(['reload']);
  await expect.poll(() => serialNumber(sandbox.tlsUrl, ca), { timeout: 120_000 }).not.toBe(first);
});

test('without Redis it goes on, and says how to get it', patient, async () => {
  const directory = newPlace();
  const program = join(checkout, 'sandbox/main.ts');
  const { stdout } = await run(process.execPath, [program, 'up', '--directory', directory], { env: { PATH: '' } });
  expect(stdout).toContain('There is no Redis on this machine: install');
  const { config } = loadConfig(join(directory, 'runbook.config.yaml'));
  expect(config.environments['sandbox']).not.toHaveProperty('cache');
  const url = config.environments['sandbox']?.url ?? '';
  expect(await ask(`${url}/health/cache`)).toMatchObject({ status: 503, body: { status: 'absent' } });
  expect(await ask(`${url}/health/ready`)).toMatchObject({ status: 200 });
});

/** Of the certificate that is served; rejects where it is not from this CA or not for this name. */
const serialNumber = (url: string, ca: Buffer): Promise<string> =>
  new Promise((resolve, reject) => {
    const outgoing = request(`${url}/health`, { ca, agent: false }, (response) => {
      const socket = response.socket as import('node:tls').TLSSocket;
      resolve(socket.getPeerCertificate().serialNumber);
      response.resume();
    });
    outgoing.once('error', reject);
    outgoing.end();
  });
