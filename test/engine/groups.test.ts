import { describe, expect, it } from 'vitest';
import type { Verdict } from '../../src/engine/finding.ts';
import { check, each, person, results, run, seen, unreachable } from './rig.ts';

const cannotSee = () => Promise.reject(unreachable());

const before = (verdict: (id: string) => Verdict) => ({
  before: async (_: unknown, { id }: { readonly id: string }) => seen(verdict(id), `${id} is not alone`),
});

describe('the look right before each item', () => {
  it('ends the group as a failure where it is critical, with its sentence', async () => {
    const ran = await run(
      [
        each(
          'all',
          ['a', 'b', 'c'],
          () => ({}),
          before((id) => (id === 'b' ? 'critical' : 'ok')),
        ),
      ],
      {
        prompts: person(true),
        tail: { afterFailure: ({ failed }) => [`${failed?.step.title}: ${failed?.item}`] },
      },
    );
    expect(results(ran)).toEqual([
      ['all/a', 'ok'],
      ['all/b', 'failed'],
      ['all', 'failed'],
    ]);
    expect(ran.of('step.intent').map(({ step }) => step)).toEqual(['all/a']);
    expect(ran.outcome).toMatchObject({
      status: 'failed',
      verdict: 'critical',
      applied: 1,
      summary: 'b is not alone.',
      undone: ['Restart b', 'Restart c'],
      next: ['Restart the instances: b'],
    });
  });

  it('goes on where it is not, and what it saw is on record', async () => {
    const { of, outcome } = await run([
      each(
        'all',
        ['a', 'b'],
        () => ({}),
        before((id) => (id === 'b' ? 'warn' : 'ok')),
      ),
    ]);
    expect(of('finding')).toMatchObject([{ step: 'all/b', finding: { verdict: 'warn' } }]);
    expect(outcome).toMatchObject({ status: 'done', applied: 2 });
  });

  it('comes after the confirmation of all, and after the item before', async () => {
    const order: string[] = [];
    const noting = (what: string) => async () => void order.push(what);
    await run([
      each('all', ['a', 'b'], (id) => ({ apply: noting(`apply ${id}`) }), {
        before: async (_, { id }) => {
          order.push(`look before ${id}`);
          return seen('ok');
        },
      }),
    ]);
    expect(order).toEqual(['look before a', 'apply a', 'look before b', 'apply b']);
  });

  it('that cannot see ends the group', async () => {
    const { outcome } = await run([each('all', ['a', 'b'], () => ({}), { before: cannotSee })]);
    expect(outcome).toMatchObject({ status: 'unreachable', applied: 0, undone: ['Restart a', 'Restart b'] });
  });

  it('is not asked for in a dry run', async () => {
    const { outcome } = await run([each('all', ['a'], () => ({}), { before: () => expect.unreachable() })], {
      dryRun: true,
    });
    expect(outcome.status).toBe('done');
  });
});

describe('the items of a group', () => {
  it('are known by their ids, each with its finding', async () => {
    const group = each('all', ['web 1/a', 'b'], (id) => ({ when: () => id !== 'b' }));
    const after = check('after', ({ items }) => seen('ok', JSON.stringify(items(group))));
    const ran = await run([group, after]);
    expect(results(ran).map(([path]) => path)).toEqual(['all/b', 'all/web%201%2Fa', 'all', 'after']);
    expect(ran.of('step.result').at(-1)?.finding?.summary).toBe(
      JSON.stringify([{ id: 'web 1/a', finding: seen('ok', 'web 1/a is healthy') }, { id: 'b' }]),
    );
  });

  it('must differ in their ids', async () => {
    const { outcome, of } = await run([each('all', ['a', 'a'])]);
    expect(outcome.summary).toBe('Internal error (a bug in rb): two items of "Restart the instances" have the same id');
    expect(of('change.planned')).toEqual([]);
  });
});
