import * as z from 'zod/mini';
import { describe, expect, it } from 'vitest';
import type { Step } from '../../src/engine/procedure/step.ts';
import {
  action,
  answering,
  change,
  changing,
  check,
  each,
  hashOf,
  person,
  results,
  run,
  say,
  seen,
  yes,
} from './rig.ts';

const manual = () => say.manual('lb', 'Drain', { instruction: 'Drain the balancer' });

const watch = () =>
  say.watch('calm', 'Watch', {
    data: z.number(),
    everyMs: () => 1000,
    forMs: () => 1000,
    endsWhenCritical: true,
    sample: () => 1,
    judge: () => seen('ok'),
  });

const decision = (steps: readonly Step[] = []) =>
  say.decision('next', 'Next', {
    question: 'What next?',
    options: { on: { title: 'on', steps }, stop: { title: 'stop', steps: [] } },
    advise: () => undefined,
  });

const called = (steps: readonly Step[], id = 'one') =>
  say.call(id, 'Call', { procedure: changing(steps), input: () => null });

const sees = (step: Step, id = 'after') => check(id, (reads) => seen('ok', `${reads.seen(step)?.summary}`));

const dependent = () => {
  const first = action('first');
  return [first, action('second', { when: (reads) => reads.seen(first) !== undefined }), action('later')];
};

describe('a step that reads what only a change, an answer or a watch would give', () => {
  const [acted, confirmed, asked, chosen, watched] = [
    action('app-1'),
    check('serves', () => seen('ok'), 'verification'),
    manual(),
    decision(),
    watch(),
  ];
  const inner = action('app-1');
  const beside = check('beside', (reads) => seen('ok', reads.read(asked)));
  it.each<[string, readonly Step[], Step, string]>([
    ['a change', [acted], sees(acted), 'Restart app-1'],
    ['a verification', [confirmed], sees(confirmed), 'Look at serves'],
    ['what a person does', [asked], check('after', (reads) => seen('ok', reads.read(asked))), 'Drain'],
    ['an answer', [chosen], check('after', (reads) => seen('ok', reads.read(chosen))), 'Next'],
    ['a step behind a question', [decision([inner])], sees(inner), 'Restart app-1'],
    ['a watch', [watched], sees(watched), 'Watch'],
    ...[called([action('app-1')])].map((one): [string, readonly Step[], Step, string] => [
      'a call',
      [one],
      sees(one),
      'Call',
    ]),
    ...[each('all', ['a'])].map((one): [string, readonly Step[], Step, string] => [
      'a group',
      [one],
      check('after', (reads) => seen('ok', `${reads.items(one).length}`)),
      'Restart the instances',
    ]),
  ])('depends on %s: planning ends there, and the hash says so', async (_, steps, step, on) => {
    const ran = await run([...steps, step, action('later')], { dryRun: true });
    expect(ran.of('step.depends')).toMatchObject([{ step: 'after', title: 'Look at after', on }]);
    expect(results(ran).at(-1)).toEqual(['after', 'skipped']);
    expect(ran.of('change.planned').map(({ step: path }) => path)).not.toContain('later');
    expect(ran.outcome).toMatchObject({ status: 'done', undone: [] });
    expect(hashOf(ran)).not.toBe(hashOf(await run([...steps, action('later')], { dryRun: true })));
  });

  it('ends the planning of its branch alone', async () => {
    const first = action('first');
    const { of } = await run([called([first, sees(first), action('never')]), action('later')], { dryRun: true });
    expect(of('step.depends')).toMatchObject([{ step: 'one/after', on: 'Restart first' }]);
    expect(of('change.planned').map(({ step }) => step)).toEqual(['one/first', 'later']);
  });

  it('makes those that read it depend in turn, also where it stands beside others', async () => {
    const behind = say.decision('which', 'Which', {
      question: 'Which?',
      options: { one: { title: 'one', steps: [asked, say.parallel('now', 'Now', [beside])] } },
      advise: () => undefined,
    });
    const { of, outcome } = await run([behind, sees(beside)], { dryRun: true, given: answering({ which: 'one' }) });
    expect(of('step.depends')).toMatchObject([
      { step: 'which/one/now/beside', on: 'Drain' },
      { step: 'after', on: 'Look at beside' },
    ]);
    expect(outcome.status).toBe('done');
  });

  it.each<[string, (first: Step) => Step]>([
    ['its condition', (first) => action('second', { when: (reads) => reads.seen(first) !== undefined })],
    ['its plan', (first) => action('second', { plan: async (reads) => change(reads.seen(first)?.summary ?? '') })],
    ['its items', (first) => each('second', [], () => ({}), { items: (reads) => (reads.seen(first) ? [] : []) })],
    [
      'the input of a call',
      (first) =>
        say.call('second', 'Call', { procedure: changing([]), input: (reads) => reads.seen(first)?.summary ?? '' }),
    ],
    [
      'its advice',
      (first) =>
        say.decision('second', 'Second', {
          question: 'Which?',
          options: { one: { title: 'one', steps: [] } },
          advise: (reads) => (reads.seen(first) ? undefined : undefined),
        }),
    ],
  ])('may do so in %s', async (_, second) => {
    const first = action('first');
    const { of, outcome } = await run([first, second(first), action('later')], { dryRun: true });
    expect(of('step.depends')).toMatchObject([{ step: 'second', on: 'Restart first' }]);
    expect(outcome.status).toBe('done');
  });

  describe('and then is run under that hash', () => {
    it('is asked about there: no flag covers what was not planned', async () => {
      const plan = hashOf(await run(dependent(), { dryRun: true }));
      const prompts = person(true, true);
      const { of, outcome } = await run(dependent(), { plan, prompts, given: yes });
      expect(of('confirmation').map(({ step, by }) => [step, by])).toEqual([
        ['first', '--yes'],
        ['second', 'prompt'],
        ['later', 'prompt'],
      ]);
      expect(outcome.status).toBe('done');
    });

    it('stops there where nobody can be asked', async () => {
      const plan = hashOf(await run(dependent(), { dryRun: true }));
      const { outcome } = await run(dependent(), { plan });
      expect(outcome).toMatchObject({ status: 'usage', applied: 1, undone: ['Restart second', 'Restart later'] });
      expect(outcome.summary).toContain('The flags do not cover it: the plan that --plan names ends before it.');
    });
  });
});
