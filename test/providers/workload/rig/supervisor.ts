/**
 * A small supervisor of real processes. Its state is a file that `cat` shows; its commands come over HTTP from `control.ts`. Ends, with everything it
 * started, when its parent goes away.
 */
import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { renameSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { type AddressInfo, createServer as createTcp } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

interface Managed {
  readonly id: string;
  readonly port: number;
  state: string;
  startedAt: string | undefined;
  version: string;
  starts: number;
  fault: string;
  process: ChildProcess | undefined;
}

const stateFile = process.argv[2] ?? '';
const managed: Managed[] = [];
let version = '2.0.0';
let delayMs = 0;

const save = () => {
  const list = managed.map(({ id, port, state, startedAt, version, starts }) => {
    return { id, state, url: `http://127.0.0.1:${port}`, version, startedAt, starts };
  });
  writeFileSync(`${stateFile}.new`, JSON.stringify(list));
  renameSync(`${stateFile}.new`, stateFile);
};

const freePort = async (): Promise<number> => {
  const server = createTcp().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
};

const begin = async (one: Managed) => {
  const child = fork(join(import.meta.dirname, 'service.ts'), {
    env: { ...process.env, PORT: String(one.port), VERSION: version, FAULT: one.fault },
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  one.process = child;
  one.starts += 1;
  Object.assign(one, { state: 'starting', version, startedAt: new Date().toISOString() });
  save();
  child.once('exit', () => {
    if (one.process !== child) return;
    one.process = undefined;
    one.state = 'stopped';
    save();
  });
  await Promise.race([once(child, 'message'), once(child, 'exit')]);
  if (one.process === child) one.state = 'running';
  save();
};

const end = async (one: Managed, waitMs: number) => {
  const child = one.process;
  if (!child) return;
  one.state = 'stopping';
  save();
  const gone = once(child, 'exit');
  child.kill('SIGTERM');
  await Promise.race([gone, sleep(waitMs)]);
};

const kill = async (one: Managed) => {
  const child = one.process;
  if (!child) return;
  const gone = once(child, 'exit');
  child.kill('SIGKILL');
  await gone;
};

const renew = async (one: Managed) => {
  await end(one, 300);
  await kill(one);
  await begin(one);
};

const setCount = async (count: number) => {
  for (const one of managed.splice(count)) await kill(one);
  while (managed.length < count) {
    const id = `app-${managed.length + 1}`;
    const port = await freePort();
    managed.push({
      id,
      port,
      state: 'stopped',
      startedAt: undefined,
      version,
      starts: 0,
      fault: '',
      process: undefined,
    });
  }
  await Promise.all(managed.filter((one) => !one.process).map(begin));
  save();
};

const find = (id: string | undefined): Managed => {
  const found = managed.find((one) => one.id === id);
  if (!found) throw new Error(`no instance ${id}`);
  return found;
};

const verbs: Record<string, (first: string | undefined, second: string | undefined) => Promise<void>> = {
  restart: (id) => renew(find(id)),
  stop: async () => void (await Promise.all(managed.map((one) => end(one, 200)))),
  start: async (count) => {
    // What did not stop is made to: it would hold the port.
    await Promise.all(managed.filter(({ state }) => state === 'stopping').map(kill));
    await setCount(Number(count));
  },
  scale: (count) => setCount(Number(count)),
  rollback: async () => {
    version = '1.0.0';
    for (const one of managed) await renew(one);
  },
  fault: async (id, fault) => void (find(id).fault = fault ?? ''),
  crash: (id) => kill(find(id)),
  delay: async (ms) => void (delayMs = Number(ms)),
};

const control = createServer((request, response) => {
  const [verb = '', first, second] = (request.url ?? '').split('/').slice(1).map(decodeURIComponent);
  const work = async () => {
    if (verb === 'restart') await sleep(delayMs);
    await verbs[verb]?.(first, second);
  };
  work().then(
    () => response.end('done\n'),
    (error: unknown) => response.writeHead(500).end(String(error)),
  );
});

process.on('disconnect', () => {
  for (const one of managed) one.process?.kill('SIGKILL');
  process.exit();
});
await setCount(Number(process.argv[3]));
control.listen(0, '127.0.0.1', () => process.send?.((control.address() as AddressInfo).port));
