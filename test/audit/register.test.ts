import { spawn } from 'node:child_process';
import fs from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { openAuditLog } from '../../src/audit/record/file.ts';
import { readSession } from '../../src/audit/read/read.ts';
import { readRegister, registerPath, registerProblem } from '../../src/audit/record/register.ts';
import { newSessionId } from '../../src/audit/session-id.ts';
import { aDirectory, errorOf, linesOf, options, written } from './a-directory.ts';
import { opened, rollingRestart } from './a-session.ts';
import { list, resume, show, verify, verifyAll } from './commands.ts';
import { recordsIn, withoutRegister, writeLines } from './forgery.ts';

const ids = [0, 1, 2, 3].map((n) => `20261122-031500-00${n}-aaaa`);

const four = (): string => {
  const directory = aDirectory();
  const [, ...rest] = rollingRestart();
  for (const session of ids) written(directory, [opened({ session }), ...rest], { session });
  return directory;
};
const logOf = (directory: string, session: string | undefined) => join(directory, `${session}.jsonl`);
const problemOf = (directory: string) =>
  registerProblem(
    directory,
    ids.map((session) => readSession(logOf(directory, session))),
  )?.what;

describe('the register', () => {
  test('has a line for each session, which its log names, and nobody else reads it', () => {
    const directory = four();
    const { entries, problem } = readRegister(directory) ?? { entries: [] };
    expect(problem).toBeUndefined();
    expect(entries.map(({ session }) => session)).toEqual(ids);
    expect(entries.map(({ hash }) => hash)).toEqual(ids.map((id) => recordsIn(logOf(directory, id))[0]?.['register']));
    expect(fs.statSync(registerPath(directory)).mode & 0o777).toBe(0o600);
  });

  test('shows that the file of a session was removed: in the list, to verify, and wherever it is named', async () => {
    const directory = four();
    fs.rmSync(logOf(directory, ids[1]));
    const listed = await list(directory);
    expect([listed.code, listed.text]).toEqual([1, expect.stringContaining('damaged: its file is missing')]);
    expect(listed.data).toMatchObject([{}, {}, { session: ids[1], status: 'damaged', unfinished: false }, {}]);
    const all = await verifyAll(directory);
    expect([all.code, (all.data as { exit: number }[]).map(({ exit }) => exit)]).toEqual([1, [0, 0, 1, 0]]);
    for (const said of [await verify(directory, ids[1] ?? ''), await show(directory, ids[1])])
      expect(said.code).toBe(1);
    expect(await resume(directory, ids[1])).toMatchObject({ code: 3, text: expect.stringContaining('is missing') });
    // The others are what they were.
    expect((await verify(directory, ids[0] ?? '')).code).toBe(0);
  });

  test.each([
    ['a removed line', (lines: string[]) => lines.toSpliced(1, 1), 'what stood before it was changed or removed'],
    ['a changed line', (lines: string[]) => lines.with(1, (lines[1] ?? '').replace('2026', '2025')), 'it was changed'],
    ['another order', ([a = '', b = '', ...rest]: string[]) => [b, a, ...rest], 'what stood before it'],
    ['a line twice', (lines: string[]) => [...lines, lines[3] ?? ''], `it has the session ${ids[3]} a second time`],
    ['no last line', (lines: string[]) => lines.slice(0, -1), `the entry of the session ${ids[3]} is not in it`],
    ['something else', (lines: string[]) => [...lines, '{}'], 'it is not an entry'],
  ])('tells that it was edited: %s', async (_, change, what) => {
    const directory = four();
    writeLines(registerPath(directory), change(linesOf(registerPath(directory))));
    expect(problemOf(directory)).toContain(what);
    const [listed, all] = [await list(directory), await verifyAll(directory)];
    expect([listed.code, all.code]).toEqual([1, 1]);
    expect(listed.data).toMatchObject([{ session: 'register', status: 'damaged' }, {}, {}, {}, {}]);
    expect(all.data).toMatchObject([{ session: 'register', exit: 1, intact: false }, {}, {}, {}, {}]);
    // It says nothing about what is in a log.
    expect((await show(directory, ids[0])).code).toBe(0);
  });

  test('that is missing is missed by the logs that name it', () => {
    const directory = four();
    fs.rmSync(registerPath(directory));
    expect(problemOf(directory)).toBe('it is missing');
  });

  test('does not miss what is older than it', async () => {
    const directory = four();
    for (const session of ids) withoutRegister(logOf(directory, session));
    fs.rmSync(registerPath(directory));
    expect((await list(directory)).code).toBe(0);
    const session = '20261123-000000-000-zzzz';
    const [, ...rest] = rollingRestart();
    written(directory, [opened({ session }), ...rest], { session });
    fs.rmSync(logOf(directory, ids[0]));
    const [listed, all] = [await list(directory), await verifyAll(directory)];
    expect([listed.code, all.code, (all.data as unknown[]).length]).toEqual([0, 0, 4]);
  });

  test('goes on after a line that a process has not finished', () => {
    const directory = four();
    const rest = (linesOf(registerPath(directory))[0] ?? '').slice(0, 40);
    for (const [n, torn] of ['', rest].entries()) {
      fs.appendFileSync(registerPath(directory), torn);
      expect(problemOf(directory)).toBeUndefined();
      const session = `20261123-000000-00${n}-zzzz`;
      openAuditLog(options(directory, { session })).close();
      expect(readRegister(directory)?.entries.at(-1)?.session).toBe(session);
      expect(problemOf(directory)).toBeUndefined();
    }
    // And that one is held by the digests too.
    writeLines(
      registerPath(directory),
      linesOf(registerPath(directory)).filter((line) => line !== rest),
    );
    expect(problemOf(directory)).toBe('what stood before it was changed or removed');
  });

  test.each([
    ['a directory', (path: string) => fs.mkdirSync(path)],
    ['a link', (path: string) => fs.symlinkSync('/nowhere', path)],
  ])('cannot be %s: nothing is done', (_, make) => {
    const directory = aDirectory();
    fs.mkdirSync(directory, { mode: 0o700 });
    make(registerPath(directory));
    expect(errorOf(() => openAuditLog(options(directory)))).toMatchObject({
      kind: 'unrecorded',
      message: expect.stringContaining('Nothing was done.'),
    });
  });
});

test('processes that open sessions at the same moment lose none of them', async () => {
  const directory = aDirectory();
  fs.mkdirSync(directory, { mode: 0o700 });
  const start = join(directory, 'start');
  const program = `
    import fs from 'node:fs';
    import { openAuditLog } from '${new URL('../../src/audit/record/file.ts', import.meta.url).href}';
    import { newSessionId } from '${new URL('../../src/audit/session-id.ts', import.meta.url).href}';
    const given = { ...JSON.parse(process.argv[1]), clock: { now: () => new Date(), monotonic: () => 1 } };
    process.stdout.write('ready');
    while (!fs.existsSync(${JSON.stringify(start)}));
    for (let n = 0; n < 12; n += 1) {
      const session = newSessionId(new Date(), Math.random);
      const log = openAuditLog({ ...given, session });
      log.append({ ...JSON.parse(process.argv[2]), session });
      log.close();
    }`;
  const { envelope } = options(directory);
  const argv = [
    '--input-type=module',
    '-e',
    program,
    JSON.stringify({ directory, envelope }),
    JSON.stringify(opened()),
  ];
  const children = [1, 2, 3, 4].map(() => spawn(process.execPath, argv, { stdio: ['ignore', 'pipe', 'inherit'] }));
  await Promise.all(children.map((child) => new Promise((resolve) => child.stdout.once('data', resolve))));
  const ended = children.map((child) => new Promise((resolve) => child.once('exit', resolve)));
  fs.writeFileSync(start, '');
  expect(await Promise.all(ended)).toEqual([0, 0, 0, 0]);
  expect(readRegister(directory)).toMatchObject({ entries: { length: 48 } });
  const [listed, all] = [await list(directory), await verifyAll(directory)];
  expect([listed.code, all.code, (all.data as unknown[]).length]).toEqual([0, 2, 48]);
  const entries = linesOf(registerPath(directory));
  // Whichever is removed, but for the last, is missed by those after it.
  writeLines(registerPath(directory), entries.toSpliced(20, 1));
  expect(readRegister(directory)?.problem).toBeDefined();
});

test('ids of one second are in the order in which they were given', () => {
  const times = Array.from({ length: 50 }, (_, n) => new Date(Date.UTC(2026, 10, 22, 3, 15, 0, n * 20)));
  const given = times.map((time) => newSessionId(time, Math.random));
  expect(given.toSorted()).toEqual(given);
});
