import { describe, expect, test } from 'vitest';
import { checkMessages } from '../../src/providers/database/postgres/connect/message-check.ts';
import { greeting, message, rowOf } from './postgres-answers.ts';

const error = message('E', Buffer.from('SERROR\0CXX000\0Mno\0\0'));
const good = Buffer.concat([greeting(), rowOf([['a', 25, 'b']]), error, message('N', Buffer.from('Mx\0\0'))]);

describe('messages of PostgreSQL', () => {
  test.each([1, 2, 3, 5, 7, 64, good.length])('may be read in pieces of %i bytes', (size) => {
    const mayBeRead = checkMessages();
    for (let at = 0; at < good.length; at += size) expect(mayBeRead(good.subarray(at, at + size))).toBe(true);
  });

  test.each<[string, Buffer]>([
    ['an error without its end', message('E', Buffer.from('Mno\0'))],
    ['an error without the end of a field', message('E', Buffer.from('Mno'))],
    ['an error without anything', message('E')],
    ['a notice without its end', message('N', Buffer.from('Mno\0'))],
    ['a length that is too short', Buffer.from([0x44, 0, 0, 0, 3])],
    ['an error that is too long', Buffer.from([0x45, 0x7f, 0, 0, 0])],
  ])('%s may not', (_, bytes) => {
    expect(checkMessages()(Buffer.concat([greeting(), bytes]))).toBe(false);
    const inPieces = checkMessages();
    expect([...bytes].map((byte) => inPieces(Buffer.from([byte]))).at(-1)).toBe(false);
  });
});
