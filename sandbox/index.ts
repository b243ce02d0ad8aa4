import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdirSync, mkdtempSync, openSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { ask } from './control.js';
import { endLeftovers, isFree, removeSandbox, runtimePrefix } from './leftovers.ts';
import { endedWithin, endProcess, isOurs } from './processes.ts';
import { defaultDirectory, readState, statePath, writeState, type SandboxState } from './state.ts';
import type { StartReport, SupervisorSettings } from './supervisor/messages.ts';

export interface SandboxOptions {
  /** Default: `.sandbox` at the top of the checkout. It is created, and removed by `down`. */
  readonly directory?: string;
  /** Without the words on standard error. */
  readonly quiet?: boolean;
  /** False: no PostgreSQL, which starts faster. */
  readonly database?: boolean;
  /** False: no Redis. */
  readonly cache?: boolean;
  /** True: it goes on when this process has ended. Default false: it ends with it, however that ends. */
  readonly outlive?: boolean;
  /** Take the ports of the top-level configuration where they are free. Default: only in the default directory. */
  readonly preferExamplePorts?: boolean;
}

export interface Sandbox {
  readonly directory: string;
  /** A configuration of `rb` for this sandbox. */
  readonly configPath: string;
  /** The load balancer, without a slash at the end. */
  readonly url: string;
  readonly tlsUrl: string;
  /** It was running already. */
  readonly reused: boolean;
  readonly state: SandboxState;
  /** What `control.js` does: resolves to its output, rejects with its message. */
  control(args: readonly string[]): Promise<string>;
  /** Ends and removes it. */
  down(): Promise<void>;
}

const supervisor = fileURLToPath(new URL('supervisor/main.ts', import.meta.url));

/** Starts a sandbox and resolves when every instance serves; where one runs in this directory already, it is that one. */
export const startSandbox = async (options: SandboxOptions = {}): Promise<Sandbox> => {
  const directory = resolve(options.directory ?? defaultDirectory);
  const present = await runningState(directory);
  if (present !== undefined) return sandbox(directory, present, true);
  await stopSandbox(directory);
  if (!isFree(directory))
    throw new Error(`${directory} holds other files; choose a directory that is empty or does not exist`);
  const runtime = createRuntime();
  mkdirSync(directory, { recursive: true });
  const configPath = join(directory, 'runbook.config.yaml');
  const socket = join(runtime, 'control.sock');
  const state: SandboxState = { phase: 'starting', runtime, starterPid: process.pid, socket, configPath, notes: [] };
  try {
    writeState(directory, state, true);
  } catch (error) {
    rmSync(runtime, { recursive: true });
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
    // Somebody was quicker by a moment: it is theirs.
    return await startSandbox(options);
  }
  await launch({
    directory,
    runtime,
    database: options.database ?? true,
    cache: options.cache ?? true,
    preferExamplePorts: options.preferExamplePorts ?? directory === defaultDirectory,
    outlive: options.outlive ?? false,
  });
  const started = readState(directory);
  if (started === undefined) throw new Error(`the sandbox in ${directory} ended right after its start`);
  if (options.quiet !== true) for (const note of started.notes) process.stderr.write(`${note}\n`);
  return sandbox(directory, started, false);
};

/** Ends the sandbox in this directory, and what a crash has left of one, and removes the directory. Does nothing where there is none. */
export const stopSandbox = async (directory: string = defaultDirectory): Promise<void> => {
  const state = readState(directory);
  if (state === undefined) return;
  const { runtime, supervisorPid } = state;
  if (supervisorPid !== undefined && isOurs(supervisorPid, runtime)) {
    await ask(state.socket, 'shutdown', []).catch(() => undefined);
    if (!(await endedWithin(supervisorPid, runtime, 30_000)))
      await endProcess(supervisorPid, runtime, { signal: 'SIGKILL' });
  }
  await endLeftovers(runtime);
  await removeSandbox(resolve(directory), runtime);
};

/** The state of the sandbox that runs in this directory; undefined where none runs. Waits for one that is being started. */
export const runningState = async (directory: string): Promise<SandboxState | undefined> => {
  for (;;) {
    const state = readState(directory);
    if (state === undefined) return undefined;
    const { supervisorPid, runtime } = state;
    if (supervisorPid === undefined ? !isComing(directory, state) : !isOurs(supervisorPid, runtime)) return undefined;
    if (state.phase === 'running') return state;
    await sleep(50);
  }
};

/** A starter that lives may take its time to start the supervisor; one that has ended may have done so a moment ago. */
const isComing = (directory: string, { starterPid }: SandboxState): boolean =>
  Date.now() - statSync(statePath(directory)).mtimeMs < (isAlive(starterPid) ? 60_000 : 2000);

const isAlive = (pid: number): boolean => {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
};

const sandbox = (directory: string, state: SandboxState, reused: boolean): Sandbox => ({
  directory,
  configPath: state.configPath,
  url: state.url ?? '',
  tlsUrl: state.tlsUrl ?? '',
  reused,
  state,
  control: ([command = '', ...args]) => ask(state.socket, command, args),
  down: () => stopSandbox(directory),
});

/** Others may pass through it, since PostgreSQL may be another user's process; they see nothing in it. */
const createRuntime = (): string => {
  // The path of a unix socket is limited to 107 bytes.
  const parent = tmpdir().length > 60 ? '/tmp' : tmpdir();
  const runtime = mkdtempSync(join(parent, runtimePrefix));
  chmodSync(runtime, 0o711);
  return runtime;
};

const launch = async (settings: SupervisorSettings): Promise<void> => {
  const log = openSync(join(settings.directory, 'supervisor.log'), 'a');
  const child = spawn(process.execPath, [supervisor, JSON.stringify(settings)], {
    cwd: '/',
    detached: true,
    stdio: ['ignore', log, log, 'ipc'],
  });
  await once(child, 'spawn');
  const state = readState(settings.directory);
  if (state !== undefined && child.pid !== undefined) {
    writeState(settings.directory, { ...state, supervisorPid: child.pid });
  }
  const ended = once(child, 'exit').then((): StartReport => ({ failed: 'its supervisor ended' }));
  const reported = once(child, 'message').then(([message]): StartReport => message);
  const report = await Promise.race([reported, ended]);
  if ('failed' in report) {
    await ended;
    throw new Error(`the sandbox could not be started: ${report.failed}`);
  }
  if (settings.outlive) child.disconnect();
  else child.channel?.unref();
  child.unref();
};
