import * as z from 'zod/mini';
import { describe, expect, it } from 'vitest';
import type { Json } from '../../src/engine/json.ts';
import type { Step } from '../../src/engine/procedure/step.ts';
import { action, actionSpec, change, check, person, run, say, seen } from './rig.ts';

const manual = say.manual('lb', 'Drain', { instruction: 'Drain the balancer' });

const bad = (value: unknown) => value as { bytes: number };

describe('data', () => {
  const Size = z.object({ bytes: z.number() });

  it('is what the schema makes of it: unknown keys are stripped', async () => {
    const size = say.check('size', 'Size', {
      data: Size,
      look: () => ({ verdict: 'ok', summary: 'seen', data: bad({ bytes: 7, secret: 'x' }) }),
    });
    const after = check('after', ({ read }) => seen('ok', JSON.stringify(read(size))));
    const { of } = await run([size, after]);
    expect(of('step.result').map(({ finding }) => [finding?.data, finding?.summary])).toEqual([
      [{ bytes: 7 }, 'seen'],
      [undefined, '{"bytes":7}'],
    ]);
  });

  it.each<[string, (value: unknown) => Step]>([
    [
      'check',
      (data) => say.check('a', 'Size', { data: Size, look: () => ({ verdict: 'ok', summary: '', data: bad(data) }) }),
    ],
    [
      'change',
      (data) =>
        say.action(
          'a',
          'Size',
          actionSpec('a', { change: Size, plan: async () => change('a', { data: data as Json }) }),
        ),
    ],
    [
      'sample',
      (data) =>
        say.watch('a', 'Size', {
          data: Size,
          everyMs: () => 1,
          forMs: () => 1,
          endsWhenCritical: true,
          sample: () => bad(data),
          judge: () => seen('ok'),
        }),
    ],
    [
      'group',
      (data) =>
        say.each('a', 'Size', {
          item: z.object({ id: z.string(), bytes: z.number() }),
          items: () => [{ id: 'a', ...bad(data) }],
          action: ({ id }) => actionSpec(id),
        }),
    ],
  ])('of a %s that is not what it declares is an internal error of that step', async (_, step) => {
    for (const data of [{}, { bytes: '7' }, { bytes: Number.NaN }]) {
      const { outcome, of } = await run([action('first'), step(data), action('later')]);
      expect(outcome).toMatchObject({ status: 'failed', applied: 1, undone: ['Size', 'Restart later'] });
      expect(outcome.summary).toMatch(
        /^Internal error \(a bug in rb\): the data of "Size" is not what the step declares: bytes: /,
      );
      expect(of('step.result').at(-1)).toMatchObject({ step: 'a', result: 'failed' });
      expect(of('step.result').at(-1)).not.toHaveProperty('cause');
      expect(of('step.intent')).toHaveLength(1);
    }
  });

  it('that is not there cannot be read: the step has not run', async () => {
    const size = say.check('size', 'Size', {
      data: Size,
      when: () => false,
      look: () => ({ verdict: 'ok', summary: '', data: { bytes: 7 } }),
    });
    const after = check('after', ({ read, seen: see }) => seen('ok', `${see(size)?.summary}${read(size).bytes}`));
    const { outcome } = await run([size, after]);
    expect(outcome).toMatchObject({ status: 'refused', summary: '"Size" has not run. Nothing was done.' });
  });

  it('of a manual step says whether it was done', async () => {
    const after = check('after', ({ read }) => seen('ok', read(manual)));
    const { of } = await run([manual, after], { prompts: person('skipped') });
    expect(of('step.result').at(-1)).toMatchObject({ finding: { summary: 'skipped' } });
  });
});
