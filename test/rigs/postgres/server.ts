import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chownSync, existsSync, mkdirSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { Client } from 'pg';
import { freePort, loopback } from '../../../sandbox/ports.ts';
import { databaseAccount } from '../../../sandbox/stack/account.ts';

const account = databaseAccount();
const run = promisify(execFile);

export type Settings = Readonly<Record<string, string | number>>;

/** Where servers of a rig live. All are ended, and the directory removed, with the warden. */
export interface Ground {
  readonly directory: string;
  readonly binaries: string;
  readonly warden: ChildProcess;
}

export interface RunningServer {
  readonly port: number;
  readonly pid: number;
  readonly data: string;
  /** What it wrote to its log so far. */
  log(): string;
  /** The fast shutdown. */
  stop(): Promise<void>;
}

const asAccount = (directory: string) => ({
  cwd: directory,
  env: { PATH: process.env['PATH'], HOME: directory, LC_ALL: 'C', TZ: 'UTC' },
  ...(account && { uid: account.uid, gid: account.gid }),
});

/** Writes a file that only the server's account reads. */
export const writeForServer = (path: string, text: string): string => {
  writeFileSync(path, text, { mode: 0o600 });
  if (account) chownSync(path, account.uid, account.gid);
  return path;
};

export const makeDirectory = (path: string): string => {
  mkdirSync(path, { recursive: true, mode: 0o700 });
  if (account) chownSync(path, account.uid, account.gid);
  return path;
};

/** A data directory with a superuser `postgres`. Nothing of it outlives the tests, so nothing is synced to disk. */
export const initialise = async (ground: Ground, name: string, password: string): Promise<string> => {
  const data = join(ground.directory, name);
  const passwordFile = writeForServer(join(ground.directory, 'password'), password);
  const options = ['--auth=scram-sha-256', '--encoding=UTF8', '--locale=C', '--no-sync', '--wal-segsize=1'];
  const words = ['-D', data, '-U', 'postgres', '--pwfile', passwordFile, ...options];
  await run(join(ground.binaries, 'initdb'), words, asAccount(ground.directory));
  return data;
};

/** A copy of the data directory of a server that does not run. */
export const copyData = async (ground: Ground, from: string, name: string): Promise<string> => {
  const data = join(ground.directory, name);
  await run('cp', ['-R', from, data], asAccount(ground.directory));
  return data;
};

/** Starts the server and waits until it takes connections. */
export const serve = async (
  ground: Ground,
  data: string,
  settings: Settings,
  port?: number,
): Promise<RunningServer> => {
  for (let attempt = 1; ; attempt += 1) {
    const chosen = port ?? (await freePort());
    const file = `${data}.log`;
    const log = openSync(file, 'a', 0o600);
    const options = {
      port: chosen,
      listen_addresses: loopback,
      unix_socket_directories: ground.directory,
      ...settings,
    };
    const words = Object.entries(options).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
    const child = spawn(join(ground.binaries, 'postgres'), ['-D', data, ...words], {
      ...asAccount(ground.directory),
      stdio: ['ignore', log, log],
      detached: true,
    });
    child.unref();
    await once(child, 'spawn');
    const pid = child.pid ?? 0;
    ground.warden.send({ pid });
    while (child.exitCode === null && child.signalCode === null) {
      if (await answers(chosen))
        return {
          port: chosen,
          pid,
          data,
          log: () => readFileSync(file, 'utf8'),
          stop: async () => {
            if (child.exitCode !== null) return;
            const gone = once(child, 'exit');
            process.kill(pid, 'SIGINT');
            await gone;
          },
        };
      await sleep(20);
    }
    if (attempt === 3 || port !== undefined)
      throw new Error(`PostgreSQL does not start:\n${readFileSync(file, 'utf8')}`);
  }
};

/** A server that asks for the password of nobody is ready; one that is still starting says 57P03. */
const answers = async (port: number): Promise<boolean> => {
  const client = new Client({ host: loopback, port, user: 'nobody', password: 'none', database: 'postgres' });
  client.on('error', () => undefined);
  try {
    await client.connect();
    await client.end();
    return true;
  } catch (error) {
    return (error as { code?: string }).code === '28P01';
  }
};

export const hasStatements = (binaries: string): boolean =>
  ['../lib', '../lib/postgresql'].some((lib) =>
    ['so', 'dylib'].some((suffix) => existsSync(join(binaries, lib, `pg_stat_statements.${suffix}`))),
  );
