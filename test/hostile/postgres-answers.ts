import type { Socket } from 'node:net';
import { type Chance, inTurn } from './chance.ts';

/** What a hostile server does when it was asked something; until then it behaves. */
export interface HostileServer {
  /** When the client wants in: what comes instead of a greeting. Default: a good one. */
  readonly greet?: (socket: Socket) => void;
  /** For each query: the rows, or whatever it does. */
  readonly answer?: (socket: Socket) => void;
}

/** Servers whose answers must never be read as an account of a database that is well. */
export const hostilePostgresAnswers = (seed: number, n: number) => inTurn(kinds, seed, n);

const text = (value: string): Buffer => Buffer.from(`${value}\0`);
const int16 = (value: number): Buffer => {
  const bytes = Buffer.alloc(2);
  bytes.writeInt16BE(value);
  return bytes;
};
const int32 = (value: number): Buffer => {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value);
  return bytes;
};
/** https://www.postgresql.org/docs/current/protocol-message-formats.html */
export const message = (type: string, ...parts: readonly Buffer[]): Buffer => {
  const body = Buffer.concat(parts);
  return Buffer.concat([Buffer.from(type), int32(body.length + 4), body]);
};

const ready = message('Z', Buffer.from('I'));
const complete = message('C', text('SELECT 1'));
const parameter = (name: string, value: string): Buffer => message('S', text(name), text(value));
export const greeting = (version = '16.4'): Buffer =>
  Buffer.concat([
    message('R', int32(0)),
    parameter('server_version', version),
    parameter('server_encoding', 'UTF8'),
    message('K', int32(1), int32(2)),
    ready,
  ]);

export type Column = readonly [name: string, oid: number, value: string | null];
const description = (columns: readonly Column[]): Buffer =>
  message(
    'T',
    int16(columns.length),
    ...columns.map(([name, oid]) =>
      Buffer.concat([text(name), int32(0), int16(0), int32(oid), int16(8), int32(-1), int16(0)]),
    ),
  );
const dataRow = (columns: readonly Column[]): Buffer =>
  message(
    'D',
    int16(columns.length),
    ...columns.map(([, , value]) =>
      value === null ? int32(-1) : Buffer.concat([int32(Buffer.byteLength(value)), Buffer.from(value)]),
    ),
  );

/** One row, as the answer to a query of either protocol. */
export const rowOf = (columns: readonly Column[]): Buffer =>
  Buffer.concat([message('1'), message('2'), description(columns), dataRow(columns), complete, ready]);

const [bool, int4, float8, asText, json] = [16, 23, 701, 25, 114];
/** All that `rb db connections` reads, in one row, for each of its queries: only what is wrong makes it hostile. */
const goodRow: readonly Column[] = [
  ['database', asText, 'shop'],
  ['user', asText, 'rb'],
  ['replica', bool, 'f'],
  ['systemIdentifier', asText, '7000000000000000000'],
  ['pid', int4, '4711'],
  ['seenAt', asText, '2026-01-01T00:00:00.000000Z'],
  ['seesEverything', bool, 't'],
  ['by', asText, 'all'],
  ['name', asText, null],
  ['count', int4, '3'],
  ['unseen', int4, '0'],
  ['oldestMs', float8, '17'],
  ['taken', int4, '3'],
  ['max', int4, '100'],
  ['reservedForSuperusers', int4, '3'],
  ['reservedForRoles', int4, '0'],
  ['reservedForService', int4, '0'],
  ['of', asText, 'database'],
];
const withName = goodRow.map((column): Column => (column[0] === 'name' ? ['name', asText, 'shop'] : column));
export const good = (socket: Socket): void => void socket.write(rowOf(withName));

const numbers = [
  'count',
  'unseen',
  'taken',
  'max',
  'reservedForSuperusers',
  'reservedForRoles',
  'reservedForService',
] as const;
const nonsense = [
  'NaN',
  'Infinity',
  '-1',
  '1.5',
  '',
  ' ',
  'three',
  '0x10',
  '1e400',
  '1_000',
  '9007199254740993',
] as const;
const replaced = (name: string, oid: number, value: string | null): HostileServer => ({
  answer: (socket) =>
    void socket.write(rowOf(withName.map((column): Column => (column[0] === name ? [name, oid, value] : column)))),
});

/** Writes as fast as it is read, until the other side has had enough. */
const endless = (socket: Socket, head: Buffer, piece: Buffer): void => {
  socket.write(head);
  const more = (): void => {
    while (!socket.destroyed && socket.write(piece));
  };
  socket.on('drain', more);
  more();
};
const trickle = (socket: Socket, piece: Buffer): void => {
  const drip = setInterval(() => socket.write(piece), 10);
  socket.on('close', () => clearInterval(drip));
};

const tall = dataRow([['a', asText, 'x'.repeat(1000)]]);
const oneColumn = description([['a', asText, '']]);
const many = (piece: Buffer): Buffer => Buffer.concat(Array.from({ length: 200 }, () => piece));

const kinds: Readonly<Record<string, (one: Chance) => HostileServer>> = {
  'a number that is none': (one) => replaced(one.pick(numbers), one.pick([int4, float8]), one.pick(nonsense)),
  'a number as text': (one) => replaced(one.pick(numbers), asText, one.pick(['3', 'NaN', 'many'])),
  'a number that is null': (one) => replaced(one.pick(numbers), int4, null),
  'a number as JSON': (one) => replaced(one.pick(numbers), json, one.pick(['{}', '[]', 'null', '"3"', '{', '-3'])),
  'a truth that is none': (one) =>
    replaced(one.pick(['replica', 'seesEverything']), one.pick([bool, asText]), one.pick(['yes', '', 'T', 'x', null])),
  'a name that is none': (one) => replaced(one.pick(['database', 'user', 'by']), int4, one.pick(['3', null])),
  'no room for connections': () => replaced('max', int4, '0'),
  'another kind of sum': (one) => replaced('by', asText, one.pick(['state', 'ALL', '', 'none'])),
  'a text that is too long': (one) => replaced(one.pick(['database', 'user']), asText, 'x'.repeat(20_000)),
  'a version that is none': (one) => ({
    greet: (socket) => void socket.write(greeting(one.pick(['NaN', '', 'sixteen', '-16', '\u202E61', '999999999']))),
  }),
  'a version that is too old': () => ({ greet: (socket) => void socket.write(greeting('9.6.1')) }),
  'rows that are missing': () => ({
    answer: (socket) => void socket.write(Buffer.concat([message('1'), message('2'), oneColumn, complete, ready])),
  }),
  'rows without a description': () => ({
    answer: (socket) => void socket.write(Buffer.concat([message('1'), message('2'), tall, complete, ready])),
  }),
  'no rows at all': () => ({
    answer: (socket) => void socket.write(Buffer.concat([message('1'), message('2'), complete, ready])),
  }),
  'rows without end': () => ({ answer: (socket) => endless(socket, oneColumn, many(tall)) }),
  'small rows without end': () => ({ answer: (socket) => endless(socket, oneColumn, many(dataRow([['a', 25, '']]))) }),
  'one row without end': () => ({
    answer: (socket) =>
      endless(socket, Buffer.concat([oneColumn, Buffer.from('D'), int32(2 ** 31 - 1)]), Buffer.alloc(65_536, 'x')),
  }),
  'very many columns': () => ({
    answer: (socket) => {
      const columns = Array.from({ length: 30_000 }, (_, index): Column => [`c${index}`, asText, null]);
      endless(socket, description(columns), dataRow(columns));
    },
  }),
  'notices without end': () => ({
    answer: (socket) => endless(socket, Buffer.alloc(0), many(message('N', text('SNOTICE'), text('Mx'), text('')))),
  }),
  'an error without end': () => ({
    answer: (socket) =>
      endless(socket, Buffer.concat([Buffer.from('E'), int32(2 ** 31 - 1)]), Buffer.alloc(65_536, 'x')),
  }),
  'a very long error': (one) => ({
    answer: (socket) => {
      const said = one.pick([' ', 'a.', '(', '\n', '-pass-', "'", '--']).repeat(500_000);
      socket.write(Buffer.concat([message('E', text('SERROR'), text('CXX000'), text(`M${said}`), text('')), ready]));
    },
  }),
  'a greeting without end': () => ({
    greet: (socket) => endless(socket, message('R', int32(0)), many(parameter('more', 'x'.repeat(500)))),
  }),
  'a greeting that trickles': () => ({ greet: (socket) => trickle(socket, Buffer.from('S')) }),
  'an answer that trickles': () => ({
    answer: (socket) => {
      socket.write(Buffer.concat([Buffer.from('D'), int32(100_000)]));
      trickle(socket, Buffer.from('x'));
    },
  }),
  'no greeting': (one) => ({ greet: (socket) => void socket.write(one.bytes(1 + one.number(3000))) }),
  'bytes that are no protocol': (one) => ({ answer: (socket) => void socket.write(one.bytes(200 + one.number(3000))) }),
  'a message that is shorter than it says': (one) => ({
    answer: (socket) =>
      void socket.end(Buffer.concat([Buffer.from(one.pick(['T', 'D', 'E', 'C', 'S', 'G'])), int32(one.number(12))])),
  }),
  'a message that is broken inside': (one) => ({
    answer: (socket) =>
      void socket.write(
        Buffer.concat([message(one.pick(['T', 'D', 'E', 'S', 'G', 'A', 'R', 'K']), one.bytes(8)), ready]),
      ),
  }),
  'an end at once': () => ({ answer: (socket) => void socket.destroy() }),
};
