import { execFileSync, spawn } from 'node:child_process';
import fs from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { openAuditLog } from '../../src/audit/record/file.ts';
import { type FileOperations, nodeFileOperations } from '../../src/audit/record/file-operations.ts';
import { reopenAuditLog } from '../../src/audit/read/reopen.ts';
import { verifyAudit } from '../../src/audit/read/verify.ts';
import { aDirectory, aDisk, errorOf, linesOf, options, readWhole, written } from './a-directory.ts';
import {
  actor,
  at,
  change,
  closed,
  confirmed,
  fingerprint,
  opened,
  restartOf,
  rollingRestart,
  session,
  started,
  withCalls,
} from './a-session.ts';
import { haveTimeForPrograms } from '../patience.ts';

haveTimeForPrograms();

const intent = at(2, {
  type: 'step.intent',
  step: 'a',
  n: 1,
  tier: 'disruptive',
  change: change('app-1'),
  fingerprint,
});
const begun = [opened(), started(1, 'a', 'Restart app-1', 'action'), confirmed(1, 'a')];
const result = at(3, { type: 'step.result', step: 'a', result: 'ok', ms: 900 });
const resumed = at(60, { type: 'session.resumed', session, actor, mode: 'scripted', done: [] });
const failure = (code: string): Error => Object.assign(new Error(code), { code });

/** A disk on which one call goes wrong from the moment that `broken` is set. */
const disk = (faults: Partial<FileOperations>) => {
  const state = { broken: false };
  const calls: string[] = [];
  const files = Object.fromEntries(
    Object.entries(nodeFileOperations).map(([name, real]) => [
      name,
      (...given: never[]) => {
        calls.push(name);
        const call = (state.broken && faults[name as keyof FileOperations]) || real;
        return (call as (...given: never[]) => unknown)(...given);
      },
    ]),
  ) as unknown as FileOperations;
  return { files, state, calls };
};

describe('the file', () => {
  test('is readable by its owner only, in a directory that only its owner enters', () => {
    const directory = aDirectory();
    const path = written(directory, [opened()]);
    expect(fs.statSync(path).mode & 0o777).toBe(0o600);
    expect(fs.statSync(directory).mode & 0o777).toBe(0o700);
  });

  test('is never one that is there already, nor a link', () => {
    const directory = aDirectory();
    const path = written(directory, rollingRestart());
    const before = fs.readFileSync(path);
    expect(errorOf(() => openAuditLog(options(directory)))).toMatchObject({ kind: 'unrecorded' });
    expect(fs.readFileSync(path)).toEqual(before);
    fs.renameSync(path, `${path}-elsewhere`);
    fs.symlinkSync(`${path}-elsewhere`, path);
    expect(errorOf(() => openAuditLog(options(directory))).kind).toBe('unrecorded');
    expect(errorOf(() => reopenAuditLog(options(directory))).kind).toBe('unrecorded');
    expect(fs.readFileSync(`${path}-elsewhere`)).toEqual(before);
  });

  test('has room reserved beside it while it is open, and leaves nothing behind', () => {
    const directory = aDirectory();
    const log = openAuditLog(options(directory));
    const spill = fs.statSync(join(directory, `${session}.spill`));
    expect(spill.blocks * 512).toBeGreaterThanOrEqual(16 * 1024);
    log.append(opened());
    log.close();
    expect(fs.readdirSync(directory)).toEqual([`${session}.jsonl`, 'register', 'reserve']);
  });

  test('flushes what a crash must not lose before it returns, and nothing else', () => {
    const { files, calls } = disk({});
    const log = openAuditLog(options(aDirectory(), { files }));
    const flushes = (event: Parameters<typeof log.append>[0]): boolean => {
      calls.length = 0;
      log.append(event);
      return calls.lastIndexOf('syncData') > calls.lastIndexOf('write');
    };
    const flushesLater = (): boolean => {
      calls.length = 0;
      log.flush();
      return calls.includes('syncData');
    };
    const [started, , progress] = restartOf(1, 'app-1');
    expect([opened(), started, progress].map((event) => event && flushes(event))).toEqual([false, false, false]);
    expect([flushes(intent), flushesLater()]).toEqual([true, false]);
    // Written when it returns; the rest can be had after it was told.
    expect([flushes(result), flushesLater(), flushesLater()]).toEqual([false, true, false]);
    // Of a step that changed nothing: what follows takes it along.
    expect([flushes(result), flushesLater()]).toEqual([false, false]);
    expect([flushes(intent), flushes(result), flushes(closed(8)), flushesLater()]).toEqual([true, false, true, false]);
    const call = withCalls().find(({ type }) => type === 'call.opened');
    expect([call, resumed, closed(9)].map((event) => event && flushes(event))).toEqual([true, true, true]);
    log.close();
  });

  test('is not written any more once another process has', () => {
    const log = openAuditLog(options(aDirectory()));
    log.append(opened());
    fs.appendFileSync(log.path, 'x\n');
    expect(errorOf(() => log.append(intent)).message).toContain('another process has written');
    log.close();
  });
});

describe('a disk that fails', () => {
  test('short writes are completed', () => {
    const { files, state } = disk({
      write: (fd, bytes, offset, length, position) =>
        nodeFileOperations.write(fd, bytes, offset, Math.min(7, length), position),
    });
    state.broken = true;
    const path = written(aDirectory(), rollingRestart(), { files });
    expect(verifyAudit(path)).toMatchObject({ intact: true, closed: true });
  });

  test('a disk that takes nothing and says nothing is a full one', () => {
    const { files, state } = disk({ write: () => 0 });
    const log = openAuditLog(options(aDirectory(), { files }));
    state.broken = true;
    expect(errorOf(() => log.append(opened()))).toMatchObject({
      kind: 'unrecorded',
      message: expect.stringContaining('no space left'),
    });
    log.close();
  });

  test('a result that cannot be flushed goes to the reserved room, and the log stays unusable', () => {
    const { files, state } = disk({
      syncData: () => {
        throw failure('EIO');
      },
    });
    const directory = aDirectory();
    const log = openAuditLog(options(directory, { files }));
    log.append(opened());
    log.append(intent);
    log.append(result);
    state.broken = true;
    const first = errorOf(() => log.flush());
    expect(first).toMatchObject({ kind: 'unrecorded', message: expect.stringContaining('the disk failed (EIO)') });
    expect(fs.readFileSync(join(directory, `${session}.spill`), 'utf8')).toContain('"type":"step.result"');
    expect(errorOf(() => log.append(closed(9)))).toBe(first);
    log.close();
  });

  test('a failed flush is never tried again: the log stays unusable', () => {
    const { files, state, calls } = disk({
      syncData: () => {
        throw failure('EIO');
      },
    });
    const log = openAuditLog(options(aDirectory(), { files }));
    log.append(opened());
    state.broken = true;
    const first = errorOf(() => log.append(intent));
    expect(first).toMatchObject({ kind: 'unrecorded', message: expect.stringContaining('the disk failed (EIO)') });
    state.broken = false;
    calls.length = 0;
    expect(errorOf(() => log.append(intent))).toBe(first);
    expect(calls).toEqual([]);
    log.close();
  });

  test('the result of what was done already goes to the reserved room, and from there back into the log', () => {
    const directory = aDirectory();
    const { files, state } = disk({
      write: (fd, bytes, offset, length, position) => {
        // The reserved room is the one that is written at a position.
        if (position === null) throw failure('ENOSPC');
        return nodeFileOperations.write(fd, bytes, offset, length, position);
      },
    });
    const log = openAuditLog(options(directory, { files }));
    for (const event of [...begun, intent]) log.append(event);
    state.broken = true;
    expect(errorOf(() => log.append(result)).kind).toBe('unrecorded');
    log.close();
    expect(readWhole(log.path)).toMatchObject({
      saved: [{ event: result, spilled: true }],
      events: [...begun, intent, result],
    });
    expect(verifyAudit(log.path)).toMatchObject({ exit: 2, records: 4, spilled: 1 });

    const again = reopenAuditLog(options(directory));
    again.append(resumed);
    again.close();
    expect(readWhole(log.path)).toMatchObject({ saved: [], events: [...begun, intent, result, resumed] });
    expect(fs.readdirSync(directory)).toEqual([`${session}.jsonl`, 'register', 'reserve']);
  });

  test('and where that fails too, to standard error', () => {
    const said: string[] = [];
    const { files, state } = disk({
      write: () => {
        throw failure('EIO');
      },
    });
    const given = options(aDirectory(), { files, lastResort: (line) => said.push(line) });
    const log = openAuditLog(given);
    for (const event of [...begun, intent]) log.append(event);
    state.broken = true;
    expect(errorOf(() => log.append(result)).kind).toBe('unrecorded');
    expect(said.join('')).toContain('"result":"ok"');
    log.close();
  });
});

describe('a full disk, for real', () => {
  test('stops the session before the next step; what was done is in the reserved room', () => {
    const directory = aDisk('size=64k');
    if (directory === undefined) return;
    const log = openAuditLog(options(directory));
    for (const event of [...begun, intent]) log.append(event);
    const note = at(2, { type: 'step.progress', step: 'a', note: 'x'.repeat(3000) });
    const fill = (): void => {
      for (let n = 0; n < 100; n += 1) log.append(note);
    };
    expect(errorOf(fill)).toMatchObject({ kind: 'unrecorded', message: expect.stringContaining('ENOSPC') });
    expect(errorOf(() => log.append(result)).kind).toBe('unrecorded');
    log.close();
    const read = readWhole(log.path);
    expect(read.problem).toBeUndefined();
    expect(read.events.at(-1)).toEqual(result);
    expect(verifyAudit(log.path)).toMatchObject({ exit: 2, intact: true, closed: false });

    execFileSync('mount', ['-o', 'remount,size=1m', directory]);
    const again = reopenAuditLog(options(directory));
    again.append(closed(99));
    again.close();
    expect(verifyAudit(log.path)).toMatchObject({ intact: true, closed: true, spilled: 0 });
  });

  test('does not even open where there is no room for the reserve', () => {
    const directory = aDisk('size=8k');
    if (directory === undefined) return;
    expect(errorOf(() => openAuditLog(options(directory)))).toMatchObject({ kind: 'unrecorded' });
    expect(fs.readdirSync(directory)).toEqual([]);
  });
});

describe('a session that goes on', () => {
  test('loses a torn end: copied aside, cut off, and the cut is recorded', () => {
    const directory = aDirectory();
    const path = written(directory, [...begun, intent]);
    fs.appendFileSync(path, '{"actor":{"ho');
    const log = reopenAuditLog(options(directory));
    log.append(resumed);
    log.close();
    expect(readWhole(path)).toMatchObject({ events: [...begun, intent, resumed] });
    expect(JSON.parse(linesOf(path)[4] ?? '')).toMatchObject({
      kind: 'audit.cut',
      event: { file: `${session}.torn-1`, bytes: 13 },
    });
    expect(fs.readFileSync(join(directory, `${session}.torn-1`), 'utf8')).toBe('{"actor":{"ho');
    expect(verifyAudit(path).intact).toBe(true);
    fs.writeFileSync(join(directory, `${session}.torn-1`), 'something else');
    expect(verifyAudit(path)).toMatchObject({ exit: 1, problem: { line: 5, seq: 5 } });
  });

  test('can be cut at any byte after its opening and still goes on', () => {
    const directory = aDirectory();
    const path = written(directory, [...begun, intent, result]);
    const whole = fs.readFileSync(path);
    for (let length = whole.indexOf('\n') + 1; length < whole.length; length += 97) {
      fs.writeFileSync(path, whole.subarray(0, length));
      const complete = whole.subarray(0, length).filter((byte) => byte === 0x0a).length;
      const log = reopenAuditLog(options(directory));
      log.append(resumed);
      log.close();
      expect(verifyAudit(path).intact).toBe(true);
      expect(readWhole(path).events).toHaveLength(complete + 1);
    }
  });

  test('does not where anything else is damaged; nothing is written, and the place is named', () => {
    const directory = aDirectory();
    const path = written(directory, rollingRestart());
    const lines = linesOf(path);
    fs.writeFileSync(path, `${lines.toSpliced(3, 1).join('\n')}\n{"torn`);
    const before = fs.readFileSync(path);
    expect(errorOf(() => reopenAuditLog(options(directory)))).toMatchObject({
      kind: 'refused',
      message: expect.stringContaining('damaged at line 4 (record 5): record 4 is missing'),
    });
    expect(fs.readFileSync(path)).toEqual(before);
  });

  test('does not through a second name of the file, or one that others can write', () => {
    const directory = aDirectory();
    const path = written(directory, [opened()]);
    fs.linkSync(path, `${path}-2`);
    expect(errorOf(() => reopenAuditLog(options(directory))).message).toContain('hard links');
    fs.rmSync(`${path}-2`);
    fs.chmodSync(path, 0o620);
    expect(errorOf(() => reopenAuditLog(options(directory))).message).toContain('others can read or write it');
  });

  test('needs a session that there is', () => {
    const directory = aDirectory();
    expect(errorOf(() => reopenAuditLog(options(directory)))).toMatchObject({ kind: 'usage', next: ['rb audit list'] });
    expect(errorOf(() => reopenAuditLog(options(directory, { session: '../../etc/passwd' }))).kind).toBe('usage');
  });

  test('does not while the process that has it open lives; does after kill -9, even with a side file left over', async () => {
    const directory = aDirectory();
    const { child, pid } = await holding(directory);
    expect(errorOf(() => reopenAuditLog(options(directory)))).toMatchObject({
      kind: 'refused',
      message: expect.stringContaining(`still open in process ${pid}`),
    });
    const gone = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGKILL');
    await gone;
    fs.writeFileSync(join(directory, `${session}.2.json`), 'of a record that was never written');
    const log = reopenAuditLog(options(directory));
    const long = at(61, { type: 'step.progress', step: 'a', note: 'x'.repeat(100_000) });
    log.append(long);
    log.close();
    expect(readWhole(log.path).events).toEqual([opened(), long]);
  });

  test('does after a killed process that nobody has waited for, as in a container without an init', async () => {
    const directory = aDirectory();
    const { child, pid } = await holding(directory, ['sh', '-c', '"$0" "$@" & exec sleep 600']);
    process.kill(pid, 'SIGKILL');
    await expect.poll(() => fs.readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.[0]).toBe('Z');
    expect(() => process.kill(pid, 0)).not.toThrow();
    reopenAuditLog(options(directory)).close();
    child.kill('SIGKILL');
  });

  test('does where the number of the process that had it open is another process by now', () => {
    const directory = aDirectory();
    written(directory, begun);
    const spill = join(directory, `${session}.spill`);
    const [ticks] = fs.readFileSync(`/proc/${process.pid}/stat`, 'utf8').split(') ')[1]?.split(' ').slice(19) ?? [];
    const holder = { host: hostname(), pid: process.pid, since: '2026-11-22T03:15:00.000Z' };
    for (const like of [{ ...holder, ticks }, holder]) {
      fs.writeFileSync(spill, `${JSON.stringify(like)}\n`);
      expect(errorOf(() => reopenAuditLog(options(directory))).message).toContain('still open in process');
    }
    for (const like of [
      { ...holder, ticks: '1' },
      { ...holder, host: 'elsewhere' },
      { ...holder, pid: -1 },
    ]) {
      fs.writeFileSync(spill, `${JSON.stringify(like)}\n`);
      reopenAuditLog(options(directory)).close();
    }
  });

  test('does not where the log has gone on since it was read', () => {
    const directory = aDirectory();
    const { head } = readWhole(written(directory, begun));
    const log = reopenAuditLog({ ...options(directory), seen: head });
    log.append(resumed);
    log.close();
    expect(errorOf(() => reopenAuditLog({ ...options(directory), seen: head }))).toMatchObject({
      kind: 'refused',
      message: `Session ${session} has gone on in the meantime.`,
    });
  });
});

/** Another process that has the session open. */
const holding = async (directory: string, [command = '', ...before]: readonly string[] = [process.execPath]) => {
  const program = `
    import { openAuditLog } from '${new URL('../../src/audit/record/file.ts', import.meta.url).href}';
    const log = openAuditLog({ ...JSON.parse(process.argv[1]), clock: { now: () => new Date(), monotonic: () => 1 } });
    log.append(JSON.parse(process.argv[2]));
    process.stdout.write(String(process.pid));
    setInterval(() => {}, 1000);`;
  const { envelope } = options(directory);
  const argv = [
    '--input-type=module',
    '-e',
    program,
    JSON.stringify({ directory, session, envelope }),
    JSON.stringify(opened()),
  ];
  const words = before.length > 0 ? [...before, process.execPath, ...argv] : argv;
  const child = spawn(command, words, { stdio: ['ignore', 'pipe', 'inherit'] });
  const pid = await new Promise<number>((resolve) => child.stdout.once('data', (data) => resolve(Number(data))));
  return { child, pid };
};
