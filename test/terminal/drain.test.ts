import { closeSync, openSync } from 'node:fs';
import { PassThrough } from 'node:stream';
import { expect, test } from 'vitest';
import { drain } from '../../src/terminal/drain.ts';

// What the terminal itself holds is tested on a real one, in prompts.test.ts.
test('what the stream has read ahead is thrown away, in raw mode', () => {
  const fd = openSync('/dev/null', 'r');
  const raw: boolean[] = [];
  const stdin = Object.assign(new PassThrough(), { isTTY: true, fd, setRawMode: (on: boolean) => raw.push(on) });
  stdin.write('yes\r');
  stdin.write('yes\r');
  drain(stdin);
  closeSync(fd);
  expect([stdin.readableLength, raw]).toEqual([0, [true]]);
});

test('a pipe is left alone: it is no person', () => {
  const stdin = new PassThrough();
  stdin.write('yes\n');
  drain(stdin);
  expect(stdin.readableLength).toBe(4);
});
