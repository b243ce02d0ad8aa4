import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The top of the checkout. */
export const checkout = dirname(dirname(fileURLToPath(import.meta.url)));

/** Where `npm run sandbox -- up` puts the sandbox unless told otherwise. */
export const defaultDirectory = join(checkout, '.sandbox');

/** What `<directory>/sandbox.json` says. It is written before anything is started, so that whatever is left after a crash can be found. */
export interface SandboxState {
  readonly phase: 'starting' | 'running';
  /**
   * A directory of ours under the system's temporary directory: sockets (their paths are limited to 107 bytes), the data of
   * PostgreSQL (which may run as another user, who cannot enter every checkout), process ids, secrets of the service.
   * Its name is unique and stands in the command line of every process of the sandbox.
   */
  readonly runtime: string;
  /** The process that began to start the sandbox. */
  readonly starterPid: number;
  readonly supervisorPid?: number;
  /** The unix socket that `control.js` talks to. */
  readonly socket: string;
  /** The load balancer, without a slash at the end. */
  readonly url?: string;
  readonly tlsUrl?: string;
  readonly configPath: string;
  readonly databasePort?: number;
  readonly databaseVersion?: string;
  readonly cachePort?: number;
  /** What the sandbox had to do without, and how to get it. */
  readonly notes: readonly string[];
}

/** Where `<directory>/sandbox.json` is. */
export const statePath = (directory: string): string => join(resolve(directory), 'sandbox.json');

/** The state of the sandbox in this directory; undefined where there is none. Throws where the file is not ours. */
export const readState = (directory: string): SandboxState | undefined => {
  const path = statePath(directory);
  if (!existsSync(path)) return undefined;
  const state: unknown = JSON.parse(readFileSync(path, 'utf8'));
  if (!isState(state)) throw new Error(`${path} was not written by the sandbox`);
  return state;
};

/** Writes the state in one piece: a reader sees the old one or the new one. With `exclusive` it throws EEXIST where there is one. */
export const writeState = (directory: string, state: SandboxState, exclusive = false): void => {
  const path = statePath(directory);
  const text = `${JSON.stringify(state, null, 2)}\n`;
  if (exclusive) {
    writeFileSync(path, text, { flag: 'wx' });
    return;
  }
  const draft = `${path}.${String(process.pid)}`;
  writeFileSync(draft, text);
  renameSync(draft, path);
};

const isState = (value: unknown): value is SandboxState =>
  typeof value === 'object' &&
  value !== null &&
  'phase' in value &&
  'runtime' in value &&
  typeof value.runtime === 'string' &&
  'socket' in value;
