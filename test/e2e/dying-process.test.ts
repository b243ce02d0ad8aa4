import { readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, expect, test } from 'vitest';
import { runtime, start } from './program.ts';
import { newDirectory, newOperator, writeFiles } from './rig.ts';
import { ofType, outcome, results, trail } from './trail.ts';

/** A server that answers after its start-up, and may exit some time after its first good answer. */
const server = `
const [port, startUpMs, exitsAfterMs, down] = process.argv.slice(2);
process.on('exit', (code) => require('fs').writeFileSync(down, String(code)));
setTimeout(() => {
  let dying;
  require('http')
    .createServer((_, response) => {
      response.end('{"status":"ok"}');
      if (Number(exitsAfterMs) > 0) dying ??= setTimeout(() => process.exit(1), Number(exitsAfterMs));
    })
    .listen(Number(port), '127.0.0.1');
}, Number(startUpMs));
`;

/** What systemd would be: it lists the servers, and restarts one. fleet.json says how the new processes behave. */
const fleet = `#!/usr/bin/env node
const fs = require('fs');
const path = require('path');
const file = path.join(__dirname, 'fleet.json');
const down = (id) => path.join(__dirname, id + '.down');
const state = JSON.parse(fs.readFileSync(file, 'utf8'));
const begin = (one, startUpMs, exitsAfterMs) => {
  fs.rmSync(down(one.id), { force: true });
  const argv = [path.join(__dirname, 'server.js'), one.port, startUpMs, exitsAfterMs, down(one.id)].map(String);
  const child = require('child_process').spawn(process.execPath, argv, { detached: true, stdio: 'ignore' });
  child.unref();
  Object.assign(one, { pid: child.pid, startedAt: new Date().toISOString() });
};
const [command, id] = process.argv.slice(2);
if (command === 'list')
  console.log(
    JSON.stringify(
      state.servers
        .filter((one) => !state.hidden.includes(one.id))
        .map((one) => ({
          id: one.id,
          state: fs.existsSync(down(one.id)) ? 'stopped' : 'running',
          url: 'http://127.0.0.1:' + one.port,
          startedAt: one.startedAt,
        })),
    ),
  );
if (command === 'start') for (const one of state.servers) begin(one, 0, 0);
if (command === 'restart') {
  const one = state.servers.find((each) => each.id === id);
  if (!fs.existsSync(down(id))) process.kill(one.pid, 'SIGKILL');
  begin(one, state.startUpMs, state.exitsAfterMs);
  if (state.hides && state.hides[id]) state.hidden.push(state.hides[id]);
  state.restarted.push(id);
}
if (command !== 'list') fs.writeFileSync(file, JSON.stringify(state));
`;

const config = `version: 1
service: { name: checkout }
environments:
  staging:
    workload:
      provider: command
      instances: [./fleet.js, list]
      restartInstance: [./fleet.js, restart, '{{instance}}']
      instanceHealth: '{{url}}/health'
`;

interface Fleet {
  readonly servers: readonly { readonly id: string; readonly pid: number; readonly port: number }[];
  readonly restarted: readonly string[];
}

const freePort = async (): Promise<number> => {
  const listener = createServer();
  await new Promise<void>((resolve) => void listener.listen(0, '127.0.0.1', resolve));
  const address = listener.address();
  await new Promise((resolve) => void listener.close(resolve));
  return typeof address === 'object' && address !== null ? address.port : 0;
};

const stateIn = (directory: string) => JSON.parse(readFileSync(join(directory, 'fleet.json'), 'utf8')) as Fleet;
const directories: string[] = [];

/** Three servers, each a process of its own, and somebody who may restart them. */
const newFleet = async (behaviour: {
  readonly startUpMs: number;
  readonly exitsAfterMs?: number;
  /** By the instance that is restarted: the one that is not listed from then on. */
  readonly hides?: Readonly<Record<string, string>>;
}) => {
  const directory = newDirectory();
  directories.push(directory);
  const servers = [];
  for (const id of ['app-1', 'app-2', 'app-3']) servers.push({ id, port: await freePort() });
  writeFiles(directory, { 'fleet.js': fleet, 'server.js': server, 'runbook.config.yaml': config });
  const state = { servers, hidden: [], restarted: [], exitsAfterMs: 0, ...behaviour };
  writeFileSync(join(directory, 'fleet.json'), JSON.stringify(state));
  await start(runtime, [join(directory, 'fleet.js'), 'start'], { env: {}, cwd: directory }).ended;
  for (const { port } of servers)
    while (
      !(await fetch(`http://127.0.0.1:${port}`).then(
        ({ ok }) => ok,
        () => false,
      ))
    )
      await sleep(20);
  const operator = newOperator(join(directory, 'runbook.config.yaml'));
  return { operator, restarted: () => stateIn(directory).restarted };
};

afterEach(() => {
  for (const directory of directories.splice(0))
    for (const { pid } of stateIn(directory).servers)
      try {
        process.kill(pid, 'SIGKILL');
      } catch {
        // It has exited by itself.
      }
});

test('servers whose new process lives are restarted one after another', async () => {
  const { operator, restarted } = await newFleet({ startUpMs: 100 });
  const { code, stderr } = await operator.run('restart --rolling --yes');
  expect(code, stderr).toBe(0);
  expect(stderr).toContain('3 of 3 instances healthy');
  expect(restarted()).toEqual(['app-1', 'app-2', 'app-3']);
});

test('a new process that exits 4 s after its first good answer: the third server is not restarted, exit code 1', async () => {
  const { operator, restarted } = await newFleet({ startUpMs: 3000, exitsAfterMs: 4000 });
  const { code, stderr } = await operator.run('restart --rolling --yes');
  expect(code, stderr).toBe(1);
  expect(restarted()).toEqual(['app-1', 'app-2']);
  expect(stderr).toContain('1 of 2 other instances serve: app-1 is stopped');
  expect(stderr).toMatch(/not done:\s+Restart app-3/);
  expect(stderr).toContain('rb restart --rolling   (begins with what is not healthy)');
  expect(stderr).not.toContain('--instance app-3');
  const events = await trail(operator);
  expect(ofType(events, 'step.intent').map(({ step }) => step)).toEqual(['restart/app-1', 'restart/app-2']);
  expect(results(events)).toContain('restart/app-3 failed');
  expect(outcome(events)).toBe('failed');
});

test('an instance that is not listed any more at the end is missing: 2 of 3, named, exit code 1', async () => {
  const { operator, restarted } = await newFleet({ startUpMs: 100, hides: { 'app-3': 'app-2' } });
  const { code, stderr } = await operator.run('restart --rolling --yes');
  expect(code, stderr).toBe(1);
  expect(restarted()).toEqual(['app-1', 'app-2', 'app-3']);
  expect(stderr).toContain('app-2: not listed any more; 2 of 3 instances healthy');
  expect(outcome(await trail(operator))).toBe('failed');
});

test('one that is not listed any more on the way stops the rollout', async () => {
  const { operator, restarted } = await newFleet({ startUpMs: 100, hides: { 'app-2': 'app-1' } });
  const { code, stderr } = await operator.run('restart --rolling --yes');
  expect(code, stderr).toBe(1);
  expect(restarted()).toEqual(['app-1', 'app-2']);
  expect(stderr).toContain('1 of 2 other instances serve: app-1 is not listed any more');
});
