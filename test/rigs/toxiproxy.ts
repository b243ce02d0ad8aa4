import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { freePort } from '../../sandbox/ports.ts';
import { requireProgram } from './kubernetes/binaries.ts';
import { endsWithParent } from './kubernetes/component-process.ts';
import { until } from './kubernetes/wait.ts';

/** A way to a server that a test can break. */
export interface Proxy {
  /** That of the server, but through the proxy. It is on 127.0.0.1: a certificate for that address holds for it as well. */
  readonly url: string;
  /** Cuts all connections and refuses new ones, until `restore`. */
  cut(): Promise<void>;
  /** Connections stand, but nothing comes through, until `restore`: as when a firewall forgets them. */
  silence(): Promise<void>;
  /** What comes from the server comes this much later. */
  delay(ms: number): Promise<void>;
  /** What comes from the server comes in pieces of about so many bytes. */
  slice(bytes: number): Promise<void>;
  /** New connections end after so many bytes from the server. */
  endAfter(bytes: number): Promise<void>;
  /** New connections are taken, and reset when something comes from the server. */
  reset(): Promise<void>;
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
    send('POST', '/proxies/server/toxics', { name: type, type, stream: 'downstream', attributes });
  await until('toxiproxy answers', async () => {
    await send('GET', '/version');
    return true;
  });
  const url = new URL(upstream);
  const target = url.host;
  [url.hostname, url.port] = ['127.0.0.1', String(listen)];
  await send('POST', '/proxies', {
    name: 'server',
    listen: `127.0.0.1:${String(listen)}`,
    upstream: target,
    enabled: true,
  });
  return {
    url: url.href.replace(/\/$/, ''),
    cut: () => send('POST', '/proxies/server', { enabled: false }),
    silence: () => add('timeout', { timeout: 0 }),
    delay: (ms) => add('latency', { latency: ms }),
    slice: (bytes) => add('slicer', { average_size: bytes, size_variation: Math.floor(bytes / 2), delay: 100 }),
    endAfter: (bytes) => add('limit_data', { bytes }),
    reset: () => add('reset_peer', { timeout: 0 }),
    restore: () => send('POST', '/reset'),
    close: async () => {
      const gone = once(server, 'exit');
      server.kill('SIGKILL');
      await gone;
    },
  };
};
