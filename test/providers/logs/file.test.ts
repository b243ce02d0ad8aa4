import { link, mkdtemp, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type FileLogsConfig, openFileLogs } from '../../../src/providers/logs/file.ts';

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'rb-logs-'));
});
afterEach(() => rm(directory, { recursive: true }));

const now = Date.now();
const at = (minutesAgo: number) => new Date(now - minutesAgo * 60_000).toISOString();
const line = (minutesAgo: number, msg: string, level = 'error') =>
  `${JSON.stringify({ ts: at(minutesAgo), level, msg })}\n`;
const write = (name: string, ...text: (string | Buffer)[]) =>
  writeFile(join(directory, name), Buffer.concat(text.map((each) => Buffer.from(each))));
const errors = (query: { minutes?: number; limit?: number } = {}, config: Partial<FileLogsConfig> = {}) =>
  openFileLogs({ paths: ['*.log'], cwd: directory, ...config }).errors(
    { since: new Date(now - (query.minutes ?? 60) * 60_000), limit: query.limit ?? 100 },
    new AbortController().signal,
  );
const messages = async (...query: Parameters<typeof errors>) =>
  (await errors(...query)).entries.map(({ message }) => message);

describe('errors across several files', () => {
  test('come in the order of time, with their file, and only since the time asked for', async () => {
    await write('a.log', line(90, 'too old'), line(30, 'first'), line(20, 'fine', 'info'), line(10, 'third'));
    await write('b.log', line(90, 'too old'), line(20, 'second', 'fatal'));
    const excerpt = await errors();
    expect(excerpt).toEqual({
      total: 3,
      entries: [
        { time: at(30), level: 'error', message: 'first', source: 'a.log' },
        { time: at(20), level: 'fatal', message: 'second', source: 'b.log' },
        { time: at(10), level: 'error', message: 'third', source: 'a.log' },
      ],
    });
  });

  test('the newest of all files are kept, not so many of each, and all are counted', async () => {
    for (const name of ['a', 'b', 'c'])
      await write(`${name}.log`, line(90, 'old'), ...Array.from({ length: 50 }, (_, i) => line(50 - i, `${name}${i}`)));
    const excerpt = await errors({ limit: 4 });
    expect(excerpt.total).toBe(150);
    expect(excerpt.entries.map(({ message }) => message.slice(1))).toEqual(['48', '49', '49', '49']);
  });

  test('entries of the same time keep their order', async () => {
    await write('a.log', line(90, 'old'), line(5, '1'), line(5, '2'), line(5, '3'), line(5, '4'));
    expect(await messages({ limit: 3 })).toEqual(['2', '3', '4']);
  });

  test('lines a little out of order are all found', async () => {
    await write(
      'a.log',
      line(70, 'old'),
      line(59.9, 'in'),
      line(60.5, 'before'),
      line(59.8, 'in too'),
      line(1, 'late'),
    );
    expect(await messages()).toEqual(['in', 'in too', 'late']);
  });
});

describe('formats', () => {
  test('JSON with other names, levels as numbers, and times as numbers', async () => {
    const record = { when: now - 60_000, sev: 50, text: 'deep', error: { message: 'no' } };
    await write('a.log', line(90, 'old'), `${JSON.stringify(record)}\n`);
    expect(await errors({}, { fields: { time: 'when', level: 'sev', message: 'text' } })).toMatchObject({
      entries: [{ level: 'error', message: 'deep', time: at(1) }],
    });
  });

  test('logfmt', async () => {
    await write(
      'a.log',
      `time=${at(90)} level=info msg=old\n`,
      `time=${at(3)} level=error msg="cannot \\"pay\\"" user=42\n`,
      `time=${at(2)} level=warn msg="ERROR in a word only"\n`,
    );
    expect(await messages()).toEqual(['cannot "pay"']);
  });

  test('plain text: the word, and a stack that belongs to its error', async () => {
    const text = [
      `${at(90)} INFO started`,
      `[${at(9).replace('T', ' ').replace('Z', '+00:00')}] ERROR payment failed`,
      'java.lang.IllegalStateException: FATAL',
      '    at Payment.pay(Payment.java:7)',
      `${at(8)} INFO 0 ERRORS found`,
      `${at(7)} [error] upstream timed out`,
      'ERROR: a line of the same program without a time',
    ];
    await write('a.log', `${text.join('\n')}\n`);
    const found = await errors();
    expect(found.entries.map(({ time, level }) => [time, level])).toEqual([
      [at(9), 'error'],
      [at(7), 'error'],
    ]);
  });

  test('a last line without an end, a cut one, bytes that are no text, and a line of 10 MB', async () => {
    await write(
      'a.log',
      line(90, 'old'),
      line(9, 'x'.repeat(10_000_000)),
      Buffer.from([0xff, 0xfe, 0x0a]),
      `{"ts":"${at(8)}","level":"error","msg":"cut of`,
      '\n',
      line(7, 'last').trimEnd(),
    );
    const { entries, total } = await errors();
    expect(total).toBe(3);
    expect(entries.map(({ message }) => message.length)).toEqual([2000, expect.any(Number), 4]);
    expect(entries[1]?.message).toContain('cut of');
  });

  test('lines across the borders of the chunks that are read', async () => {
    const all = Array.from({ length: 3000 }, (_, i) => `error ${i} ${'é'.repeat(i % 97)}`);
    await write('a.log', line(90, 'old'), ...all.map((each) => line(5, each)));
    expect(await messages({ limit: 5000 })).toEqual(all);
  });
});

describe('what may be missing is said', () => {
  test('a file that begins later than asked for', async () => {
    await write('a.log', line(10, 'first'));
    expect((await errors()).incomplete).toBe(`a.log begins at ${at(10)}: what came before is not there`);
  });

  test('rotated siblings are read as far as they are needed', async () => {
    await write('a.log', line(10, 'now'));
    await write('a.log.1', line(20, 'before'));
    await write('a.log.2', line(90, 'too old'), line(30, 'long before'));
    await write('a.log.3', line(40, 'not to be read'));
    const excerpt = await errors();
    expect(excerpt.entries.map(({ message }) => message)).toEqual(['long before', 'before', 'now']);
    expect(excerpt.incomplete).toBeUndefined();
  });

  test('a pattern that matches the rotated ones too does not count them twice', async () => {
    await write('a.log', line(10, 'now'));
    await write('a.log.1', line(90, 'old'), line(20, 'before'));
    expect(await messages({}, { paths: ['*.log*'] })).toEqual(['before', 'now']);
  });

  test('a file that was not written since is complete', async () => {
    await write('a.log', '');
    await utimes(join(directory, 'a.log'), new Date(now - 7_200_000), new Date(now - 7_200_000));
    expect(await errors()).toEqual({ entries: [], total: 0 });
  });

  test('an empty file that was written to may have been emptied', async () => {
    await write('a.log', '');
    expect((await errors()).incomplete).toBe('a.log is empty');
  });

  test('a pattern without a file, beside one with', async () => {
    await write('a.log', line(90, 'old'));
    expect((await errors({}, { paths: ['a.log', 'b/*.log'] })).incomplete).toBe('no file matches b/*.log');
  });

  test('no file at all is not "no errors"', async () => {
    await expect(errors()).rejects.toMatchObject({ kind: 'unreachable' });
  });

  test('a folder or a pipe is no log', async () => {
    await expect(errors({}, { paths: ['.'] })).rejects.toMatchObject({ kind: 'unreachable' });
  });

  test('a file that was renamed while it was read, and is met again under its next name, is not read twice', async () => {
    await write('a.log', line(10, 'one'));
    await link(join(directory, 'a.log'), join(directory, 'a.log.1'));
    expect(await errors()).toMatchObject({ total: 1 });
  });
});
