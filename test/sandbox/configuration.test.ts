import { join } from 'node:path';
import { createServer } from 'node:http';
import { afterEach, expect, test } from 'vitest';
import { preferredPorts } from '../../sandbox/config.ts';
import { startSandbox } from '../../sandbox/index.ts';
import { listen } from '../../sandbox/ports.ts';
import { checkout } from '../../sandbox/state.ts';
import { loadConfig } from '../config/rig.ts';
import { ask, instances, newDirectory, patient } from './sandbox-rig.ts';

const endings: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const end of endings.splice(0)) await end();
}, patient.timeout);

const newPlace = (): string => {
  const { directory, remove } = newDirectory();
  endings.push(remove);
  return directory;
};

const small = { quiet: true, database: false, cache: false };

test('the top-level runbook.config.yaml is valid', () => {
  const { config } = loadConfig(join(checkout, 'runbook.config.yaml'));
  expect(config.defaultEnvironment).toBe('sandbox');
  expect(Object.keys(config.environments)).toEqual(['sandbox']);
});

test('the copy differs from it in ports, paths and what is not there', patient, async () => {
  const sandbox = await startSandbox({ ...small, directory: newPlace() });
  const { config } = loadConfig(sandbox.configPath);
  const copied = config.environments['sandbox'];
  const control = [join(checkout, 'sandbox/control.js'), '--directory', sandbox.directory];
  expect(copied).toMatchObject({
    url: sandbox.url,
    workload: { instances: [...control, 'instances'], restartInstance: [...control, 'restart', '{{instance}}'] },
    logs: { path: join(sandbox.directory, 'logs/*.log') },
    certificates: [{ port: Number(new URL(sandbox.tlsUrl).port) }],
  });
  expect(copied).not.toHaveProperty('database');
  expect(copied).not.toHaveProperty('cache');
  expect(copied?.health.endpoints.map(({ path }) => path)).toEqual(['/health', '/health/ready', '/health/live']);
});

test('where the preferred ports are taken, others are', patient, async () => {
  // Whoever has the port, this test or something else on this machine: it is taken.
  const squatter = createServer((_, response) => response.end('not the sandbox'));
  await listen(squatter, preferredPorts().port);
  endings.push(async () => void squatter.close());
  const sandbox = await startSandbox({ ...small, directory: newPlace(), preferExamplePorts: true });
  expect(Number(new URL(sandbox.url).port)).not.toBe(preferredPorts().port);
  expect(loadConfig(sandbox.configPath).config.environments['sandbox']?.url).toBe(sandbox.url);
  expect(await ask(`${sandbox.url}/health/ready`)).toMatchObject({ status: 200 });
});

test('two run at the same time, and one ends without the other', patient, async () => {
  const [one, two] = await Promise.all([
    startSandbox({ ...small, directory: newPlace() }),
    startSandbox({ ...small, directory: newPlace() }),
  ]);
  await one.control(['scale', '4']);
  expect([(await instances(one)).length, (await instances(two)).length]).toEqual([4, 3]);
  await one.down();
  expect(await ask(`${one.url}/health`)).toMatchObject({ status: 0 });
  expect(await ask(`${two.url}/health`)).toMatchObject({ status: 200 });
});

test('two that start in one directory are one', patient, async () => {
  const directory = newPlace();
  const [one, two] = await Promise.all([startSandbox({ ...small, directory }), startSandbox({ ...small, directory })]);
  expect(two.url).toBe(one.url);
  expect([one, two].filter(({ reused }) => reused)).toHaveLength(1);
});
