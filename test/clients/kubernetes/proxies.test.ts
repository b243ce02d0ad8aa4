import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import {
  type AddressInfo,
  connect as connectTcp,
  createServer as createTcpServer,
  type Server,
  type Socket,
} from 'node:net';
import { describe, expect, test } from 'vitest';
import { proxyFor } from '../../../src/clients/http/proxy.ts';
import { failure, get, patch, scriptedRig } from './scripted-rig.ts';
import { send } from './scripted-server.ts';

const { serve, atEnd } = scriptedRig();

const listen = async (server: Server): Promise<number> => {
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => sockets.add(socket.on('error', () => undefined)));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  atEnd(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return (server.address() as AddressInfo).port;
};

const pipe = (one: Socket, other: Socket): void => {
  for (const [from, to] of [
    [one, other],
    [other, one],
  ] as const)
    from.on('error', () => to.destroy()).pipe(to);
};

/** An HTTP proxy; `asked` are the CONNECTs that came, with what they log in with. */
const httpProxy = async (status = 200): Promise<{ readonly port: number; readonly asked: readonly string[] }> => {
  const asked: string[] = [];
  const server = createServer().on('connect', (request: IncomingMessage, client: Socket) => {
    asked.push(`${request.url} ${request.headers['proxy-authorization'] ?? '-'}`);
    if (status !== 200) return client.end(`HTTP/1.1 ${status} No\r\n\r\n`);
    const [host = '', port] = (request.url ?? '').split(':');
    const target = connectTcp(Number(port), host, () => client.write('HTTP/1.1 200 OK\r\n\r\n'));
    return pipe(client, target);
  });
  return { port: await listen(server), asked };
};

/** A SOCKS 5 proxy without a login (RFC 1928), for addresses of version 4. */
const socksProxy = async (): Promise<{ readonly port: number; readonly asked: readonly string[] }> => {
  const asked: string[] = [];
  const server = createTcpServer((client) => {
    client.once('data', () => {
      client.write(Buffer.from([5, 0]));
      client.once('data', (request: Buffer) => {
        const host = [...request.subarray(4, 8)].join('.');
        const port = request.readUInt16BE(8);
        asked.push(`${host}:${port}`);
        const target = connectTcp(port, host, () => {
          client.write(Buffer.from([5, 0, 0, 1, 0, 0, 0, 0, 0, 0]));
          pipe(client, target);
        });
      });
    });
  });
  return { port: await listen(server), asked };
};

describe('the proxy-url of a cluster', () => {
  test('leads through an HTTP proxy, with its login, over a connection that is kept', async () => {
    const proxy = await httpProxy();
    const { server, client } = await serve((answer) => send(answer, { a: 1 }), {
      // Read when the client is made, so the port is known by then.
      cluster: { 'proxy-url': `http://ann:pw@127.0.0.1:${proxy.port}` },
    });
    expect(await get(client)).toEqual({ a: 1 });
    expect(await get(client)).toEqual({ a: 1 });
    expect(proxy.asked).toEqual([`127.0.0.1:${server.port} Basic ${Buffer.from('ann:pw').toString('base64')}`]);
  });

  test('leads through a SOCKS proxy', async () => {
    const proxy = await socksProxy();
    const { server, client } = await serve((answer) => send(answer, { a: 1 }), {
      cluster: { 'proxy-url': `socks5://127.0.0.1:${proxy.port}` },
    });
    expect(await get(client)).toEqual({ a: 1 });
    expect(await get(client)).toEqual({ a: 1 });
    expect(proxy.asked).toEqual([`127.0.0.1:${server.port}`]);
  });

  test('the certificate of the server behind it is looked at', async () => {
    const proxy = await httpProxy();
    const { server, client } = await serve((answer) => send(answer, {}), {
      cluster: { 'proxy-url': `http://127.0.0.1:${proxy.port}`, 'tls-server-name': 'elsewhere.example.com' },
    });
    expect((await failure(get(client))).message).toMatch(
      /the server's certificate is for another name than elsewhere.example.com$/,
    );
    expect(server.requests).toEqual([]);
  });

  test('a proxy that does not let us through is named, its password is not; a change was surely not done', async () => {
    const proxy = await httpProxy(407);
    const { client } = await serve((answer) => send(answer, {}), {
      cluster: { 'proxy-url': `http://ann:s3cr3t@127.0.0.1:${proxy.port}` },
    });
    const error = await failure(patch(client));
    expect(error).toMatchObject({
      kind: 'unreachable',
      message: expect.stringContaining(`through the proxy 127.0.0.1:${proxy.port}`),
    });
    expect(JSON.stringify([error.message, error.next])).not.toContain('s3cr3t');
  });

  test('a proxy that is not there is named', async () => {
    const { server, client } = await serve((answer) => send(answer, {}), {
      cluster: { 'proxy-url': 'http://127.0.0.1:1' },
    });
    expect((await failure(patch(client))).message).toBe(
      `cannot reach the API server ${server.url} of context prod through the proxy 127.0.0.1:1: it did not let us through (connection refused)`,
    );
  });
});

const chosen = (server: string, env: Record<string, string>, configured?: string) =>
  proxyFor(new URL(server), configured === undefined ? undefined : { url: configured, where: 'file' }, env)?.href;

describe('the proxy of the environment', () => {
  const HTTPS_PROXY = 'http://proxy.example.com:3128';

  test('is used for a server elsewhere, unless the cluster names its own', () => {
    expect(chosen('https://prod.example.com', { HTTPS_PROXY })).toBe('http://proxy.example.com:3128/');
    expect(chosen('https://prod.example.com', { https_proxy: 'proxy:3128' })).toBe('http://proxy:3128/');
    expect(chosen('https://prod.example.com', { HTTPS_PROXY }, 'socks5://localhost:1080')).toBe(
      'socks5://localhost:1080',
    );
    expect(chosen('https://127.0.0.1:6443', { HTTPS_PROXY })).toBeUndefined();
  });

  test.each([
    ['https://prod.example.com', 'other.com, example.com'],
    ['https://prod.example.com', '.example.com'],
    ['https://prod.example.com', '*.example.com'],
    ['https://prod.example.com', 'prod.example.com:443'],
    ['https://prod.example.com', '*'],
    ['https://10.1.2.3:6443', '10.0.0.0/8'],
    ['https://10.1.2.3:6443', '10.1.2.3'],
    ['https://[fd00::7]:6443', 'fd00::/8'],
    ['https://[fd00::7]:6443', 'fd00::7'],
  ])('%s is asked directly where NO_PROXY is %s', (server, NO_PROXY) => {
    expect(chosen(server, { HTTPS_PROXY, NO_PROXY })).toBeUndefined();
  });

  test.each([
    ['https://prod.example.com', 'ample.com'],
    ['https://prod.example.com', 'prod.example.com:6443'],
    ['https://10.1.2.3:6443', '10.1.3.0/24,fd00::/8'],
    ['https://10.1.2.3:6443', '1.2.3'],
    ['https://prod.example.com', '10.0.0.0/8'],
  ])('%s is asked through it where NO_PROXY is %s', (server, NO_PROXY) => {
    expect(chosen(server, { HTTPS_PROXY, NO_PROXY })).toBeDefined();
  });
});
