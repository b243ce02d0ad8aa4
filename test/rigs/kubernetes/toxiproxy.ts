import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { freePort } from '../../../sandbox/ports.ts';
import { requireProgram } from './binaries.ts';
import { endsWithParent } from './component-process.ts';
import { until } from './wait.ts';

/** A way to the API server that a test can break. Its URL takes the server's certificate, since it is on the same address. */
export interface Proxy {
  readonly url: string;
  /** Cuts all connections and refuses new ones, until `restore`. */
  cut(): Promise<void>;
  /** Connections stand, but nothing comes through, until `restore`: as when a firewall forgets them. */
  silence(): Promise<void>;
  /** What comes from the server comes this much later. */
  delay(ms: number): Promise<void>;
  restore(): Promise<void>;
  close(): Promise<void>;
}

/** Starts a proxy in front of the server with this URL. */
export const startProxy = async (upstream: string): Promise<Proxy> => {
  const port = await freePort();
  const listen = await freePort();
  const [program, ...words] = [
    ...endsWithParent(),
    requireProgram('toxiproxy-server'),
    '-host',
    '127.0.0.1',
    '-port',
    String(port),
  ];
  const server = spawn(program, words, { stdio: 'ignore' });
  const send = async (method: string, path: string, body?: object): Promise<void> => {
    const answer = await fetch(`http://127.0.0.1:${String(port)}${path}`, {
      method,
      ...(body && { body: JSON.stringify(body) }),
    });
    if (!answer.ok) throw new Error(`toxiproxy: ${method} ${path}: ${await answer.text()}`);
  };
  const add = (type: string, attributes: object): Promise<void> =>
    send('POST', '/proxies/api/toxics', { name: type, type, stream: 'downstream', attributes });
  await until('toxiproxy answers', async () => {
    await send('GET', '/version');
    return true;
  });
  const { hostname, port: target } = new URL(upstream);
  await send('POST', '/proxies', {
    name: 'api',
    listen: `127.0.0.1:${String(listen)}`,
    upstream: `${hostname}:${target}`,
    enabled: true,
  });
  return {
    url: `https://127.0.0.1:${String(listen)}`,
    cut: () => send('POST', '/proxies/api', { enabled: false }),
    silence: () => add('timeout', { timeout: 0 }),
    delay: (ms) => add('latency', { latency: ms }),
    restore: () => send('POST', '/reset'),
    close: async () => {
      const gone = once(server, 'exit');
      server.kill('SIGKILL');
      await gone;
    },
  };
};
