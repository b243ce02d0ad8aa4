import { describe, expect, test } from 'vitest';
import type { BlockingView, EndedSession } from '../../../src/providers/database/port.ts';
import { blockingTree } from '../../../src/sections/db/blocking/blocking-tree.ts';
import { judgeCancel } from '../../../src/sections/db/ending/cancel-action.ts';
import { judgeEnding, stillToEnd } from '../../../src/sections/db/ending/ending-judgement.ts';
import { selectIdle } from '../../../src/sections/db/idle/idle-selection.ts';
import { judgeReset } from '../../../src/sections/db/activity/slow-reset.ts';
import { judgeTerminate } from '../../../src/sections/db/ending/terminate-action.ts';
import { age } from '../../../src/words/ages.ts';
import { bytes } from '../../../src/words/bytes.ts';
import { grouped, percent } from '../../../src/words/counts.ts';
import { judgeVacuumed } from '../../../src/sections/db/vacuum/vacuumed-judgement.ts';
import { idleSession, session } from './a-session.ts';

const one = session({ pid: 1 });
const two = session({ pid: 2 });
const all = { users: [], applications: [], databases: [] };

const answer = (pid: number, outcome: EndedSession['outcome'], reason: string | null = null): EndedSession => ({
  pid,
  backendStart: one.backendStart,
  outcome,
  reason,
});

const rows = (dead: number, vacuums: number) => ({
  live: 1000,
  dead,
  changed: 0,
  lastVacuumMs: null,
  lastAutovacuumMs: null,
  lastAnalyzeMs: null,
  lastAutoanalyzeMs: null,
  vacuums,
  analyzes: 0,
});

const planned = (kind: 'table' | 'partitioned table' = 'table') => ({
  table: { oid: 1, name: 'public.orders', owner: 'o', kind, mayVacuum: true, bytes: 1, rows: rows(5000, 3) },
  analyze: true,
});

const locked = (pid: number) => ({ ...session({ pid }), waitsForLock: null });

const view = (more: Partial<BlockingView>): BlockingView => ({
  sessions: [1, 2, 3, 4, 5].map(locked),
  edges: [],
  prepared: [],
  unseen: 0,
  ...more,
});

const edge = (blocked: number, blocker: number) => ({ blocked, blocker });
const select = (sessions: ReturnType<typeof session>[], more: Partial<Parameters<typeof selectIdle>[2]> = {}) =>
  selectIdle(sessions.map(idleSession), [], {
    filter: all,
    never: all,
    role: 'operator',
    approved: undefined,
    ...more,
  });

describe('who is ended', () => {
  test('a filter means whole names; several of a kind are alternatives, kinds restrict one another', () => {
    const sessions = [
      session({ pid: 1, user: 'app', application: 'web' }),
      session({ pid: 2, user: 'app', application: 'web-2' }),
      session({ pid: 3, user: 'other', application: 'web' }),
    ];
    const filter = { users: ['app'], applications: ['web', 'worker'], databases: [] };
    expect(select(sessions, { filter }).ends.map(({ pid }) => pid)).toEqual([1]);
    expect(select(sessions, { filter }).leftAlone).toEqual([]);
  });

  test.for([
    [{ own: true }, 'a session of rb'],
    [{ user: 'postgres' }, 'user "postgres" is in neverTerminate'],
    [{ application: 'pgbouncer' }, 'application "pgbouncer" is in neverTerminate'],
    [{ database: 'billing' }, 'database "billing" is in neverTerminate'],
    [{ maySignal: false, superuser: true }, 'a superuser\'s session, and "operator" is none'],
    [{ maySignal: false }, '"operator" may not end it (pg_signal_backend)'],
  ] as const)('%j is left alone: %s', ([more, why]) => {
    const never = { users: ['postgres'], applications: ['pgbouncer'], databases: ['billing'] };
    const { ends, leftAlone } = select([session(more)], { never });
    expect([ends, leftAlone.map((one) => one.why)]).toEqual([[], [why]]);
  });

  test('a superuser may end a superuser', () => {
    expect(select([session({ superuser: true })]).ends).toHaveLength(1);
  });
});

describe('how an ending came out', () => {
  test('terminated, denied, gone, at work again: each is counted', () => {
    const results = [
      answer(1, 'done'),
      answer(2, 'denied', 'must be a superuser'),
      answer(3, 'gone'),
      answer(4, 'changed'),
    ];
    expect(judgeEnding([one, two], [two], results, 0)).toMatchObject({
      verdict: 'warn',
      summary: '1 terminated, 1 denied (must be a superuser), 1 gone by themselves, 1 at work again and left alone',
      data: { terminated: 1, denied: 1, gone: 1, changed: 1, stillThere: 0 },
    });
  });

  test('who is still there after the signal is a failure, and so is nothing but denials', () => {
    expect(judgeEnding([one], [one], [answer(1, 'done')], 0)).toMatchObject({
      verdict: 'critical',
      data: { stillThere: 1 },
    });
    expect(judgeEnding([one], [one], [answer(1, 'denied')], 0).verdict).toBe('critical');
  });

  test('after an interruption only the server can tell: still idle is not done, at work again is', () => {
    const again = session({ pid: 2, stateSince: 'later' });
    expect(stillToEnd([one, two], [one, again])).toEqual([one]);
    expect(judgeEnding([one, two], [one, again], undefined, 0).verdict).toBe('critical');
    expect(judgeEnding([one, two], [again], undefined, 0).verdict).toBe('ok');
  });

  test('a cancel that did not work is a warning, so that what comes next can be offered; without an answer it is not done', () => {
    const still = session({ state: 'active' });
    expect(judgeCancel(still, answer(1, 'done'), 0)).toMatchObject({ verdict: 'warn', data: { worked: false } });
    expect(judgeCancel(undefined, answer(1, 'done'), 0)).toMatchObject({ verdict: 'ok', summary: 'cancelled' });
    expect(judgeCancel(undefined, answer(1, 'changed'), 0).summary).toContain('ended by itself');
    expect(judgeCancel(still, undefined, 0).verdict).toBe('critical');
    expect(judgeCancel(undefined, undefined, 0).verdict).toBe('ok');
    expect(judgeCancel(still, answer(1, 'denied', 'no right'), 0)).toMatchObject({
      verdict: 'critical',
      summary: 'denied: no right',
    });
  });

  test('a session that was to end', () => {
    expect(judgeTerminate(undefined, answer(1, 'done'), 0).summary).toBe('terminated');
    expect(judgeTerminate(undefined, answer(1, 'gone'), 0).summary).toContain('by itself');
    expect(judgeTerminate(one, answer(1, 'done'), 0).verdict).toBe('critical');
    expect(judgeTerminate(one, undefined, 0).verdict).toBe('critical');
  });
});

describe('a vacuum', () => {
  const answered = { notices: [] };
  const holder = {
    kind: 'session' as const,
    name: '42',
    detail: 'web, idle in transaction',
    xminAge: 9,
    ageMs: 3_600_000,
    pid: 42,
  };

  test('by the answer, or after an interruption by the counter', () => {
    expect(judgeVacuumed(planned(), rows(0, 4), [], answered).verdict).toBe('ok');
    expect(judgeVacuumed(planned(), rows(0, 4), [], undefined).verdict).toBe('ok');
    expect(judgeVacuumed(planned(), rows(5000, 3), [], undefined).verdict).toBe('critical');
    expect(judgeVacuumed(planned('partitioned table'), rows(0, 0), [], undefined).verdict).toBe('unknown');
    expect(judgeVacuumed(planned(), undefined, [], undefined).verdict).toBe('unknown');
  });

  test('dead rows that stay are told, with who keeps them', () => {
    const stays = judgeVacuumed(planned(), rows(4000, 4), [holder], answered);
    expect(stays).toMatchObject({
      verdict: 'warn',
      summary: expect.stringContaining('because of the session 42 (web, idle in transaction, for 1 h)') as string,
    });
    expect(judgeVacuumed(planned(), rows(400, 4), [holder], answered).verdict).toBe('ok');
  });
});

test('a reset is seen by the age of the statistics', () => {
  expect(judgeReset(false, 90_000, 500, 1000).verdict).toBe('ok');
  expect(judgeReset(false, 90_000, 91_000, 1000).verdict).toBe('critical');
  expect(judgeReset(false, null, null, 1000).verdict).toBe('unknown');
  expect(judgeReset(true, null, null, 1000).verdict).toBe('ok');
});

describe('who waits for whom', () => {
  test('the root that makes most wait comes first; everybody stands in the tree once', () => {
    const [first, second] = blockingTree(view({ edges: [edge(2, 1), edge(4, 3), edge(5, 3)] }));
    expect([first?.id, first?.count, second?.id, second?.count]).toEqual(['3', 2, '1', 1]);
    expect(first?.waiting.map(({ id }) => id)).toEqual(['4', '5']);
  });

  test('a prepared transaction is a root by its name', () => {
    const prepared = [
      { gid: 'tx', transaction: '7', owner: 'o', database: 'd', ageMs: 1, blocks: [2], mayRollBack: true },
    ];
    const [root] = blockingTree(view({ edges: [edge(2, 0), edge(3, 2)], prepared }));
    expect([root?.id, root?.prepared?.gid, root?.count]).toEqual(['prepared tx', 'tx', 2]);
  });

  test('a circle has no root, and is shown all the same', () => {
    expect(blockingTree(view({ edges: [edge(1, 2), edge(2, 1)] }))).toHaveLength(1);
  });
});

test('sizes, ages and counts for people', () => {
  expect([0, 999, 1000, 8192, 1024 ** 2, 1.5 * 1024 ** 3, null].map((one) => bytes(one))).toEqual([
    '0 B',
    '999 B',
    '1 kB',
    '8 kB',
    '1 MB',
    '1.5 GB',
    null,
  ]);
  expect([percent(0), percent(0.0001), percent(0.004), percent(0.37), percent(1)]).toEqual([
    '0 %',
    '<0.1 %',
    '0.4 %',
    '37 %',
    '100 %',
  ]);
  expect([grouped(1), grouped(1234567)]).toEqual(['1', '1 234 567']);
  expect([age(null), age(61_000)]).toEqual([null, '1 min 1 s']);
});
