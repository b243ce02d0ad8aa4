import { fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterEach, expect, test } from 'vitest';
import { startSandbox, stopSandbox } from '../../sandbox/index.ts';
import { notedProcesses, notePid } from '../../sandbox/processes.ts';
import { readState } from '../../sandbox/state.ts';
import { ask, newDirectory, patient, runs, until } from './sandbox-rig.ts';
import { haveTimeForPrograms } from '../patience.ts';

haveTimeForPrograms();

const endings: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const end of endings.splice(0)) await end();
}, patient.timeout);

const newPlace = (): string => {
  const { directory, remove } = newDirectory();
  endings.push(remove);
  return directory;
};

const processesOf = (directory: string) => {
  const { runtime = '', supervisorPid = 0 } = readState(directory) ?? {};
  return { runtime, supervisorPid, noted: notedProcesses(runtime) };
};

test('when the supervisor is killed, its children end, and the next up or down ends the rest', patient, async () => {
  const directory = newPlace();
  await startSandbox({ directory, quiet: true });
  const first = processesOf(directory);
  process.kill(first.supervisorPid, 'SIGKILL');
  const children = first.noted.filter(({ name }) => name === 'balancer' || name.startsWith('checkout-'));
  expect(children).toHaveLength(4);
  for (const { pid } of children) await until(() => !runs(pid));

  const again = await startSandbox({ directory, quiet: true });
  expect(again.reused).toBe(false);
  expect(first.noted.filter(({ pid }) => runs(pid))).toEqual([]);
  expect(existsSync(first.runtime)).toBe(false);
  expect(await ask(`${again.url}/health/ready`)).toMatchObject({ status: 200 });

  const second = processesOf(directory);
  process.kill(second.supervisorPid, 'SIGKILL');
  await stopSandbox(directory);
  expect(second.noted.filter(({ pid }) => runs(pid))).toEqual([]);
  expect([existsSync(directory), existsSync(second.runtime)]).toEqual([false, false]);
});

test('a sandbox of a program ends with it, however the program ends', patient, async () => {
  const directory = newPlace();
  const program = fork(fileURLToPath(new URL('start-and-wait.ts', import.meta.url)), [directory]);
  await once(program, 'message');
  const { runtime, supervisorPid, noted } = processesOf(directory);
  expect(runs(supervisorPid)).toBe(true);
  program.kill('SIGKILL');
  await until(() => !runs(supervisorPid));
  expect(noted.filter(({ pid }) => runs(pid))).toEqual([]);
  expect([existsSync(directory), existsSync(runtime)]).toEqual([false, false]);
});

test('a process that has got the id of one of ours is left alone', patient, async () => {
  const directory = newPlace();
  const stranger = spawn('sleep', ['600']);
  endings.push(async () => void stranger.kill());
  await once(stranger, 'spawn');
  await startSandbox({ directory, quiet: true, database: false, cache: false });
  const { runtime, supervisorPid } = processesOf(directory);
  process.kill(supervisorPid, 'SIGKILL');
  notePid(runtime, 'redis', stranger.pid ?? 0);
  await stopSandbox(directory);
  expect(existsSync(directory)).toBe(false);
  expect(runs(stranger.pid ?? 0)).toBe(true);
});
