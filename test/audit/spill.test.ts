import fs from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { nextLine, recordable, sha256 } from '../../src/audit/record/record.ts';
import { reopenAuditLog } from '../../src/audit/read/reopen.ts';
import { verifyAudit } from '../../src/audit/read/verify.ts';
import type { Event } from '../../src/engine/session/events.ts';
import { aDirectory, linesOf, options, readWhole, written } from './a-directory.ts';
import { spill } from './a-full-directory.ts';
import { actor, at, closed, confirmed, opened, restartOf, rollingRestart, session } from './a-session.ts';
import { report, resume, verify } from './commands.ts';
import { sealed } from './forgery.ts';

const [startOfRestart, intent] = restartOf(2, 'app-1');
if (!startOfRestart || !intent) throw new Error('a restart begins with its start and its intent');
const step = 'restart/app-1';
/** Killed in the middle of a change. */
const begun: readonly Event[] = [opened(), startOfRestart, confirmed(2, step), intent];
const ended = (second: number, more: object = {}): Event => ({
  ...at(second, { type: 'step.result', step, result: 'ok', ms: 900 }),
  ...more,
});
const stranger = /1 line in its spill file does not follow the log and is not used/;

/** A log, and beside it a spill file with these lines. */
const place = (events: readonly Event[], lines: (head: string) => readonly string[]) => {
  const directory = aDirectory();
  const path = written(directory, events);
  const { hash } = readWhole(path).head;
  fs.writeFileSync(join(directory, `${session}.spill`), ['', ...lines(hash), ''].join('\n'), { mode: 0o600 });
  return { directory, path };
};

/** Nothing but what the log has, and a remark that there is more. */
const expectUnused = async (directory: string, path: string, events: readonly Event[]) => {
  expect(readWhole(path)).toMatchObject({ saved: [], events });
  expect((await verify(directory)).text).toMatch(
    /in its spill file do(?:es)? not follow the log and (?:is|are) not used/,
  );
  const said = await report(directory);
  expect(said.text).not.toMatch(/invented|from the spill file/);
  return said;
};

/** A line like the one that rb would have saved, as a forger has it. */
const forged =
  (event: object, more: object = {}, prev?: string) =>
  (head: string) => [
    sealed({
      ...(JSON.parse(
        nextLine({ seq: 4, hash: prev ?? head }, session, options('').envelope, event as never, {
          spilled: true,
        }).line.toString(),
      ) as object),
      ...more,
    }),
  ];

/** A log whose last result is beside it. */
const saved = () => {
  const directory = aDirectory();
  const path = written(directory, begun);
  spill(directory, session, [ended(8)]);
  return { directory, path };
};

describe('what others have put into the spill file', () => {
  test('invents no step, however a word in it looks newer: not even after the end', async () => {
    const done = rollingRestart();
    const invented = { at: '2026-11-22T03:20:00.000Z', monotonicMs: 1, ms: 1 };
    const { directory, path } = place(done, () =>
      [
        { type: 'step.result', step: 'restart/app-1', result: 'a newer word', ...invented },
        { type: 'step.result', step: 'invented', result: 'ok', ...invented },
        { type: 'step.started', step: 'invented', n: 9, kind: 'action', title: 'An invented step', ...invented },
        { type: 'session.closed', outcome: { status: 'done', summary: 'invented', undone: [], next: [] }, ...invented },
      ].map((line) => JSON.stringify(line)),
    );
    const { text } = await expectUnused(directory, path, done);
    expect(text).toContain('**Done.**');
  });

  test('does not settle a change: resume looks at it', async () => {
    const { directory, path } = place(begun, () => [JSON.stringify(ended(8))]);
    await expectUnused(directory, path, begun);
    expect(readWhole(path).state.steps.get(step)?.unsettled).toBe('this run');
    const log = reopenAuditLog(options(directory));
    log.append(at(60, { type: 'session.resumed', session, actor, mode: 'scripted', done: [] }));
    log.close();
    expect(linesOf(path)).toHaveLength(begun.length + 1);
    // It stays for whoever wants to know where it came from.
    expect(fs.readdirSync(directory)).toContain(`${session}.spill-1`);
  });

  test.each([
    ['that follows another record', forged(recordable(ended(8)), {}, sha256('another'))],
    ['with another number', forged(recordable(ended(8)), { seq: 9 })],
    ['of another session', forged(recordable(ended(8)), { session: '20261122-031500-000-zzzz' })],
    ['that is not marked', forged(recordable(ended(8)), { spilled: undefined })],
    ['of a step that has no intent', forged(recordable({ ...ended(8), step: 'restart' } as Event))],
    ['that has a word of another version', forged({ ...recordable(ended(8)), result: 'approved' })],
    ['that is something else than a result', forged(recordable(closed(9)))],
    ['with a side file', forged(recordable(ended(8)), { side: { file: 'x', bytes: 1, digest: 'x', at: [] } })],
    [
      'that was changed',
      (head: string) => forged(recordable(ended(8)))(head).map((line) => line.replace('900', '901')),
    ],
  ])('is not used where it is a record %s', async (_, lines) => {
    const { directory, path } = place(begun, lines);
    expect(readWhole(path)).toMatchObject({ saved: [], events: begun });
    expect((await verify(directory)).text).toMatch(stranger);
    expect((await resume(directory, session)).code).toBe(0);
  });

  test('the same record at the same place is used', () => {
    const { path } = place(begun, forged(recordable(ended(8))));
    expect(readWhole(path)).toMatchObject({ saved: [{ seq: 5 }], strangers: 0 });
  });

  test('nor is one of a change that has ended, or of a run before the last', async () => {
    const over = [...begun, ended(8)];
    const resumed = at(60, { type: 'session.resumed', session, actor, mode: 'scripted', done: [] });
    for (const events of [over, [...begun, resumed]]) {
      const directory = aDirectory();
      const path = written(directory, events);
      spill(directory, session, [ended(70)]);
      expect(readWhole(path)).toMatchObject({ saved: [], events, strangers: 1 });
    }
  });

  test('a whole file of it is not read', () => {
    const { path } = place(begun, (head) => [...forged(recordable(ended(8)))(head), 'x'.repeat(20_000)]);
    expect(readWhole(path)).toMatchObject({ saved: [], strangers: 0 });
  });
});

describe('a result that rb has saved beside the log', () => {
  test('is named as such in the report, in verify and in its record', async () => {
    const { directory, path } = saved();
    expect((await report(directory)).text).toMatch(/ok \(from the spill file\)/);
    expect((await verify(directory)).text).toContain('1 result in the spill file');
    reopenAuditLog(options(directory)).close();
    expect(JSON.parse(linesOf(path).at(-1) ?? '')).toMatchObject({ kind: 'step.result', spilled: true, seq: 5 });
    const { text } = await report(directory);
    expect(text).toMatch(/ok \(from the spill file\)/);
    expect(text).toContain('1 result(s) come from the spill file.');
    expect((await verify(directory)).text).toContain('1 taken from the spill file');
    expect(fs.readdirSync(directory).filter((name) => name.includes('.spill'))).toEqual([]);
  });

  test('is taken once, wherever a resumption is cut off', () => {
    const { directory, path } = saved();
    const before = fs.readFileSync(join(directory, `${session}.spill`));
    reopenAuditLog(options(directory)).close();
    const [whole, head] = [linesOf(path), readWhole(path).head];
    // Before the file was removed, and in the middle of the record.
    fs.writeFileSync(join(directory, `${session}.spill-1`), before);
    expect(readWhole(path)).toMatchObject({ saved: [], strangers: 0, takenOver: 1, head });
    fs.truncateSync(path, fs.statSync(path).size - 10);
    reopenAuditLog(options(directory)).close();
    expect(linesOf(path).slice(0, 5)).toEqual(whole);
    expect(verifyAudit(path)).toMatchObject({ intact: true, takenOver: 1, spilled: 0, remarks: [] });
  });

  test('a log in which the mark stands elsewhere is damaged', () => {
    const { path } = saved();
    const lines = linesOf(path);
    const last = JSON.parse(lines.at(-1) ?? '') as Record<string, unknown>;
    fs.writeFileSync(path, [...lines.slice(0, -1), sealed({ ...last, spilled: true }), ''].join('\n'));
    expect(verifyAudit(path)).toMatchObject({
      exit: 1,
      problem: { line: 4, what: 'it comes from the spill file and does not end a change' },
    });
  });
});
