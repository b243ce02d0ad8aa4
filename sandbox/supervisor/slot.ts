import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { openSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { endProcess, forgetPid, notePid } from '../processes.ts';
import { loopback } from '../ports.ts';
import type { InstanceSettings, Listening, Mode, SetMode } from '../service/messages.ts';

/** What `control.js instances` prints of each instance. */
export interface InstanceView {
  readonly id: string;
  readonly state: 'running' | 'starting' | 'stopping' | 'stopped';
  readonly url: string | null;
  readonly version: string;
  /** ISO 8601; null where it does not run. */
  readonly startedAt: string | null;
  readonly pid: number | null;
}

/** The place of one instance: the process in it comes and goes. What is asked of it is done in order. */
export interface Slot {
  readonly id: string;
  view(): InstanceView;
  /** The present process, where it listens: a key that is different for each process, and its port. */
  backend(): { key: string; port: number } | undefined;
  /** How it is now, and how the next process in this slot will be. */
  mode(): { now: Mode; next: Mode };
  setMode(mode: Mode, when: 'now' | 'next'): void;
  /** Resolves when the process is spawned; does nothing where one runs. */
  start(): Promise<void>;
  /** Drains and ends the process; resolves when it has ended. */
  stop(): Promise<void>;
  /** Drains, ends and starts it; resolves when the new process is spawned. Joins a restart that is under way. */
  restart(): Promise<void>;
}

export interface SlotDeps {
  readonly runtime: string;
  /** Where the logs are. */
  readonly logs: string;
  readonly drainMs: number;
  readonly version: () => string;
  readonly now: () => Date;
  /** After every change of state. */
  readonly onChange: () => void;
  /** After each restart that was asked for. `previousStartedAt` is null where it did not run before. */
  readonly onRestart: (id: string, previousStartedAt: string | null) => void;
}

interface Running {
  readonly child: ChildProcess;
  readonly pid: number;
  readonly version: string;
  readonly startedAt: string;
  readonly mode: Mode;
  listening: boolean;
  stopping: boolean;
}

const program = fileURLToPath(new URL('../service/instance.ts', import.meta.url));
const killAfterMs = 15_000;

export const createSlot = (id: string, deps: SlotDeps): Slot => {
  let running: Running | undefined;
  let lastVersion = deps.version();
  let port: number | undefined;
  let mode: { now: Mode; next: Mode } = { now: 'well', next: 'well' };
  let restarting: Promise<void> | undefined;
  let last: Promise<unknown> = Promise.resolve();

  const inOrder = <T>(work: () => Promise<T>): Promise<T> => {
    const result = last.then(work);
    last = result.catch(() => undefined);
    return result;
  };

  const spawnNew = async (): Promise<void> => {
    if (running !== undefined) return;
    const settings: InstanceSettings = {
      id,
      version: deps.version(),
      startedAt: deps.now().toISOString(),
      ...(port !== undefined && { port }),
      mode: mode.next,
      logFile: join(deps.logs, `${id}.log`),
      drainMs: deps.drainMs,
      runtime: deps.runtime,
    };
    const errors = openSync(join(deps.logs, '..', 'instances.stderr'), 'a');
    const child = spawn(process.execPath, [program, JSON.stringify(settings)], {
      stdio: ['ignore', errors, errors, 'ipc'],
    });
    await once(child, 'spawn');
    const pid = child.pid ?? 0;
    notePid(deps.runtime, id, pid);
    const { version, startedAt } = settings;
    const present: Running = {
      child,
      pid,
      version,
      startedAt,
      mode: settings.mode,
      listening: false,
      stopping: false,
    };
    running = present;
    lastVersion = version;
    mode = { now: settings.mode, next: settings.mode };
    child.on('message', (message: Listening) => {
      ({ port } = message);
      present.listening = true;
      deps.onChange();
    });
    child.on('error', () => undefined);
    child.once('exit', () => {
      if (running === present) running = undefined;
      forgetPid(deps.runtime, id);
      deps.onChange();
    });
    deps.onChange();
  };

  const end = async (): Promise<void> => {
    const present = running;
    if (present === undefined) return;
    present.stopping = true;
    deps.onChange();
    const ended = once(present.child, 'exit');
    await endProcess(present.pid, deps.runtime, { patienceMs: killAfterMs });
    await ended;
  };

  return {
    id,
    view: () => ({
      id,
      state: stateOf(running),
      url: port === undefined ? null : `http://${loopback}:${String(port)}`,
      version: running?.version ?? lastVersion,
      startedAt: running?.startedAt ?? null,
      pid: running?.pid ?? null,
    }),
    backend: () =>
      running?.listening && port !== undefined
        ? { key: `${id}@${String(running.pid)}@${running.startedAt}`, port }
        : undefined,
    mode: () => mode,
    setMode: (wanted, when) => {
      mode = { now: when === 'now' ? wanted : mode.now, next: wanted };
      if (when === 'now' && running?.child.connected) running.child.send({ mode: wanted } satisfies SetMode);
    },
    start: () => inOrder(spawnNew),
    stop: () => inOrder(end),
    restart: () => {
      restarting ??= inOrder(async () => {
        const previous = running?.startedAt ?? null;
        await end();
        await spawnNew();
        deps.onRestart(id, previous);
      }).finally(() => {
        restarting = undefined;
      });
      return restarting;
    },
  };
};

const stateOf = (running: Running | undefined): InstanceView['state'] => {
  if (running === undefined) return 'stopped';
  if (running.stopping) return 'stopping';
  return running.listening ? 'running' : 'starting';
};
