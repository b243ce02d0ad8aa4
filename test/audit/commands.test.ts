import fs from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Event } from '../../src/engine/session/events.ts';
import { aDirectory, written } from './a-directory.ts';
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
} from './a-session.ts';
import { list, report, resume, show, verify, verifyAll } from './commands.ts';
import { chained, type Forged, linesIn, recordsIn, writeLines } from './forgery.ts';

const unknown = 'It is not known whether this was done: restart app-1. Stopped.';
/** A restart that was not waited for, and the session that ended with it. */
const interrupted: readonly Event[] = [
  opened(),
  started(1, 'restart', 'Restart each instance', 'each'),
  started(1, 'restart/app-1', 'Restart app-1', 'action'),
  confirmed(2, 'restart', ['restart/app-1']),
  ...restartOf(3, 'app-1').slice(1, 2),
  at(9, { type: 'finding', step: 'restart/app-1', finding: { verdict: 'unknown', summary: 'app-1 gives no answer' } }),
  at(9, { type: 'step.result', step: 'restart/app-1', result: 'unknown', ms: 8000, error: unknown, cause: 'unknown' }),
  at(9, { type: 'step.result', step: 'restart', result: 'unknown', ms: 8000, error: unknown, cause: 'unknown' }),
  at(9, {
    type: 'session.closed',
    outcome: {
      status: 'unknown',
      verdict: 'unknown',
      summary: unknown,
      applied: 1,
      undone: [],
      next: [`rb resume ${session}`],
    },
  }),
  at(60, { type: 'session.resumed', session, actor, mode: 'scripted', done: [] }),
  started(61, 'restart', 'Restart each instance', 'each'),
  started(61, 'restart/app-1', 'Restart app-1', 'action'),
];
const settled: readonly Event[] = [
  ...interrupted,
  at(62, {
    type: 'step.result',
    step: 'restart/app-1',
    result: 'ok',
    ms: 400,
    finding: { verdict: 'ok', summary: 'app-1 is healthy again' },
  }),
  at(62, { type: 'step.result', step: 'restart', result: 'ok', ms: 900 }),
  closed(63),
];
/** It was not done, and is done now. */
const doneAgain: readonly Event[] = [
  ...interrupted,
  at(62, { type: 'step.progress', step: 'restart/app-1', note: 'not done: app-1 runs since yesterday' }),
  confirmed(62, 'restart', ['restart/app-1']),
  at(63, {
    type: 'step.intent',
    step: 'restart/app-1',
    n: 1,
    tier: 'disruptive',
    change: change('app-1'),
    fingerprint,
  }),
  at(64, {
    type: 'step.result',
    step: 'restart/app-1',
    result: 'ok',
    ms: 400,
    finding: { verdict: 'ok', summary: 'app-1 is healthy again' },
  }),
  at(64, { type: 'step.result', step: 'restart', result: 'ok', ms: 900 }),
  closed(65),
];

describe.each([
  ['was done', settled],
  ['was not done, and is done now', doneAgain],
])('what rb resume found out: it %s', (_, events) => {
  const make = () => {
    const directory = aDirectory();
    written(directory, events);
    return directory;
  };

  test('is what is shown, and the old result is in the timeline only', async () => {
    const directory = make();
    const shown = await show(directory, session);
    expect(shown.text).toContain('"ok: app-1 is healthy again"');
    expect(shown.text).not.toMatch(/not known|unknown|no answer/);
    expect(shown.data).toMatchObject({
      status: 'done',
      steps: [
        { id: 'restart', result: 'ok' },
        { id: 'restart/app-1', result: 'ok', says: 'app-1 is healthy again' },
      ],
    });
    const listed = await list(directory);
    expect(listed.text).toContain('done');
    expect(listed.text).not.toContain('unknown');
  });

  test('is what the reports say, and the old result stands where it belongs', async () => {
    for (const html of [false, true]) {
      const { text, data } = await report(make(), session, html);
      const steps = (data as { steps: object[] }).steps;
      expect(steps).toMatchObject([
        { id: 'restart', result: 'ok' },
        { id: 'restart/app-1', result: 'ok', finding: { summary: 'app-1 is healthy again' } },
      ]);
      for (const step of steps) expect(step).not.toHaveProperty('error');
      // After the timeline come what each step did, or the steps.
      const [before = '', timeline = '', after = ''] = text.split(
        html ? /<h2>(?:Timeline|What each step did)/ : /^## (?:Timeline|Steps)/m,
      );
      expect(timeline).toContain('It is not known whether this was done');
      expect(before + after).not.toMatch(/It is not known|no answer/);
      expect(after).toContain('app-1 is healthy again');
    }
  });

  test('was seen when it was seen', async () => {
    const { data } = await report(make(), session);
    const [, one] = (data as { steps: { verifiedAt?: string }[] }).steps;
    expect(one?.verifiedAt).toBe(events.find((event) => 'finding' in event && event.finding?.verdict === 'ok')?.at);
  });
});

test('what an earlier try was seen to be is not said of one that was cut off', async () => {
  const directory = aDirectory();
  written(directory, doneAgain.slice(0, doneAgain.findLastIndex(({ type }) => type === 'step.intent') + 1));
  expect((await show(directory)).data).toMatchObject({
    status: 'open',
    steps: [{}, { id: 'restart/app-1', result: 'unknown', says: null }],
  });
});

const place = (change: (records: Forged[]) => readonly Forged[], events: readonly Event[] = rollingRestart()) => {
  const directory = aDirectory();
  const path = written(directory, events);
  writeLines(path, chained(change(recordsIn(path))));
  return { directory, path };
};
const what = async (directory: string) => (await verify(directory)).text.split('\n')[1] ?? '';

describe('a log whose hashes fit and that rb has not written', () => {
  test.each([
    [
      'two ends',
      (all: Forged[]) => [...all, ...all.slice(-1)],
      /the session is closed before it, and not resumed \(session\.closed\)/,
    ],
    ['something after the end', (all: Forged[]) => [...all, ...all.slice(1, 2)], /closed before it/],
    [
      'two openings',
      (all: Forged[]) => [...all.slice(0, 1), ...all],
      /at line 2 \(record 2\): the session is opened a second time/,
    ],
    ['no opening', (all: Forged[]) => all.slice(1), /at line 1 \(record 1\): it comes before the session is opened/],
    [
      'a result of nothing',
      (all: Forged[]) => all.filter(({ kind, step }) => kind !== 'step.started' || step !== 'restart/app-2'),
      /the step restart\/app-2 ends there, and never began/,
    ],
    [
      'a change that was not confirmed',
      (all: Forged[]) => all.filter(({ kind }) => kind !== 'confirmation'),
      /the change of restart\/app-1 was not confirmed before it/,
    ],
    [
      'another kind',
      (all: Forged[]) => all.with(3, { ...all[3], kind: 'sample' }),
      /its kind is sample, and its event is step\.result/,
    ],
    ['another step', (all: Forged[]) => all.with(3, { ...all[3], step: 'after' }), /its step is not that of its event/],
    [
      'a time that is none',
      (all: Forged[]) => all.map((one) => ({ ...one, at: 'soon', event: { ...(one['event'] as object), at: 'soon' } })),
      /its time is not one \(soon\)/,
    ],
    [
      'an event without its field',
      (all: Forged[]) => all.with(1, { ...all[1], event: { ...(all[1]?.['event'] as object), title: 5 } }),
      /it is not what rb writes for step\.started \(title\)/,
    ],
  ])('is damaged: %s', async (_, change, says) => {
    const { directory } = place(change);
    expect((await verify(directory)).code).toBe(1);
    expect(await what(directory)).toMatch(says);
    const said = [await show(directory), await report(directory), await report(directory, undefined, true)];
    expect(said.map(({ code }) => code)).toEqual([1, 1, 1]);
    for (const { text } of said) expect(text).toMatch(/damaged/i);
    expect(await list(directory)).toMatchObject({ code: 1, data: [{ status: 'damaged', unfinished: false }] });
    expect(await resume(directory, session)).toMatchObject({
      code: 3,
      text: expect.stringMatching(/is damaged at line \d+/),
    });
  });

  test('is damaged where a confirmation of an earlier run stands for a change of a later one', async () => {
    const { directory } = place(
      (all) => all.filter(({ kind }, index) => kind !== 'confirmation' || index < 12),
      doneAgain,
    );
    expect(await what(directory)).toMatch(
      /at line 14 \(record 14\): the change of restart\/app-1 was not confirmed before it/,
    );
  });

  test('and one of tier 0 needs no confirmation', async () => {
    const intent = at(2, { type: 'step.intent', step: 'a', n: 1, tier: 'read', change: change('a'), fingerprint });
    expect((await verify(place((all) => all, [opened(), intent, closed(3)]).directory)).code).toBe(0);
  });

  test('shows what comes before the damage', async () => {
    const { directory, path } = place((all) => all);
    writeLines(path, linesIn(path).toSpliced(20, 1));
    const shown = await show(directory);
    expect(shown.text).toMatch(
      /DAMAGED at line 21 \(record 22\): record 21 is missing before it; what comes after it is not shown/,
    );
    expect(shown.text).toContain('Restart app-1');
    expect(shown.text).not.toContain('done:');
    const { text } = await report(directory);
    expect(text).toContain('THE LOG IS DAMAGED at line 21');
    expect(text).toContain('how it ended is not known');
    expect(text).not.toContain('rb resume');
  });
});

describe('what follows the last record', () => {
  test.each([
    ['NUL bytes', '\0\0\0\0'],
    ['half a record with NULs in it', '{"actor":{"host":"\0\0'],
    ['something else', 'x'],
    ['a record that is too long to be one', `{"actor":{"${'x'.repeat(70_000)}`, 'it is longer than a record can be'],
  ])('is damage where it is %s', async (_, rest, why?: string) => {
    const { directory, path } = place((all) => all);
    fs.appendFileSync(path, rest);
    expect((await verify(directory)).code).toBe(1);
    expect(await what(directory)).toContain(
      why ?? `what follows the last record is not the beginning of another (${rest.length} bytes)`,
    );
    expect(await resume(directory, session)).toMatchObject({ code: 3, text: expect.stringContaining('at line 31') });
  });
});

/** Gives all records from a certain one on this time. */
const shift = (from: number, time: string) => (all: Forged[]) =>
  all.map((one, index) =>
    index < from ? one : { ...one, at: time, event: { ...(one['event'] as object), at: time } },
  );

describe('times that cannot be right', () => {
  test.each([
    ['to come', shift(10, '2030-01-01T00:00:00.000Z'), /a time in it has not come yet \(2030-01-01T00:00:00\.000Z\)/],
    ['far out', shift(10, '9999-12-31T23:59:59.999Z'), /has not come yet/],
    [
      'backwards',
      shift(10, '2025-11-22T03:15:00.000Z'),
      /its time goes backwards, from 2026-11-22T03:15:12\.000Z to 2025-11-22T03:15:00\.000Z/,
    ],
  ])('%s are said, and are no damage', async (_, change, says) => {
    const { directory } = place(change);
    const verified = await verify(directory);
    expect([verified.code, verified.text]).toEqual([0, expect.stringMatching(says)]);
    for (const html of [false, true])
      expect(await report(directory, session, html)).toMatchObject({ code: 0, text: expect.stringMatching(says) });
    expect((await show(directory)).code).toBe(0);
  });

  test('a clock that was set right by a minute is nothing to be said', async () => {
    const { directory } = place(shift(10, '2026-11-22T03:14:10.000Z'));
    expect((await verify(directory)).text).not.toContain('backwards');
  });
});

test('what a newer version has recorded is no damage: all say it, and rb resume refuses', async () => {
  const strange = {
    type: 'approval.given',
    step: 'restart',
    by: 'bob',
    at: '2026-11-22T03:15:01.000Z',
    monotonicMs: 1,
  };
  const directory = aDirectory();
  written(directory, [opened({ program: 'rb 1.4.0' }), strange as never, ...interrupted.slice(1, 6)]);
  const says = 'written by rb 1.4.0, which records things this version does not know (approval.given)';
  for (const said of [await verify(directory), await list(directory), await show(directory), await report(directory)])
    expect(said.text.replaceAll('\\', '')).toContain(says);
  expect((await verify(directory)).code).toBe(2);
  expect((await list(directory)).data).toMatchObject([{ status: 'open', unfinished: false, newer: says }]);
  for (const id of [session, undefined])
    expect(await resume(directory, id)).toMatchObject({ code: 3, text: expect.stringContaining(`was ${says}`) });
});

describe('an id', () => {
  const ids = [
    '20261122-031500-000-k7qd',
    '20261122-031500-001-aaaa',
    '20261122-031500-k7qd',
    '20261123-031500-000-aaaa',
  ];
  const four = () => {
    const directory = aDirectory();
    for (const id of ids) written(directory, [opened({ session: id }), ...interrupted.slice(1, 5)], { session: id });
    return directory;
  };

  test('can be named by its beginning, wherever one is taken; those of rb 0.1 too', async () => {
    const directory = four();
    for (const [beginning, id] of [
      ['20261123', ids[3]],
      ['20261122-031500-k', ids[2]],
      ['20261122-031500-001', ids[1]],
    ] as const) {
      expect((await show(directory, beginning)).data).toMatchObject({ session: id });
      expect((await verify(directory, beginning)).data).toMatchObject([{ session: id }]);
      expect((await report(directory, beginning)).data).toMatchObject({ session: id });
      expect((await resume(directory, beginning)).code).toBe(0);
    }
  });

  test('that several have is refused, and they are named', async () => {
    const directory = four();
    for (const ask of [show, verify, report, resume])
      expect(await ask(directory, '20261122-031500-0')).toMatchObject({
        code: 2,
        text: expect.stringContaining(`20261122-031500-0 is the beginning of 2 sessions: ${ids[1]}, ${ids[0]}.`),
      });
    for (let n = 0; n < 4; n += 1) fs.writeFileSync(join(directory, `20261124-00000${n}-000-aaaa.jsonl`), '');
    expect((await show(directory, '2026')).text).toMatch(
      /is the beginning of 8 sessions: (?:[\w-]+, ){4}[\w-]+ and 3 more\./,
    );
  });

  test('that none has, and what is not one', async () => {
    const directory = four();
    for (const ask of [show, verify, report, resume]) {
      expect(await ask(directory, '2027')).toMatchObject({
        code: 2,
        text: expect.stringContaining('There is no session 2027 in'),
      });
      expect(await ask(directory, '../x')).toMatchObject({
        code: 2,
        text: expect.stringContaining('"../x" is not the id of a session'),
      });
    }
  });

  test('that is not given is the newest one that something is on record of', async () => {
    const directory = four();
    fs.writeFileSync(join(directory, '20261124-000000-000-aaaa.jsonl'), '');
    for (const ask of [show, report]) expect((await ask(directory)).data).toMatchObject({ session: ids[3] });
    expect((await verifyAll(directory)).data).toHaveLength(5);
    const listed = await list(directory);
    expect([listed.code, listed.text]).toEqual([0, expect.stringContaining('nothing is on record')]);
  });
});

describe('rb resume without an id', () => {
  test('does not pass over a damaged log that may be the one that is meant', async () => {
    const directory = aDirectory();
    const [old, newer] = ['20261122-031500-000-aaaa', '20261123-031500-000-aaaa'];
    for (const id of [old, newer])
      written(directory, [opened({ session: id }), ...interrupted.slice(1, 6)], { session: id });
    const path = join(directory, `${newer}.jsonl`);
    const lines = linesIn(path);
    for (const kept of [lines.toSpliced(3, 1), lines.toSpliced(0, 1)]) {
      writeLines(path, kept);
      expect(await resume(directory)).toMatchObject({
        code: 3,
        text: expect.stringContaining(`${newer}.jsonl is damaged at line`),
      });
    }
    expect((await resume(directory, old)).code).toBe(0);
  });

  test('does pass over one that had ended before the damage', async () => {
    const directory = aDirectory();
    const [old, newer] = ['20261122-031500-000-aaaa', '20261123-031500-000-aaaa'];
    written(directory, [opened({ session: old }), ...interrupted.slice(1, 6)], { session: old });
    fs.appendFileSync(written(directory, [opened({ session: newer }), closed(2)], { session: newer }), 'x');
    expect((await resume(directory)).code).toBe(0);
    expect((await list(directory)).data).toMatchObject([
      { session: newer, status: 'damaged' },
      { session: old, status: 'open' },
    ]);
  });
});
