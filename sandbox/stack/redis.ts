import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, mkdirSync, openSync, writeFileSync } from 'node:fs';
import { createConnection } from 'node:net';
import { delimiter, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { endProcess, forgetPid, notePid } from '../processes.ts';
import { freePort, loopback } from '../ports.ts';

export interface Cache {
  readonly port: number;
  readonly url: string;
  stop(): Promise<void>;
}

/** What to install where there is no Redis. */
export const howToGetRedis = "install your system's Redis server (Debian: apt-get install redis-server)";

/** The path of `redis-server`, where the machine has one. */
export const redisServer = (environment: NodeJS.ProcessEnv): string | undefined =>
  (environment['PATH'] ?? '')
    .split(delimiter)
    .map((directory) => join(directory, 'redis-server'))
    .find((path) => existsSync(path));

export interface RedisSettings {
  readonly program: string;
  readonly runtime: string;
  readonly logFile: string;
  readonly preferredPort?: number | undefined;
}

/** Starts a Redis that keeps nothing on disk. */
export const startRedis = async (settings: RedisSettings): Promise<Cache> => {
  const home = join(settings.runtime, 'redis');
  mkdirSync(home, { mode: 0o700 });
  const password = randomBytes(18).toString('base64url');
  for (let attempt = 1; ; attempt += 1) {
    const port = await freePort(attempt === 1 ? settings.preferredPort : undefined);
    const configuration = join(home, 'redis.conf');
    writeFileSync(configuration, configurationFor(port, home, password), { mode: 0o600 });
    const log = openSync(settings.logFile, 'a', 0o600);
    const server = spawn(settings.program, [configuration], { cwd: home, stdio: ['ignore', log, log], detached: true });
    server.unref();
    await once(server, 'spawn');
    const pid = server.pid ?? 0;
    notePid(settings.runtime, 'redis', pid);
    while (server.exitCode === null && server.signalCode === null) {
      if (await authenticates(port, password)) {
        return {
          port,
          url: `redis://:${password}@${loopback}:${String(port)}/0`,
          stop: async () => {
            await endProcess(pid, settings.runtime);
            forgetPid(settings.runtime, 'redis');
          },
        };
      }
      await sleep(30);
    }
    if (attempt === 3) throw new Error(`Redis does not start; see ${settings.logFile}`);
  }
};

// The title that Redis would give itself hides the path by which we know our own processes.
const configurationFor = (port: number, home: string, password: string): string => `bind ${loopback}
port ${String(port)}
dir ${home}
requirepass ${password}
save ""
appendonly no
daemonize no
set-proc-title no
maxmemory 64mb
maxmemory-policy allkeys-lru
`;

/** Whether the server on this port is ours: another one would not know the password. */
const authenticates = (port: number, password: string): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = createConnection({ host: loopback, port });
    socket.setTimeout(1000, () => socket.destroy());
    socket.once('connect', () => socket.write(`AUTH ${password}\r\n`));
    socket.once('data', (data) => {
      resolve(data.toString().startsWith('+OK'));
      socket.destroy();
    });
    socket.once('error', () => socket.destroy());
    socket.once('close', () => {
      resolve(false);
    });
  });
