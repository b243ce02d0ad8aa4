import { execFile, spawn, type SpawnOptions } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { chownSync, existsSync, mkdirSync, openSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { Client, type ClientConfig } from 'pg';
import { endProcess, forgetPid, notePid } from '../processes.ts';
import { freePort, loopback } from '../ports.ts';
import { databaseAccount, type Account } from './account.ts';
import { seedDatabase } from './seed.ts';

export interface Database {
  readonly port: number;
  /** For the operator (`rb`): sees all sessions and may end those of the service. */
  readonly operatorUrl: string;
  /** For the service. */
  readonly serviceUrl: string;
  readonly version: string;
  stop(): Promise<void>;
}

export interface PostgresSettings {
  /** The directory of `initdb` and `postgres`. */
  readonly binaries: string;
  readonly runtime: string;
  readonly logFile: string;
  readonly preferredPort?: number | undefined;
}

/** Creates a database cluster of its own, starts it and fills it. Nothing of it outlives the sandbox, so nothing is synced to disk. */
export const startPostgres = async (settings: PostgresSettings): Promise<Database> => {
  const { binaries, runtime } = settings;
  const account = databaseAccount();
  const home = join(runtime, 'postgres');
  mkdirSync(home, { mode: 0o700 });
  const password = newPassword();
  const passwordFile = join(home, 'password');
  writeFileSync(passwordFile, password, { mode: 0o600 });
  if (account !== undefined) for (const path of [home, passwordFile]) chownSync(path, account.uid, account.gid);
  const { stdout } = await run(join(binaries, 'postgres'), ['--version'], asAccount(account, home));
  await run(
    join(binaries, 'initdb'),
    [
      ['-D', join(home, 'data'), '-U', 'postgres', '--pwfile', passwordFile],
      ['--auth=scram-sha-256', '--encoding=UTF8', '--locale=C', '--no-sync'],
    ].flat(),
    asAccount(account, home),
  );
  const { port, pid } = await serve(settings, account, home, password);
  const urls = await seedDatabase({ host: loopback, port, user: 'postgres', password }, newPassword);
  return {
    port,
    ...urls,
    version: stdout.trim().replace(/^postgres \(PostgreSQL\) (\S+).*$/, '$1'),
    stop: async () => {
      // SIGINT is the fast shutdown: sessions are ended, the cluster is closed in order.
      await endProcess(pid, runtime, { signal: 'SIGINT' });
      forgetPid(runtime, 'postgres');
    },
  };
};

const run = promisify(execFile);

const newPassword = (): string => randomBytes(18).toString('base64url');

const asAccount = (account: Account | undefined, cwd: string): Pick<SpawnOptions, 'cwd' | 'env' | 'uid' | 'gid'> => ({
  cwd,
  env: { PATH: process.env['PATH'], HOME: cwd, LC_ALL: 'C' },
  ...(account && { uid: account.uid, gid: account.gid }),
});

/** Starts the server; a port that was taken in the meantime is no reason to give up. */
const serve = async (
  settings: PostgresSettings,
  account: Account | undefined,
  home: string,
  password: string,
): Promise<{ port: number; pid: number }> => {
  for (let attempt = 1; ; attempt += 1) {
    const port = await freePort(attempt === 1 ? settings.preferredPort : undefined);
    const log = openSync(settings.logFile, 'a', 0o600);
    const server = spawn(join(settings.binaries, 'postgres'), serverArguments(settings.binaries, home, port), {
      ...asAccount(account, home),
      stdio: ['ignore', log, log],
      detached: true,
    });
    server.unref();
    await once(server, 'spawn');
    const pid = server.pid ?? 0;
    notePid(settings.runtime, 'postgres', pid);
    while (server.exitCode === null && server.signalCode === null) {
      if (await answers({ host: home, port, user: 'postgres', password, database: 'postgres' })) return { port, pid };
      await sleep(30);
    }
    if (attempt === 3) throw new Error(`PostgreSQL does not start; see ${settings.logFile}`);
  }
};

/** Asked through its unix socket, which is nobody else's. */
const answers = async (connection: ClientConfig): Promise<boolean> => {
  const client = new Client(connection);
  try {
    await client.connect();
    await client.end();
    return true;
  } catch {
    return false;
  }
};

const serverArguments = (binaries: string, home: string, port: number): string[] => {
  const statements = ['../lib', '../lib/postgresql'].some((lib) =>
    ['so', 'dylib'].some((suffix) => existsSync(join(binaries, lib, `pg_stat_statements.${suffix}`))),
  );
  const options = {
    port,
    listen_addresses: loopback,
    unix_socket_directories: home,
    fsync: 'off',
    synchronous_commit: 'off',
    max_connections: 60,
    shared_buffers: '16MB',
    log_min_duration_statement: '200ms',
    log_line_prefix: '%m [%p] %q%u@%d/%a ',
    ...(statements && { shared_preload_libraries: 'pg_stat_statements' }),
  };
  return [
    '-D',
    join(home, 'data'),
    ...Object.entries(options).flatMap(([name, value]) => ['-c', `${name}=${String(value)}`]),
  ];
};
