import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { accessSync, closeSync, openSync, readFileSync } from 'node:fs';
import { requireProgram } from './binaries.ts';
import { argumentsOf, type Ports } from './components.ts';
import { type Component, logOf } from './state.ts';

/** One program of the control plane. It comes and goes under the same ports and with the same files. */
export interface ComponentProcess {
  start(): Promise<void>;
  /** Ends it at once, as a crash would; resolves when it is gone. */
  stop(): Promise<void>;
  /** 0 where it does not run. */
  pid(): number;
  /** The end of its log where it ended by itself. */
  failure(): string | undefined;
}

export const componentProcess = (component: Component, directory: string, ports: Ports): ComponentProcess => {
  let child: ChildProcess | undefined;
  let failure: string | undefined;
  return {
    start: async () => {
      const [program, ...words] = [
        ...endsWithParent(),
        requireProgram(component),
        ...argumentsOf(component, directory, ports),
      ];
      const log = openSync(logOf(directory, component), 'a');
      const env = { PATH: process.env['PATH'], HOME: directory };
      const started = spawn(program ?? '', words, { cwd: directory, env, stdio: ['ignore', log, log] });
      closeSync(log);
      child = started;
      failure = undefined;
      started.once('exit', (code, signal) => {
        if (child !== started) return;
        const end = readFileSync(logOf(directory, component), 'utf8').split('\n').slice(-15).join('\n');
        failure = `${component} ended (${String(signal ?? code)}):\n${end}`;
      });
      await once(started, 'spawn');
    },
    stop: async () => {
      const ending = child;
      child = undefined;
      if (!ending || ending.exitCode !== null || ending.signalCode !== null) return;
      const gone = once(ending, 'exit');
      ending.kill('SIGKILL');
      await gone;
    },
    pid: () => child?.pid ?? 0,
    failure: () => failure,
  };
};

/** On Linux the kernel ends the program when the supervisor dies, however that dies. Elsewhere only an orderly end takes it along. */
export const endsWithParent = (): readonly string[] => {
  try {
    accessSync('/usr/bin/setpriv');
    return process.platform === 'linux' ? ['/usr/bin/setpriv', '--pdeathsig', 'KILL'] : [];
  } catch {
    return [];
  }
};
