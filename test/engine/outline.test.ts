import * as z from 'zod/mini';
import { describe, expect, it } from 'vitest';
import type { Json, Schema } from '../../src/engine/json.ts';
import { outline } from '../../src/engine/procedure/outline.ts';
import type { Step } from '../../src/engine/procedure/step.ts';
import { treeOf } from '../../src/engine/procedure/tree.ts';
import { action, changing, check, each, Id, look, procedure, say, seen } from './rig.ts';

const outlineOf = (...steps: readonly Step[]) => outline(treeOf(changing(steps)));
const Size = z.object({ bytes: z.number() });
const sized = (data = Size) =>
  say.check('size', 'Size', { data, look: () => ({ verdict: 'ok', summary: '', data: { bytes: 7 } }) });
const header = { section: '2.1', title: 'Restart', purpose: 'It is slow.', needs: {}, input: Id } as const;
const callee = (steps: readonly Step[] = [sized()], input: typeof Id = Id, id = 'restart.instance') =>
  procedure({ ...header, id, input, steps: () => ({ steps }) });
const calling = (...given: Parameters<typeof callee>) =>
  say.call('one', 'One', { procedure: callee(...given), input: () => ({ id: 'x' }) });

const long = (last: string) =>
  outlineOf(
    say.check('size', 'Size', {
      data: z.object({
        ...Object.fromEntries(Array.from({ length: 30 }, (_, n) => [`key${n}`, z.string()])),
        [last]: z.string(),
      }),
      look: () => ({ verdict: 'ok', summary: '', data: {} as never }),
    }),
  )[0]?.data;

const looked = (result: Schema<Json>) =>
  say.call('one', 'One', {
    procedure: look({ ...header, id: 'look', result, steps: () => ({ steps: [], result: () => null }) }),
    input: () => ({ id: 'x' }),
  });

describe('the outline of a procedure', () => {
  it('has the ids, kinds, tiers and schemas of its steps', () => {
    const steps = [
      say.parallel('now', 'Now', [sized(), check('plain', () => seen('ok'))]),
      check('window', () => seen('ok'), 'precondition'),
      action('restart', { tier: 'mild' }),
      each('all', []),
      say.decision('next', 'Next', {
        question: 'What next?',
        options: { on: { title: 'on', steps: [action('again')] }, stop: { title: 'stop', steps: [] } },
        advise: () => undefined,
      }),
      say.manual('ask', 'Ask', { instruction: 'Ask.' }),
      say.watch('calm', 'Watch', {
        data: Size,
        everyMs: () => 1,
        forMs: () => 1,
        endsWhenCritical: true,
        sample: () => ({ bytes: 7 }),
        judge: () => seen('ok'),
      }),
      check('serves', () => seen('ok'), 'verification'),
    ];
    expect(outlineOf(...steps)).toEqual([
      {
        id: 'now',
        kind: 'parallel',
        steps: [
          { id: 'size', kind: 'check', data: '{ bytes: number }' },
          { id: 'plain', kind: 'check' },
        ],
      },
      { id: 'window', kind: 'precondition' },
      { id: 'restart', kind: 'action', tier: 'mild', data: 'custom' },
      { id: 'all', kind: 'each', data: '{ id: string }' },
      {
        id: 'next',
        kind: 'decision',
        steps: [
          { id: 'on', kind: 'option', steps: [{ id: 'again', kind: 'action', tier: 'disruptive', data: 'custom' }] },
          { id: 'stop', kind: 'option', steps: [] },
        ],
      },
      { id: 'ask', kind: 'manual' },
      { id: 'calm', kind: 'watch', data: '{ bytes: number }' },
      { id: 'serves', kind: 'verification' },
    ]);
  });

  it('has those of the procedures that it calls', () => {
    const every = say.eachCall('every', 'Every', {
      item: Id,
      items: () => [],
      procedure: callee(),
      input: (item) => item,
    });
    const called = {
      id: 'restart.instance',
      input: '{ id: string }',
      steps: [{ id: 'size', kind: 'check', data: '{ bytes: number }' }],
    };
    expect(outlineOf(calling(), every)).toEqual([
      { id: 'one', kind: 'call', calls: expect.objectContaining(called) },
      { id: 'every', kind: 'eachCall', data: '{ id: string }', calls: expect.objectContaining(called) },
    ]);
  });

  const more = z.object({ bytes: z.number(), files: z.optional(z.number()) });
  it.each<[string, Step, Step]>([
    ['id', check('a', () => seen('ok')), check('b', () => seen('ok'))],
    ['role', check('a', () => seen('ok')), check('a', () => seen('ok'), 'precondition')],
    ['tier', action('a'), action('a', { tier: 'mild' })],
    ['schema of a change', action('a'), action('a', { change: Size })],
    ['schema of data', sized(), sized(more)],
    ['procedure that is called', calling(), calling(undefined, undefined, 'restart.other')],
    ['input of it', calling(), calling(undefined, z.object({ id: z.string(), why: z.optional(z.string()) }))],
    ['step of it', calling(), calling([sized(), action('a')])],
    ['schema in it', calling(), calling([sized(more)])],
  ])('differs where it has another %s', (_, one, other) => {
    expect(outlineOf(one)).not.toEqual(outlineOf(other));
  });

  it('differs where a look that is called has another result', () => {
    expect(outlineOf(looked(z.null()))).not.toEqual(outlineOf(looked(z.nullable(z.string()))));
  });

  it('differs where a step comes before another', () => {
    const [a, b] = [action('a'), action('b')];
    expect(outlineOf(a, b)).not.toEqual(outlineOf(b, a));
  });

  it('has long schemas by their digest: it is recorded with every session and every call', () => {
    expect(long('x')).toMatch(/^sha256:[0-9a-f]{16}$/);
    expect(long('x')).not.toBe(long('y'));
    expect(long('x')).toBe(long('x'));
  });
});
