import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { describe, expect, test } from 'vitest';
import { openKubernetes } from '../../../src/clients/kubernetes/client.ts';
import { clock } from './clock.ts';
import { clientOf, connect, deployments, kubeconfig, write } from './kubeconfig-rig.ts';
import { failure, get, patch, scriptedRig } from './scripted-rig.ts';
import { send } from './scripted-server.ts';

const { serve, directory, atEnd } = scriptedRig();

const tcp = async (onSocket: (socket: Socket) => void): Promise<number> => {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    onSocket(socket);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  atEnd(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return (server.address() as AddressInfo).port;
};
const at = async (server: string, { change = false, connectMs = 60_000 } = {}) => {
  const client = openKubernetes(await connect([write(directory, kubeconfig({ server }))]), { clock, connectMs });
  return failure(change ? patch(client) : get(client));
};

describe('no answer (a scripted server)', () => {
  const limits = { client: { readMs: 300, changeMs: 300 } };

  test('to a read: unreachable, naming the server and the context', async () => {
    const { server, client } = await serve(() => undefined, limits);
    expect(await failure(get(client))).toMatchObject({
      kind: 'unreachable',
      message: `cannot reach the API server ${server.url} of context prod: it gave no answer within 0.3 s`,
    });
  });

  test('to a change: unknown', async () => {
    const { client } = await serve(() => undefined, limits);
    expect(await failure(patch(client))).toMatchObject({
      kind: 'unknown',
      message: expect.stringContaining('no answer within 0.3 s'),
    });
  });

  test('a long answer may take its time as long as it comes', async () => {
    const { client } = await serve(
      async (answer) => {
        answer.writeHead(200, { 'content-type': 'application/json' }).write('{');
        for (let part = 0; part < 8; part++) {
          // oxlint-disable-next-line no-await-in-loop
          await clock.sleep(300);
          answer.write(' '.repeat(64 * 1024));
        }
        answer.end('"a": 1}');
      },
      { client: { readMs: 2000 } },
    );
    expect(await get(client)).toEqual({ a: 1 });
  });

  test('one that trickles may not, though the server is never silent', async () => {
    const { client } = await serve(
      (answer) => {
        answer.writeHead(200, { 'content-type': 'application/json' }).write('{');
        const drip = setInterval(() => answer.write(' '), 20);
        answer.on('close', () => clearInterval(drip));
      },
      { client: { readMs: 500, changeMs: 500 } },
    );
    expect(await failure(get(client))).toMatchObject({
      kind: 'unreachable',
      message: expect.stringContaining('it gave no answer within 0.5 s'),
    });
    expect(await failure(patch(client))).toMatchObject({ kind: 'unknown' });
  });

  test('who is told to stop stops at once, with the reason; of a change that was sent the outcome is unknown', async () => {
    let told = new AbortController();
    const { client } = await serve(() => told.abort(new Error('enough')));

    expect(await failure(client.get(deployments, 'a', { signal: told.signal }))).toMatchObject({ message: 'enough' });
    told = new AbortController();
    expect(await failure(client.patch(deployments, 'a', {}, { type: 'merge', signal: told.signal }))).toMatchObject({
      kind: 'unknown',
    });
    expect(
      await failure(
        client.patch(deployments, 'a', {}, { type: 'merge', signal: AbortSignal.abort(new Error('stopped')) }),
      ),
    ).toMatchObject({ message: 'stopped' });
  });
});

describe('a server that cannot be reached', () => {
  test.each([false, true])('connection refused (a change: %s)', async (change) => {
    const { server } = await serve(() => undefined);
    server.close();
    expect(await at(server.url, { change })).toMatchObject({
      kind: 'unreachable',
      message: `cannot reach the API server ${server.url} of context prod: connection refused`,
    });
  });

  test('a name that does not exist', async () => {
    expect((await at('https://no-such-host.invalid:6443')).message).toMatch(
      /no-such-host\.invalid.*: the name (does not exist|cannot be looked up now)$/,
    );
  });

  test('a server that takes the connection and says nothing', async () => {
    const port = await tcp(() => undefined);
    expect((await at(`https://127.0.0.1:${port}`, { connectMs: 500 })).message).toMatch(
      /: no connection within 0.5 s$/,
    );
  });

  test('a change into a connection that breaks before it stands was surely not done', async () => {
    const port = await tcp((socket) => socket.once('data', () => socket.destroy()));
    expect(await at(`https://127.0.0.1:${port}`, { change: true })).toMatchObject({ kind: 'unreachable' });
  });

  test('a server that does not speak TLS', async () => {
    const port = await tcp((socket) => socket.once('data', () => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n')));
    expect((await at(`https://127.0.0.1:${port}`)).message).toMatch(/: the other side does not speak TLS$/);
  });

  test('a certificate from an authority that the context does not trust', async () => {
    const { server } = await serve((answer) => send(answer, {}));
    expect((await at(server.url)).message).toMatch(
      /: the server's certificate comes from an authority that is not trusted here$/,
    );
    expect(server.requests).toEqual([]);
  });

  test('a certificate for another name, unless the context says which', async () => {
    const { server, client } = await serve((answer) => send(answer, { a: 1 }), undefined);
    const cluster = { server: `https://127.0.0.2:${server.port}` };
    expect(await failure(get(await clientOf(directory, server, { cluster })))).toMatchObject({ kind: 'unreachable' });
    expect(await get(client)).toEqual({ a: 1 });
  });

  test('a certificate that has expired', async () => {
    const { client } = await serve((answer) => send(answer, {}), undefined, { days: -0.01 });
    expect((await failure(get(client))).message).toMatch(/: the server's certificate has expired$/);
  });
});
