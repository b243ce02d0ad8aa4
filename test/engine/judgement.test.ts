import { expect, test } from 'vitest';
import { critical, judged, judgement, ok, shortened, unknown, warn } from '../../src/engine/judgement.ts';
import type { JudgedRow, Judgement, Looked } from '../../src/engine/judgement.ts';

const row = (name: string, one: Judgement = ok, more: Partial<JudgedRow> = {}): JudgedRow => ({
  name,
  cells: [name, 1],
  judgement: one,
  ...more,
});

const look = (rows: readonly JudgedRow[], more: Partial<Looked> = {}) =>
  judged({
    about: '9 slots of shop',
    allOk: 'all in use',
    columns: [{ title: 'name' }, { title: 'value', narrows: true }],
    rows,
    ...more,
  });

const names = (of: ReturnType<typeof judged>) =>
  of.evidence.rows.map(([first]) => (typeof first === 'object' && first !== null ? first.text : first));

test('where all is ok the sentence says so, and what was looked at', () => {
  expect(look([row('a')])).toEqual({
    verdict: 'ok',
    summary: '9 slots of shop; all in use',
    evidence: { columns: [{ title: 'name' }, { title: 'value', narrows: true }], rows: [['a', 1]] },
    next: [],
  });
});

test('the worst comes first, in the sentence and in the table, and is marked', () => {
  const found = look([row('a'), row('b', warn('late', 'do b')), row('c', critical('lost', 'do c'), { marks: 1 })]);
  expect(found).toMatchObject({ verdict: 'critical', next: ['do c', 'do b'] });
  expect(found.summary).toBe('c: lost; b: late; 9 slots of shop');
  expect(found.evidence.rows).toEqual([
    ['c', { text: '1', verdict: 'critical' }],
    [{ text: 'b', verdict: 'warn' }, 1],
    ['a', 1],
  ]);
});

test('the limit cuts what is ok, and nothing else; the sentence says how many', () => {
  const late = ['b', 'd'].map((name) => row(name, warn('late')));
  const found = look([row('a'), ...late, row('c'), row('e')], { limit: 1 });
  expect(names(found)).toEqual(['b', 'd']);
  expect(found.summary).toBe('b, d: late; 9 slots of shop; 3 more rows are ok and not shown');
  expect(look([row('a'), row('c')], { limit: 1 }).summary).toMatch(/; 1 more row is ok and not shown$/);
});

test('many with one reason are counted, and so are the rows with other reasons', () => {
  const late = ['a', 'b', 'c', 'd', 'e'].map((name) => row(name, warn('late')));
  const others = ['v', 'w', 'x', 'y'].map((name) => row(name, warn(`its own reason ${name}`)));
  expect(look([...late, ...others]).summary).toBe(
    'a, b, c and 2 more: late; v: its own reason v; w: its own reason w; and 2 more; 9 slots of shop',
  );
});

test('what could not be seen is a row and unknown, and does not hide what is worse', () => {
  const unseen = [{ what: '2 sessions', why: 'no right', next: ['GRANT'] }];
  const found = look([row('a')], { unseen });
  expect(found).toMatchObject({
    verdict: 'unknown',
    summary: 'cannot see 2 sessions: no right; 9 slots of shop',
    next: ['GRANT'],
  });
  expect(found.evidence.rows[0]).toEqual([null, { text: 'cannot see 2 sessions: no right', verdict: 'unknown' }]);
  expect(look([row('a', warn('late'))], { unseen })).toMatchObject({
    verdict: 'warn',
    summary: 'a: late; cannot see 2 sessions: no right; 9 slots of shop',
  });
});

test('what could not be seen is named, however much that is', () => {
  const parts = ['slots', 'the position', 'receivers', 'conflicts'].map((what) => ({ what, why: 'lock timeout' }));
  expect(look([row('a')], { unseen: parts }).summary).toBe(
    'cannot see slots, the position, receivers, conflicts: lock timeout; 9 slots of shop',
  );
  const late = ['v', 'w', 'x', 'y'].map((name) => row(name, warn(`its own reason ${name}`)));
  expect(look(late, { unseen: parts.slice(0, 2) }).summary).toBe(
    'v: its own reason v; w: its own reason w; x: its own reason x; and 3 more (cannot see slots, the position); 9 slots of shop',
  );
});

test('what stands below a row stays there, is judged, and moves its tree up', () => {
  const tree = row('root', ok, { under: [row('leaf', critical('stuck')), row('other')] });
  const found = look([row('a', warn('late')), tree, row('z')], { limit: 1 });
  expect(names(found)).toEqual(['root', 'leaf', 'other', 'a']);
  expect(found.summary).toBe('leaf: stuck; a: late; 9 slots of shop; 1 more row is ok and not shown');
});

test('several causes of one row: the worst first, each once', () => {
  expect(judgement(false, ok)).toEqual(ok);
  expect(judgement(unknown('unseen'), warn('late', 'x'), false, critical('lost', 'y', 'x'), warn('late'))).toEqual({
    verdict: 'critical',
    why: 'lost, late, unseen',
    next: ['y', 'x'],
  });
});

test('a table that was judged elsewhere is cut, but for what is marked', () => {
  const bad = [{ text: 'failed', verdict: 'critical' as const }];
  expect(shortened({ columns: [{ title: 'x' }], rows: [['a'], ['b'], bad, ['c']] }, 2)).toEqual({
    table: { columns: [{ title: 'x' }], rows: [['a'], bad] },
    hidden: 2,
  });
});
