import * as z from 'zod/mini';
import { describe, expect, it } from 'vitest';
import type { Verdict } from '../../src/engine/finding.ts';
import { action, check, Id, look, looking, person, run, say, seen, unreachable } from './rig.ts';

const found = (...verdicts: readonly Verdict[]) =>
  verdicts.map((verdict, n) => check(`look-${n}`, () => seen(verdict, `look ${n} is ${verdict}`)));

/** `replaces`: the second look at the same thing. */
const twice = (first: Verdict, second: Verdict) => {
  const [before] = found(first);
  return [
    before as NonNullable<typeof before>,
    say.check('again', 'Look again', { replaces: before as never, look: () => seen(second, `again it is ${second}`) }),
  ];
};

describe('a session in which nothing was applied', () => {
  it.each<[readonly Verdict[], string, Verdict, string]>([
    [['ok'], 'done', 'ok', 'look 0 is ok.'],
    [['warn', 'ok'], 'done', 'warn', 'look 0 is warn.'],
    [['unknown'], 'unseen', 'unknown', 'look 0 is unknown.'],
    [['ok', 'unknown'], 'unseen', 'unknown', 'look 1 is unknown.'],
    // Warn is worse, but not everything was seen.
    [['warn', 'unknown'], 'unseen', 'warn', 'look 1 is unknown.'],
    [['critical', 'unknown'], 'critical', 'critical', 'look 0 is critical.'],
    [['critical', 'ok', 'critical'], 'critical', 'critical', 'look 0 is critical. look 2 is critical.'],
  ])('that found %j is %s', async (verdicts, status, verdict, summary) => {
    expect((await run(looking(found(...verdicts)))).outcome).toMatchObject({ status, verdict, summary, applied: 0 });
    const changing = await run([...found(...verdicts), action('app-1', { when: () => false })]);
    expect(changing.outcome).toMatchObject({ status, verdict, applied: 0 });
  });

  it('that found nothing at all is done', async () => {
    expect((await run(looking([]))).outcome).toMatchObject({ status: 'done', verdict: 'ok' });
  });
});

const cpu = (verdict: Verdict) =>
  look({
    id: 'look.cpu',
    section: '3.1',
    title: 'CPU',
    purpose: 'It is slow.',
    needs: {},
    input: Id,
    result: z.null(),
    steps: () => ({ steps: found(verdict), result: () => null }),
  });

describe('a second look at the same thing', () => {
  it.each<[Verdict, Verdict, string, string]>([
    ['critical', 'ok', 'done', 'again it is ok.'],
    ['unknown', 'ok', 'done', 'again it is ok.'],
    ['ok', 'critical', 'critical', 'again it is critical.'],
    ['ok', 'unknown', 'unseen', 'again it is unknown.'],
    ['critical', 'unknown', 'unseen', 'again it is unknown.'],
    ['unknown', 'critical', 'critical', 'again it is critical.'],
  ])('after %s counts in its place: %s', async (first, second, status, summary) => {
    const { outcome } = await run(looking(twice(first, second)));
    expect(outcome).toMatchObject({ status, verdict: second, summary });
  });

  it('that is passed over counts for nothing', async () => {
    const [before] = found('critical');
    const again = say.check('again', 'Look again', {
      replaces: before as never,
      when: () => false,
      look: () => expect.unreachable(),
    });
    expect((await run([before as never, again])).outcome).toMatchObject({ status: 'critical', verdict: 'critical' });
  });

  it('may be a call, and may take the place of one', async () => {
    const before = say.call('cpu', 'CPU', { procedure: cpu('critical'), input: () => ({ id: 'x' }) });
    const again = say.call('again', 'CPU again', {
      procedure: cpu('warn'),
      replaces: before,
      input: () => ({ id: 'x' }),
    });
    expect((await run(looking([before, again]))).outcome).toMatchObject({
      status: 'done',
      verdict: 'warn',
      summary: 'look 0 is warn.',
    });
  });

  it('after a change says how it is now', async () => {
    const [before, again] = twice('critical', 'ok');
    const { outcome } = await run([before as never, action('app-1'), again as never]);
    expect(outcome).toMatchObject({ status: 'done', verdict: 'ok', applied: 1 });
  });
});

describe('the verdict of a session that did not end well', () => {
  it.each<[string, Parameters<typeof run>[0], string, Verdict]>([
    ['a change that is not there', [action('a', { verify: async () => seen('critical') })], 'failed', 'critical'],
    ['a change that cannot be seen', [action('a', { verify: async () => seen('unknown') })], 'unknown', 'unknown'],
    ['a precondition', [check('a', () => seen('critical'), 'precondition')], 'refused', 'critical'],
    ['a verification', [check('a', () => seen('critical'), 'verification')], 'failed', 'critical'],
    [
      'what was found before',
      [...found('warn'), action('a', { plan: () => Promise.reject(unreachable()) })],
      'unreachable',
      'warn',
    ],
    [
      'a watch',
      [
        say.watch('a', 'Watch', {
          data: z.number(),
          everyMs: () => 1,
          forMs: () => 1,
          endsWhenCritical: true,
          sample: () => 1,
          judge: () => seen('critical'),
        }),
      ],
      'failed',
      'critical',
    ],
  ])('is that of %s', async (_, steps, status, verdict) => {
    expect((await run(steps)).outcome).toMatchObject({ status, verdict });
  });
});

describe('a dry run', () => {
  it('of a look ends as the look would', async () => {
    const { outcome, of } = await run(looking(found('critical')), { dryRun: true });
    expect(outcome.status).toBe('critical');
    expect(of('plan.hash')).toEqual([]);
  });

  it('of a look that calls others has nothing to confirm, and no hash', async () => {
    const inner = looking(found('critical'));
    const { outcome, of } = await run(looking([say.call('cpu', 'CPU', { procedure: inner, input: () => null })]), {
      dryRun: true,
    });
    expect(outcome.status).toBe('critical');
    expect(of('plan.hash')).toEqual([]);
  });

  it('with a plan is done, whatever was found', async () => {
    const { outcome, of } = await run([...found('critical'), action('app-1')], { dryRun: true });
    expect(outcome).toMatchObject({ status: 'done', verdict: 'critical', summary: 'Dry run: nothing was changed.' });
    expect(of('plan.hash')).toHaveLength(1);
  });

  it('without one is judged by what was found', async () => {
    const { outcome, of } = await run([...found('critical'), action('app-1', { when: () => false })], { dryRun: true });
    expect(outcome.status).toBe('critical');
    expect(of('plan.hash')).toEqual([]);
  });
});

const sized = (fails = false) =>
  look({
    id: 'look.size',
    section: '3.6',
    title: 'Size',
    purpose: 'The disk fills up.',
    needs: {},
    input: Id,
    result: z.object({ bytes: z.number() }),
    steps: ({ check: word }) => {
      const size = word('size', 'Size', {
        tolerant: true,
        data: z.object({ bytes: z.number() }),
        look: () => {
          if (fails) throw unreachable();
          return { verdict: 'ok', summary: '7 bytes', data: { bytes: 7 } };
        },
      });
      return { steps: [size], result: (reads) => reads.read(size) };
    },
  });

describe('the result of a look', () => {
  const input = { id: 'x' };

  it('is at the end of its record', async () => {
    expect((await run(sized(), { input })).of('session.closed')).toMatchObject([{ result: { bytes: 7 } }]);
  });

  it('is absent where a part of it could not be seen', async () => {
    const { of, outcome } = await run(sized(true), { input });
    expect(of('session.closed')[0]).not.toHaveProperty('result');
    expect(outcome.status).toBe('unseen');
  });

  it('is absent where something went wrong, and for what changes something', async () => {
    const failing = looking([check('a', () => Promise.reject(unreachable()))]);
    expect((await run(failing)).of('session.closed')[0]).not.toHaveProperty('result');
    expect((await run([action('app-1')])).of('session.closed')[0]).not.toHaveProperty('result');
  });

  it('that is not what it declares is an internal error', async () => {
    const broken = look({
      id: 'look.broken',
      section: '3.6',
      title: 'Size',
      purpose: 'The disk fills up.',
      needs: {},
      input: Id,
      result: z.object({ bytes: z.number() }),
      steps: () => ({ steps: [], result: () => ({ bytes: 'many' }) as never }),
    });
    expect((await run(broken, { input })).outcome).toMatchObject({
      status: 'failed',
      summary: 'Internal error (a bug in rb): the data of "Size" is not what the step declares: bytes: Invalid input',
    });
  });

  it('of what only a watch gives is absent in a dry run', async () => {
    const watching = look({
      id: 'look.watch',
      section: '4',
      title: 'Watch',
      purpose: 'It is to be watched.',
      needs: {},
      input: Id,
      result: z.object({ verdict: z.string() }),
      steps: ({ watch }) => {
        const calm = watch('calm', 'Watch', {
          data: z.number(),
          everyMs: () => 1000,
          forMs: () => 1000,
          endsWhenCritical: false,
          sample: () => 1,
          judge: () => seen('ok'),
        });
        return { steps: [calm], result: (reads) => ({ verdict: reads.seen(calm)?.verdict ?? 'none' }) };
      },
    });
    const { outcome, of } = await run(watching, { input, dryRun: true });
    expect(outcome.status).toBe('done');
    expect(of('session.closed')[0]).not.toHaveProperty('result');
    expect((await run(watching, { input })).of('session.closed')).toMatchObject([{ result: { verdict: 'ok' } }]);
    // A caller depends on it.
    const called = say.call('calm', 'Calm', { procedure: watching, input: () => input });
    const dry = await run([called, check('after', (reads) => seen('ok', reads.read(called).verdict))], {
      dryRun: true,
    });
    expect(dry.of('step.depends')).toMatchObject([{ step: 'after', on: 'Calm' }]);
  });
});

describe('what a session that was declined leaves', () => {
  it.each([
    ['before a change', 0, []],
    ['after one', 1, ['rb resume s1']],
  ] as const)('%s', async (_, applied, next) => {
    const steps = [action('first'), action('second')].slice(1 - applied);
    const { outcome } = await run(steps, { prompts: person(...Array.from({ length: applied }, () => true), false) });
    expect(outcome).toMatchObject({ status: 'declined', applied, next });
  });
});
