import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { withConnection } from '../../../src/providers/database/postgres/connect/connection.ts';
import { writeFailure } from '../../../src/providers/database/postgres/query/failure.ts';
import { connectionParameters } from '../../../src/providers/database/postgres/parameters/parameters.ts';
import { OwnSessions } from '../../../src/providers/database/postgres/activity/own-sessions.ts';
import { newCall } from '../workload/call.ts';
import { rejection } from './on-each-version.ts';
import { refusal } from './reach.ts';

const message = (type: string, body: string | Buffer): Buffer => {
  const bytes = Buffer.from(body);
  const head = Buffer.alloc(5, type);
  head.writeInt32BE(bytes.length + 4, 1);
  return Buffer.concat([head, bytes]);
};
const setting = (name: string, value: string): Buffer => message('S', `${name}\0${value}\0`);
const ready = message('Z', 'I');
const letsIn = Buffer.concat([
  message('R', '\0\0\0\0'),
  setting('server_version', '16.0'),
  setting('server_encoding', 'UTF8'),
  message('K', Buffer.alloc(8, 1)),
  ready,
]);

/** A server that lets everyone in, and answers each request with the same bytes. Cancel requests too, which come first on a connection. */
const answering = async (
  bytes: Buffer,
  { first = letsIn, goes = true }: { readonly first?: Buffer; readonly goes?: boolean } = {},
): Promise<number> => {
  const sockets: Socket[] = [];
  const server = createServer((socket) => {
    sockets.push(socket);
    socket.on('error', () => undefined);
    socket.once('data', (asked) => {
      const isCancel = asked.length === 16;
      if (!isCancel && first !== letsIn) socket.end(first);
      else socket.write(isCancel ? bytes : first);
      socket.on('data', () => (goes ? socket.end(bytes) : socket.write(bytes)));
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('a port was expected');
  return address.port;
};
const deps = { environment: {}, home: '/nonexistent', login: 'nobody', remember: () => undefined };
const urlOf = (port: number) => `postgresql://plain:wr0ng@127.0.0.1:${port}/postgres?sslmode=disable`;

const row = (fields: number, body = ''): Buffer =>
  message('D', Buffer.concat([Buffer.from([0, fields]), Buffer.from(body)]));
const described = message('T', Buffer.concat([Buffer.from([0, 1]), Buffer.from('a\0'), Buffer.alloc(18, 1)]));

const garbage: readonly (readonly [string, Buffer])[] = [
  ['an error whose text does not end', message('E', 'SERROR')],
  ['a description of more columns than there are', message('T', Buffer.from([0, 9, 65, 0]))],
  ['a row of more fields than there are', Buffer.concat([described, row(200, '\0\0\0\x01x')])],
  ['a field that is longer than its row', Buffer.concat([described, row(1, '\x7f\xff\xff\xff')])],
  ['a message without a length', Buffer.from('D\0\0\0\0')],
  ['a message with a length below its own', Buffer.concat([Buffer.from('T\0\0\0\x01'), Buffer.alloc(40)])],
  ['a kind of message that there is not', message('#', 'what?')],
  ['an authentication that there is not', message('R', '\0\0\0\x63')],
  ['rows that nothing asked for', Buffer.concat([ready, ready, ready, row(1), row(1), row(1)])],
  ['another protocol', Buffer.from('HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n')],
  ['a parameter without its value', message('S', 'server_version')],
  ['a notice of nothing', message('N', '')],
];

describe('a server that does not follow the protocol', () => {
  it.each(garbage)('is unreachable, after it let us in: %s', async (_, bytes) => {
    expect(await refusal(urlOf(await answering(bytes)))).toMatchObject({ kind: 'unreachable' });
  });

  it.each(garbage)('is unreachable, before it does: %s', async (_, bytes) => {
    const port = await answering(bytes, { first: Buffer.from(bytes) });
    expect(await refusal(urlOf(port))).toMatchObject({ kind: 'unreachable' });
  });

  it('says what it is', async () => {
    const port = await answering(garbage[2]?.[1] ?? ready);
    expect((await refusal(urlOf(port))).message).toMatch(/127\.0\.0\.1:\d+.* bytes that are not PostgreSQL's protocol/);
  });

  it('leaves the outcome of a change unknown', async () => {
    const port = await answering(garbage[2]?.[1] ?? ready);
    const parameters = connectionParameters(urlOf(port), deps);
    const use = { readOnly: false, limits: { statementTimeoutMs: 1000, lockTimeoutMs: 1000 }, own: new OwnSessions() };
    const doing = { address: 'db', database: 'd', user: 'u' };
    const call = newCall({ mark: '20260301-abcd/look' });
    const raised = await rejection(
      withConnection(parameters, use, call, (connection) => connection.unlimited('VACUUM')),
    );
    expect(writeFailure(raised.cause, doing, 'it')).toMatchObject({ kind: 'unknown' });
  });

  it('does no harm where it answers a cancel request with it', async () => {
    const port = await answering(garbage[2]?.[1] ?? ready, { goes: false, first: letsIn });
    const stop = new AbortController();
    const parameters = connectionParameters(urlOf(port), deps);
    const use = { readOnly: true, limits: { statementTimeoutMs: 1000, lockTimeoutMs: 1000 }, own: new OwnSessions() };
    const call = newCall({ mark: '20260301-abcd/look', signal: stop.signal });
    const raised = rejection(
      withConnection(parameters, use, call, () => {
        stop.abort(new Error('stopped'));
        return new Promise(() => undefined);
      }),
    );
    expect((await raised).message).toMatch(/stopped|protocol/);
  });

  it('is unreachable, whatever bytes it sends', async () => {
    let state = 20_261_130;
    const next = (n: number): number => {
      state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
      return Math.floor((state / 2 ** 32) * n);
    };
    for (let n = 0; n < 60; n += 1) {
      const bytes = Buffer.from(Array.from({ length: 1 + next(200) }, () => next(256)));
      const start = garbage[next(garbage.length)]?.[1] ?? ready;
      const cut = start.subarray(0, next(start.length));
      // oxlint-disable-next-line no-await-in-loop -- one server after the other
      const port = await answering(Buffer.concat(next(2) === 0 ? [bytes] : [cut, bytes]));
      // oxlint-disable-next-line no-await-in-loop
      expect(await refusal(urlOf(port)), bytes.toString('hex')).toMatchObject({ kind: 'unreachable' });
    }
  });
});
