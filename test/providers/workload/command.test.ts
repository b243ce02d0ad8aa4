import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test as base, describe, expect } from 'vitest';
import type { CommandWorkloadConfig } from '../../../src/providers/workload/command/config.ts';
import { commandStillRunning } from '../../../src/clients/process/running.ts';
import { carriedOut, newCall } from './call.ts';
import { workloadContract } from './contract.ts';
import { oneByOneContract } from './one-by-one.ts';
import { type CommandRig, startCommandRig } from './rig/command-rig.ts';

workloadContract('commands', startCommandRig);
oneByOneContract('commands', startCommandRig);

const test = base.extend<{ rig: CommandRig }>({
  // oxlint-disable-next-line no-empty-pattern -- what a fixture depends on is read from its first parameter
  rig: async ({}, use) => {
    const rig = await startCommandRig();
    await use(rig);
    await rig.close();
  },
});

describe.concurrent('a restart whose session is killed while the command runs', () => {
  test('is waited for and not run again', async ({ rig }) => {
    await rig.control('delay', '2000');
    const { restart } = rig.open();
    const unit = { id: 'app-1', instances: ['app-1'] };
    const mark = newCall().mark;
    const change = await restart.plan(unit, newCall());
    const session = spawn(
      process.execPath,
      [join(import.meta.dirname, 'rig/apply.ts'), JSON.stringify({ config: rig.config, mark, change })],
      { stdio: 'inherit' },
    );
    while (!(await commandStillRunning(mark))) await new Promise((resolve) => setTimeout(resolve, 20));
    session.kill('SIGKILL');
    await once(session, 'exit');

    const resumed = newCall({ mark });
    expect(await rig.open().restart.verify(change, resumed)).toMatchObject({ verdict: 'ok' });
    expect(resumed.notes()).toContain('still running: waiting for it');
    expect(await rig.starts('app-1')).toBe(2);
  });
});

describe.concurrent('what the configuration leaves out', () => {
  const unit = { id: 'app-1', instances: ['app-1'] };

  test('a missing command is named, with a line to add', async ({ rig }) => {
    const workload = rig.openWith({
      restartInstance: undefined,
      scale: undefined,
      stop: undefined,
      rollback: undefined,
    });
    for (const [attempt, name] of [
      [workload.restart.plan(unit, newCall()), 'restartInstance'],
      [workload.scale.plan({ to: 4, expected: 3 }, newCall()), 'scale'],
      [workload.stopAndStart.plan({}, newCall()), 'stop'],
    ] as const)
      await expect(attempt).rejects.toMatchObject({
        kind: 'usage',
        message: `the workload of checkout has no ${name} command`,
        next: [expect.stringContaining(`${name}: [`) as string],
      });
    expect(workload.rollback).toBeUndefined();
  });

  test('how many there should be is only known where the status command says so', async ({ rig }) => {
    const statusOf = (...words: string[]) =>
      rig.openWith({ status: { command: ['echo', ...words] } }).status(newCall());
    expect(await rig.open().status(newCall())).toMatchObject({ desired: 3, desiredIs: 'listed' });
    expect(await statusOf('all', 'good')).toMatchObject({ desired: 3, desiredIs: 'listed', note: 'all good' });
    expect(await statusOf('{"desired": -1, "note": "odd"}')).toMatchObject({
      desired: 3,
      desiredIs: 'listed',
      note: 'odd',
    });
    const known = await statusOf('{"desired": 5, "note": 7}');
    expect(known).toMatchObject({ desired: 5 });
    expect(Object.keys(known)).not.toContain('desiredIs');
    expect(Object.keys(known)).not.toContain('note');
  });

  test('without a health URL nothing is called healthy', async ({ rig }) => {
    const workload = rig.openWith({ instanceHealth: undefined });
    const { instances } = await workload.status(newCall());
    expect(instances.map(({ health, detail }) => [health, detail])).toEqual(
      Array.from({ length: 3 }, () => ['unknown', 'no instanceHealth configured']),
    );
    const call = newCall();
    const change = await workload.restart.plan(unit, call);
    expect(change.raises).toEqual(['no instance that is known to be healthy would be left']);
    expect(await carriedOut(workload.restart, change, call)).toMatchObject({
      verdict: 'warn',
      summary: expect.stringContaining('healthy or not is not known') as string,
    });
  });

  test('without start times, a restart whose command ended well counts, an interrupted one cannot be told', async ({
    rig,
  }) => {
    const names = { command: ['printf', 'app-1\\napp-2\\n'] };
    const url = await healthUrlOf(rig);
    const workload = rig.openWith({ instances: names, instanceHealth: `${url}?{{instance}}` });
    const call = newCall();
    const change = await workload.restart.plan(unit, call);
    expect(await carriedOut(workload.restart, change, call)).toMatchObject({ verdict: 'ok' });
    const later = rig.openWith({ instances: names, instanceHealth: `${url}?{{instance}}` });
    expect(await later.restart.verify(change, newCall())).toMatchObject({ verdict: 'unknown' });
  });
});

const healthUrlOf = async (rig: CommandRig): Promise<string> => {
  const list = JSON.parse(await readFile(join(rig.config.cwd, 'instances.json'), 'utf8')) as {
    url: string;
  }[];
  return `${list[0]?.url}/health`;
};

const failing = (command: readonly string[]): Partial<CommandWorkloadConfig> => ({ restartInstance: { command } });

describe.concurrent('what goes wrong with a command', () => {
  const unit = { id: 'app-1', instances: ['app-1'] };

  test('an exit code is a failure, with what the command said', async ({ rig }) => {
    const workload = rig.openWith(failing(['sh', '-c', 'echo no such unit >&2; exit 5']));
    const call = newCall();
    const change = await workload.restart.plan(unit, call);
    await expect(workload.restart.apply(change, call)).rejects.toMatchObject({
      kind: 'failed',
      message: "sh -c 'echo no such unit >&2; exit 5' ended with exit code 5: no such unit",
    });
  });

  test('a command that does nothing is found out', async ({ rig }) => {
    const workload = rig.openWith({ ...failing(['true']), readyTimeoutMs: 1500 });
    const call = newCall();
    const change = await workload.restart.plan(unit, call);
    expect(await carriedOut(workload.restart, change, call)).toMatchObject({
      verdict: 'critical',
      summary: expect.stringContaining('app-1 was not restarted: it still runs since') as string,
    });
  });

  test('instances that cannot be listed are unreachable, not none', async ({ rig }) => {
    const workload = rig.openWith({ instances: { command: ['sh', '-c', 'echo cannot connect >&2; exit 1'] } });
    await expect(workload.status(newCall())).rejects.toMatchObject({
      kind: 'unreachable',
      message: expect.stringContaining('cannot connect') as string,
    });
  });

  test('stop that fails: they are started again, and the failure is told', async ({ rig }) => {
    const workload = rig.openWith({ stop: { command: ['sh', '-c', 'exit 9'] } });
    const call = newCall();
    const change = await workload.stopAndStart.plan({}, call);
    await expect(workload.stopAndStart.apply(change, call)).rejects.toMatchObject({
      kind: 'failed',
      message: "sh -c 'exit 9' ended with exit code 9; start was run again",
    });
  });

  test('start that fails: the message says that the service is down and what to type', async ({ rig }) => {
    const workload = rig.openWith({ start: { command: ['false', '{{count}}'] } });
    const call = newCall();
    const change = await workload.stopAndStart.plan({}, call);
    await expect(workload.stopAndStart.apply(change, call)).rejects.toMatchObject({
      kind: 'failed',
      message: expect.stringContaining('stopped and could not be started again') as string,
      next: ['start them by hand: false 3'],
    });
  });
});
