import fs from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { openAuditLog } from '../../src/audit/record/file.ts';
import { type LateAuditLog, openLate } from '../../src/audit/record/late.ts';
import type { AuditLog } from '../../src/audit/port.ts';
import { RunbookError } from '../../src/engine/errors.ts';
import type { Event } from '../../src/engine/session/events.ts';
import { aDirectory, aDisk, errorOf, options, readWhole } from './a-directory.ts';
import { closed, confirmed, opened, restartOf, session } from './a-session.ts';

const [started, intent, progress] = restartOf(1, 'app-1');
if (!started || !intent || !progress) throw new Error('a restart has these');

const full = () => new RunbookError('unrecorded', 'no space left on the disk');

/** A log in memory that can be full from the start, or from one record on. */
const fake = ({ fullAt = Infinity, opens = true } = {}) => {
  const written: Event[] = [];
  const calls: string[] = [];
  const log: AuditLog = {
    path: '/audit/a.jsonl',
    append: (event) => {
      if (written.length >= fullAt) throw full();
      written.push(event);
    },
    flush: () => calls.push('flush'),
    close: () => calls.push('close'),
  };
  const late = openLate(() => {
    calls.push('open');
    if (!opens) throw full();
    return log;
  });
  return { late, written, calls };
};
const appendAll = (late: LateAuditLog, events: readonly Event[]) => events.forEach((event) => late.append(event));

describe('a log that is opened late', () => {
  test('has what was seen before it was needed first, in its order', () => {
    const { late, written, calls } = fake();
    appendAll(late, [opened(), started]);
    late.flush();
    expect([late.isOpen, calls, written]).toEqual([false, [], []]);
    late.require();
    late.require();
    late.append(intent);
    late.flush();
    late.close();
    expect(written).toEqual([opened(), started, intent]);
    expect(calls).toEqual(['open', 'flush', 'close']);
    expect([late.isOpen, late.path]).toEqual([true, '/audit/a.jsonl']);
  });

  test('that cannot be opened throws whenever it is needed, tries once, and does not stop a look', () => {
    const { late, calls } = fake({ opens: false });
    late.append(opened());
    const first = errorOf(() => late.require());
    expect(first).toMatchObject({ kind: 'unrecorded' });
    late.append(started);
    expect(errorOf(() => late.require())).toBe(first);
    expect(late.finish()).toBeUndefined();
    late.close();
    expect(calls).toEqual(['open']);
  });

  test('that cannot take what was seen is closed again, and counts as not opened', () => {
    const { late, calls } = fake({ fullAt: 1 });
    appendAll(late, [opened(), started]);
    expect(errorOf(() => late.require())).toMatchObject({ kind: 'unrecorded' });
    expect(late.isOpen).toBe(false);
    late.close();
    expect(calls).toEqual(['open', 'close']);
  });

  test('is written at the end where it was never needed; that it cannot be is worth a message', () => {
    const { late, written } = fake();
    appendAll(late, [opened(), started, closed(2)]);
    expect(late.finish()).toBeUndefined();
    expect(written).toEqual([opened(), started, closed(2)]);
    expect(late.finish()).toBeUndefined();
    expect(written).toHaveLength(3);

    const without = fake({ opens: false });
    without.late.append(opened());
    expect(without.late.finish()).toBe('no space left on the disk');
  });

  test('in which nothing happened leaves no file', () => {
    const { late, calls } = fake();
    expect(late.finish()).toBeUndefined();
    late.close();
    expect(calls).toEqual([]);
  });

  test('fails later as any log does', () => {
    const { late } = fake({ fullAt: 1 });
    late.append(opened());
    late.require();
    expect(errorOf(() => late.append(intent))).toMatchObject({ kind: 'unrecorded' });
  });
});

const fill = (directory: string): void => {
  const fd = fs.openSync(join(directory, 'others'), 'a');
  try {
    for (;;) fs.writeSync(fd, Buffer.alloc(64 * 1024));
  } catch (error) {
    expect(error).toMatchObject({ code: 'ENOSPC' });
  } finally {
    fs.closeSync(fd);
  }
};
const late = (directory: string) => openLate(() => openAuditLog(options(directory)));
const names = (directory: string) => fs.readdirSync(directory).toSorted();

describe('on a full disk, for real', () => {
  test('looks go on without a record, and nothing may be changed', () => {
    const directory = aDisk('size=64k');
    if (directory === undefined) return;
    fill(directory);
    const log = late(directory);
    appendAll(log, [opened(), started]);
    expect(errorOf(() => log.require())).toMatchObject({
      kind: 'unrecorded',
      message: expect.stringContaining('no space left on the disk (ENOSPC). Nothing was done.'),
    });
    log.append(closed(3));
    log.close();
    expect(names(directory)).toEqual(['others']);
  });

  test('the reserve is given up for the record, and refilled once there is room again', () => {
    const directory = aDisk('size=8m');
    if (directory === undefined) return;
    const reserve = join(directory, 'reserve');
    openAuditLog(options(directory, { session: '20261122-031500-000-aaaa' })).close();
    expect(fs.statSync(reserve).size).toBe(1024 * 1024);
    expect(fs.statSync(reserve).mode & 0o777).toBe(0o600);
    fill(directory);

    const log = late(directory);
    appendAll(log, [opened(), started]);
    log.require();
    expect(names(directory)).not.toContain('reserve');
    appendAll(log, [confirmed(1, 'restart/app-1'), intent, ...restartOf(1, 'app-1').slice(2)]);
    log.append(closed(12));
    log.close();
    expect(readWhole(log.path).events.at(-1)).toEqual(closed(12));
    // The disk is still as good as full: what is left is for others.
    expect(names(directory)).not.toContain('reserve');

    fs.rmSync(join(directory, 'others'));
    openAuditLog(options(directory, { session: '20261122-031500-000-bbbb' })).close();
    expect(fs.statSync(reserve).size).toBe(1024 * 1024);
  });

  test('the reserve is given up in the middle of a session as well', () => {
    const directory = aDisk('size=8m');
    if (directory === undefined) return;
    openAuditLog(options(directory, { session: '20261122-031500-000-aaaa' })).close();
    const log = openAuditLog(options(directory));
    log.append(opened());
    fill(directory);
    const notes = Array.from({ length: 40 }, (_, n) => ({ ...progress, monotonicMs: n }));
    for (const note of notes) log.append(note);
    log.append(closed(50));
    log.close();
    expect(readWhole(log.path).events).toEqual([opened(), ...notes, closed(50)]);
  });

  test('half of a reserve, from a process that was killed, is replaced', () => {
    const directory = aDirectory();
    openAuditLog(options(directory)).close();
    fs.truncateSync(join(directory, 'reserve'), 1000);
    openAuditLog(options(directory, { session: '20261122-031500-000-bbbb' })).close();
    expect(fs.statSync(join(directory, 'reserve')).size).toBe(1024 * 1024);
    expect(names(directory)).toEqual(['20261122-031500-000-bbbb.jsonl', `${session}.jsonl`, 'register', 'reserve']);
  });
});
