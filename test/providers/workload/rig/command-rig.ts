import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runCommand } from '../../../../src/clients/process/run.ts';
import { openHttp } from '../../../../src/providers/http/probe.ts';
import { openCommandWorkload } from '../../../../src/providers/workload/command.ts';
import type { CommandWorkloadConfig } from '../../../../src/providers/workload/command/config.ts';
import type { Workload } from '../../../../src/providers/workload/port.ts';
import type { OneByOneRig } from '../one-by-one.ts';

export interface CommandRig extends OneByOneRig {
  readonly config: CommandWorkloadConfig;
  openWith(overrides: Partial<CommandWorkloadConfig>): Workload;
  control(...words: readonly string[]): Promise<void>;
}

/** Starts a supervisor with three instances, and an adapter whose commands talk to it. */
export const startCommandRig = async (count = 3): Promise<CommandRig> => {
  const directory = await mkdtemp(join(tmpdir(), 'rb-workload-'));
  const stateFile = join(directory, 'instances.json');
  const supervisor = fork(join(import.meta.dirname, 'supervisor.ts'), [stateFile, String(count)]);
  const [port] = (await once(supervisor, 'message')) as [number];
  const command = (...words: string[]) => ({
    command: [process.execPath, join(import.meta.dirname, 'control.ts'), String(port), ...words],
  });
  const config: CommandWorkloadConfig = {
    name: 'checkout',
    cwd: directory,
    instances: { command: ['cat', 'instances.json'] },
    stop: command('stop'),
    start: command('start', '{{count}}'),
    restartInstance: command('restart', '{{instance}}'),
    scale: command('scale', '{{count}}'),
    rollback: command('rollback'),
    instanceHealth: '{{url}}/health',
    healthTimeoutMs: 2000,
    unhealthyThreshold: 2,
    readyTimeoutMs: 20_000,
    drainMs: 1000,
    scaling: { min: 1, max: 9 },
  };
  const openWith = (overrides: Partial<CommandWorkloadConfig>) =>
    openCommandWorkload(
      { ...config, ...overrides },
      { http: openHttp(), run: runCommand, redact: (text) => text, environment: process.env },
    );
  const control = async (...words: readonly string[]) => {
    const answer = await fetch(`http://127.0.0.1:${port}/${words.join('/')}`);
    if (!answer.ok) throw new Error(await answer.text());
  };
  const forAll = async (work: (id: string) => Promise<void>) => {
    const ids = Array.from({ length: count }, (_, index) => `app-${index + 1}`);
    await Promise.all(ids.map(work));
  };
  return {
    config,
    openWith,
    control,
    open: () => openWith({}),
    starts: async (id) => {
      const list = JSON.parse(await readFile(stateFile, 'utf8')) as { id: string; starts: number }[];
      return list.find((each) => each.id === id)?.starts ?? 0;
    },
    comesBack: (id, how) => control('fault', id, how),
    startsNext: (how) => forAll((id) => control('fault', id, how === 'healthy' ? '' : how)),
    crash: (id) => control('crash', id),
    restartBehind: (id) => (id === undefined ? forAll((each) => control('restart', each)) : control('restart', id)),
    scaleBehind: (to) => control('scale', String(to)),
    stopAll: () => control('stop'),
    close: async () => {
      const gone = once(supervisor, 'exit');
      supervisor.disconnect();
      await gone;
      await rm(directory, { recursive: true });
    },
  };
};
