import type { Socket } from 'node:net';
import { deflateSync, gzipSync } from 'node:zlib';
import { type Chance, inTurn } from './chance.ts';

/** Plays one answer on a connection whose request has been read. */
export type Play = (socket: Socket) => void;

/** Answers to a health check that say nothing which can be believed: none of them may ever be taken for healthy. */
export const hostileHealthAnswers = (seed: number, n: number) => inTurn(kinds, seed, n);

const bom = '\uFEFF';
const bad = ['down', 'DEGRADED', 'Unhealthy', 'error', 'out_of_service', 'starting', 'not ready'] as const;

const raw =
  (body: string | Buffer, headers: readonly string[] = ['content-type: application/json']): Play =>
  (socket) => {
    const bytes = Buffer.from(body);
    socket.write(['HTTP/1.1 200 OK', ...headers, `content-length: ${bytes.length}`, '', ''].join('\r\n'));
    socket.end(bytes);
  };
const json = (value: unknown): Play => raw(JSON.stringify(value));
const says = (one: Chance): string => JSON.stringify({ status: one.pick(bad) });
const page = '<html><body><form action="/login">Log in</form></body></html>';

/** Writes as fast as it is read, until the other side has had enough. */
export const endless =
  (head: string, piece: string | Buffer): Play =>
  (socket) => {
    socket.write(head);
    const more = (): void => {
      while (!socket.destroyed && socket.write(piece));
    };
    socket.on('drain', more);
    more();
  };

/** One byte after another, for ever. */
export const trickling =
  (head: string, piece: string): Play =>
  (socket) => {
    socket.write(head);
    const drip = setInterval(() => socket.write(piece), 10);
    socket.on('close', () => clearInterval(drip));
  };

const chunked = 'HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n';

const kinds: Readonly<Record<string, (one: Chance) => Play>> = {
  'a bad word behind a byte order mark': (one) => raw(bom.repeat(1 + one.number(3)) + says(one)),
  'a bad word in text': (one) => raw(one.pick(bad), ['content-type: text/plain']),
  'longer than the limit': (one) => raw(`{"status":"ok","more":"${'x'.repeat(65_536 + one.number(10_000))}"}`),
  'gzip with its header': (one) =>
    raw(gzipSync(says(one)), ['content-type: application/json', 'content-encoding: gzip']),
  'gzip without its header': () => raw(gzipSync('{"status":"ok"}')),
  deflate: () => raw(deflateSync('{"status":"ok"}'), ['content-encoding: deflate']),
  'gzip that grows': () => raw(gzipSync(Buffer.alloc(8_000_000, ' ')), ['content-encoding: gzip']),
  'in a list': (one) => json([{ status: one.pick(['ok', ...bad]) }]),
  'HTML behind a comment': (one) => raw(`<!-- ${'-'.repeat(one.number(2000))} -->\n${page}`),
  'HTML behind a byte order mark and space': (one) => raw(`${bom}${' \n\t'.repeat(one.number(500))}${page}`),
  'HTML behind words': (one) => raw(`${one.pick(['ok', 'welcome', '{}'])} ${page}`, ['content-type: text/plain']),
  'HTML without its beginning': () => raw('<meta http-equiv="refresh" content="0; url=/login">', []),
  'other markup': () => raw('<?xml version="1.0"?><health>UP</health>', ['content-type: text/xml']),
  'JSON that ends too soon': (one) => raw('{"status":"ok","more":[1,2,3]}'.slice(0, 14 + one.number(14))),
  'JSON and more behind it': () => raw('{"status":"ok"}{"status":"down"}'),
  'JSON that is too deep': (one) => {
    const depth = 101 + one.number(10_000);
    return raw(`{"status":"ok","more":${'['.repeat(depth)}${']'.repeat(depth)}}`);
  },
  'a status of another type': (one) =>
    json({ status: one.pick<unknown>([null, {}, [], ['ok'], { code: 'ok' }, false, 0, 503, -1, 1e308, '']) }),
  'a word that nobody knows': (one) => json({ status: one.pick(['wibble', 'NaN', 'ok?', 'o k', '✓', '\u202Eko']) }),
  'ready is false': (one) => json({ [one.pick(['ready', 'alive', 'healthy', 'ok'])]: false }),
  'a bare value': (one) => raw(one.pick(['null', 'false', '0', '-1', '""', '"down"', '[]'])),
  'UTF-16': () => raw(Buffer.from(`${bom}{"status":"ok"}`, 'utf16le')),
  'bytes that are no text': (one) => raw(Buffer.concat([Buffer.from([0xff, 0xfe]), one.bytes(500)])),
  'a zero byte': () => raw('ok\0', ['content-type: text/plain']),
  'another status': (one) => (socket) => {
    const status = one.pick(['302 Found\r\nlocation: /login', '500 Oops', '204 Nothing', '401 No', '999 Huh']);
    socket.end(`HTTP/1.1 ${status}\r\ncontent-length: 0\r\n\r\n`);
  },
  'a body that ends too soon': () => (socket) =>
    socket.end('HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{"status":"ok"}'),
  'no HTTP': (one) => (socket) => socket.end(one.bytes(1 + one.number(2000))),
  nothing: () => (socket) => socket.destroy(),
  'a body without end': () => endless(chunked, `10000\r\n${'x'.repeat(65_536)}\r\n`),
  'headers without end': () => endless('HTTP/1.1 200 OK\r\n', `x-more: ${'x'.repeat(1000)}\r\n`),
  'informational answers without end': () => endless('', 'HTTP/1.1 100 Continue\r\n\r\n'.repeat(50)),
  'a body that trickles': () => trickling(chunked, '1\r\n \r\n'),
  'headers that trickle': () => trickling('HTTP/1.1 200 OK\r\n', 'x'),
  'broken chunks': (one) => (socket) => socket.end(`${chunked}${one.pick(['-1', 'fffffffff', 'zz', ''])}\r\nok\r\n`),
};
