import fs from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { readSessions, summaryOf } from '../../src/audit/read/list.ts';
import { reopenAuditLog } from '../../src/audit/read/reopen.ts';
import { canonical } from '../../src/audit/record/record.ts';

import { newSessionId } from '../../src/audit/session-id.ts';
import { verifyAudit } from '../../src/audit/read/verify.ts';
import type { Event } from '../../src/engine/session/events.ts';
import { aDirectory, linesOf, options, readWhole, written } from './a-directory.ts';
import { sealed } from './forgery.ts';
import { actor, at, closed, opened, rollingRestart, session } from './a-session.ts';

const events = rollingRestart();
const rewrite = (path: string, lines: readonly string[]): void =>
  fs.writeFileSync(path, lines.map((line) => `${line}\n`).join(''));
const replaced = (lines: readonly string[], index: number, ...by: readonly string[]): readonly string[] =>
  lines.toSpliced(index, 1, ...by);

const listed = (directory: string) => Array.from(readSessions(directory), summaryOf);

describe('what was written', () => {
  test('comes back as it was', () => {
    const path = written(aDirectory(), events);
    expect(readWhole(path).events).toEqual(events);
    const now = new Date('2026-11-22T04:00:00Z');
    const verified = { intact: true, closed: true, anchored: false, records: events.length, remarks: [] };
    expect(verifyAudit(path, { now })).toMatchObject({ exit: 0, ...verified });
    // Without the anchor that the configuration asks for.
    for (const anchor of ['optional', 'required'] as const)
      expect(verifyAudit(path, { now, anchor })).toMatchObject({ exit: 2, ...verified });
  });

  test('is one canonical line a record, each with the hash of the one before', () => {
    const path = written(aDirectory(), events);
    const records = linesOf(path).map((line) => JSON.parse(line));
    expect(linesOf(path)).toEqual(records.map((record) => canonical(record)));
    expect(records[0]).toMatchObject({
      v: 1,
      session,
      seq: 1,
      prev: '0'.repeat(64),
      kind: 'session.opened',
      service: 'checkout-api',
    });
    for (const [n, record] of records.entries()) {
      expect(sealed(record)).toBe(linesOf(path)[n]);
      expect(record.seq).toBe(n + 1);
      if (n > 0) expect(record.prev).toBe(records[n - 1].hash);
    }
    expect(records.find(({ kind }) => kind === 'step.intent')).toMatchObject({
      step: 'restart/app-1',
      tier: 'disruptive',
    });
  });

  test('may be anything that a program can say: lone surrogates, numbers that are none, control characters', () => {
    const path = written(aDirectory(), [
      opened(),
      at(1, { type: 'sample', step: 'a', sample: { '\ud800': '\udfff\0\u2028', n: Number.NaN, __proto__: null } }),
    ]);
    expect(verifyAudit(path)).toMatchObject({ intact: true, records: 2 });
  });
});

const damaged = (change: (lines: readonly string[]) => readonly string[]) => {
  const path = written(aDirectory(), events);
  rewrite(path, change(linesOf(path)));
  return verifyAudit(path);
};

describe('the chain tells', () => {
  test('an edited record, and which one', () => {
    const found = damaged((lines) => replaced(lines, 4, (lines[4] ?? '').replace('"login":"ada"', '"login":"bob"')));
    expect(found).toMatchObject({ exit: 1, intact: false, records: 4, problem: { line: 5, seq: 5 } });
    expect(found.problem?.what).toBe('it was changed after it was written');
  });

  test('a single changed byte, in each of the lines', () => {
    const path = written(aDirectory(), events);
    const lines = linesOf(path);
    for (const [n, line] of lines.entries()) {
      const middle = Math.floor(line.length / 2);
      const other = line[middle] === 'x' ? 'y' : 'x';
      rewrite(path, replaced(lines, n, line.slice(0, middle) + other + line.slice(middle + 1)));
      expect(verifyAudit(path)).toMatchObject({ exit: 1, problem: { line: n + 1 } });
    }
  });

  test('an edited record with a hash that was made to fit', () => {
    const found = damaged((lines) => {
      const record = { ...JSON.parse(lines[4] ?? ''), actor: { ...actor, login: 'bob' } };
      return replaced(lines, 4, sealed(record));
    });
    expect(found.problem).toEqual({
      line: 6,
      seq: 6,
      what: 'it does not follow the record before it: that one, or it, was replaced',
    });
  });

  test('a removed record', () => {
    const found = damaged((lines) => lines.toSpliced(6, 2));
    expect(found.problem).toEqual({ line: 7, seq: 9, what: 'records 7 to 8 are missing before it' });
  });

  test('records in another order', () => {
    const found = damaged((lines) => lines.toSpliced(3, 2, lines[4] ?? '', lines[3] ?? ''));
    expect(found).toMatchObject({ exit: 1, problem: { line: 4, what: 'record 4 is missing before it' } });
  });

  test('a record that is there twice, a blank line, and a line of something else', () => {
    expect(damaged((lines) => lines.toSpliced(3, 0, lines[2] ?? '')).problem?.what).toBe('it is in the wrong place');
    expect(damaged((lines) => lines.toSpliced(3, 0, '')).problem).toEqual({ line: 4, what: 'it is not a record' });
    expect(damaged((lines) => lines.toSpliced(3, 0, '{}')).problem).toEqual({ line: 4, what: 'it is not a record' });
    expect(damaged((lines) => lines.toSpliced(3, 0, '{"v":1,"seq":4,"event":{"a":"\\ud800"}}')).exit).toBe(1);
  });

  test('a file that was put in the place of another session’s', () => {
    const path = written(aDirectory(), events);
    const other = join(dirname(path), '20261122-031500-zzzz.jsonl');
    fs.renameSync(path, other);
    expect(verifyAudit(other).problem?.what).toBe(`it belongs to the session ${session}`);
  });

  test('not, on its own, that the end was cut off: that is intact and not closed, and only an anchor would know', () => {
    expect(damaged((lines) => lines.slice(0, 10))).toMatchObject({ exit: 2, intact: true, closed: false, records: 10 });
  });

  test('a torn last line: intact and not closed', () => {
    const path = written(aDirectory(), events);
    fs.truncateSync(path, fs.statSync(path).size - 20);
    expect(verifyAudit(path)).toMatchObject({ exit: 2, intact: true, closed: false, records: events.length - 1 });
    expect(verifyAudit(path).torn?.bytes).toBeGreaterThan(0);
    expect(readWhole(path).events).toEqual(events.slice(0, -1));
  });
});

const sideOf = (path: string): string => path.replace('.jsonl', '.2.json');

describe('an event that is too long for its line', () => {
  const rows = Array.from({ length: 5000 }, (_, n) => [`app-${n}`, { text: 'healthy', verdict: 'ok' as const }]);
  const long = at(1, {
    type: 'finding',
    step: 'a',
    finding: { verdict: 'ok', summary: 'many', evidence: { columns: [{ title: 'a' }, { title: 'b' }], rows } },
  });

  test('keeps its summary in the line; the rest is in a file that only we read, and comes back', () => {
    const path = written(aDirectory(), [opened(), long]);
    for (const line of linesOf(path)) expect(Buffer.byteLength(line)).toBeLessThan(64 * 1024);
    expect(linesOf(path)[1]).toContain('"summary":"many"');
    expect(fs.statSync(sideOf(path)).mode & 0o777).toBe(0o600);
    expect(readWhole(path).events[1]).toEqual(long);
  });

  test('is damaged when that file is', () => {
    const path = written(aDirectory(), [opened(), long, closed(2)]);
    fs.appendFileSync(sideOf(path), ' ');
    expect(verifyAudit(path)).toMatchObject({ exit: 1, problem: { line: 2, seq: 2 } });
    expect(readWhole(path).events).toHaveLength(1);
    fs.rmSync(sideOf(path));
    expect(verifyAudit(path).problem?.what).toContain('cannot be read');
  });
});

describe('what a newer version has recorded', () => {
  const strange = [
    { type: 'approval.given', step: 'restart', by: 'bob', at: '2026-11-22T03:15:01.000Z', monotonicMs: 1000 },
    {
      type: 'step.started',
      step: 'gate',
      n: 9,
      kind: 'gate',
      title: 'Gate',
      at: '2026-11-22T03:15:01.000Z',
      monotonicMs: 1001,
    },
  ];
  const directory = () => {
    const path = written(aDirectory(), [opened()]);
    const log = reopenAuditLog(options(dirname(path)));
    // As another version would: through the same writer, which does not look at kinds.
    for (const event of strange) log.append(event as never);
    log.append(closed(2));
    log.close();
    return path;
  };

  test('is no damage and no step; its kinds are named, and it is shown as it was recorded', () => {
    const path = directory();
    expect(verifyAudit(path)).toMatchObject({ intact: true, closed: true });
    const read = readWhole(path);
    expect(read.problem).toBeUndefined();
    expect(read.events).toEqual([opened(), closed(2)]);
    expect(read.state.unknownKinds).toEqual(['approval.given', 'step.started']);
    expect(read.raw.slice(1, 3)).toEqual(strange);
    expect([...read.state.steps.keys()]).toEqual([]);
  });
});

test('what rb 0.1 recorded is still read: it did not count changes and steps yet', () => {
  const old = events.map((event) => {
    if (event.type === 'session.opened') {
      const { id, section, title, outline } = event.procedure;
      return { ...event, procedure: { id, section, title, outline } };
    }
    if (event.type === 'session.closed') {
      const { status, summary, undone, next } = event.outcome;
      return { ...event, outcome: { status, summary, undone, next } };
    }
    return Object.fromEntries(Object.entries(event).filter(([key]) => key !== 'n'));
  });
  const path = written(aDirectory(), old as never);
  expect(readWhole(path)).toMatchObject({ events: old, state: { unknownKinds: [] } });
  expect(listed(dirname(path))).toMatchObject([{ status: 'done', unfinished: false }]);
});

describe('the list', () => {
  test('has a session whose beginning was too long for its line', () => {
    const directory = aDirectory();
    const configuration = Object.fromEntries(Array.from({ length: 4000 }, (_, n) => [`key-${n}`, 'x'.repeat(20)]));
    written(directory, [opened({ configuration })]);
    expect(listed(directory)).toMatchObject([{ session, status: 'open' }]);
  });

  test('is newest first and says how each session ended', () => {
    const directory = aDirectory();
    const of = (session: string, [, ...rest]: readonly Event[] = []) =>
      void written(directory, [opened({ session }), ...rest], { session });
    of('20261122-031500-aaaa');
    of('20261122-031501-123-aaaa', rollingRestart('app-2'));
    fs.writeFileSync(join(directory, '20261124-031500-000-cccc.jsonl'), 'not a log\n');
    fs.writeFileSync(join(directory, '20261125-031500-000-dddd.jsonl'), '');
    const [empty, damaged, newest, oldest, ...rest] = listed(directory);
    expect(rest).toEqual([]);
    expect(empty).toMatchObject({ session: '20261125-031500-000-dddd', status: 'open', startedAt: '' });
    expect(damaged).toMatchObject({ status: 'damaged', damage: 'damaged at line 1: it is not a record' });
    expect(newest).toMatchObject({
      session: '20261122-031501-123-aaaa',
      status: 'failed',
      operator: 'ada@ops-1',
      ticket: 'OPS-1412',
    });
    expect(oldest).toMatchObject({ status: 'open', procedure: { title: 'Rolling restart' } });
    expect(oldest?.endedAt).toBeUndefined();
  });

  test('is empty where nothing was ever recorded', () => {
    expect(listed(aDirectory())).toEqual([]);
  });
});

test('session ids sort by time and have no letters that are taken for others', () => {
  expect(newSessionId(new Date('2026-11-22T03:15:02.999Z'), () => 0)).toBe('20261122-031502-999-2222');
  expect(newSessionId(new Date('2026-11-22T03:15:02.007Z'), () => 0.999)).toBe('20261122-031502-007-zzzz');
});
