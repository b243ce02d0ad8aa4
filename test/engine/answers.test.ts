import { describe, expect, it } from 'vitest';
import type { Step } from '../../src/engine/procedure/step.ts';
import {
  action,
  answering,
  check,
  cutAfter,
  hashOf,
  Id,
  intentOf,
  looking,
  noFlags,
  person,
  procedure,
  resume,
  run,
  say,
  seen,
  yes,
} from './rig.ts';
import type { TinyOptions } from './rig.ts';

const callee = (id: string, steps: readonly Step[], needs: { readonly workload?: 'required' } = {}) =>
  procedure({
    id,
    section: '2.1',
    title: id,
    purpose: 'It misbehaves.',
    needs,
    input: Id,
    steps: () => ({ steps }),
  });
const input = () => ({ id: 'x' });
const calling = (id: string, steps: readonly Step[] = [action('restart')], needs = {}) =>
  say.call(id, `Call ${id}`, { procedure: callee(id, steps, needs), input });

const how = (id = 'how') =>
  say.decision(id, 'How', {
    question: 'Which way?',
    options: {
      one: { title: 'one', steps: [calling('one')] },
      two: { title: 'two', steps: [calling('two', [action('restart')], { workload: 'required' })] },
      stop: { title: 'stop', steps: [say.manual('ask', 'Ask', { instruction: 'Ask the developers' })], unasked: true },
    },
    advise: () => ({ option: 'two', because: 'it is the second' }),
  });
const tree = () => [
  check('a', () => seen('ok')),
  how(),
  calling('inner', [how('which')]),
  say.eachCall('every', 'Every', {
    item: Id,
    items: () => [{ id: 'web 1' }],
    procedure: callee('item', [how('which')]),
    input: (item) => item,
  }),
];
/** Where each question of that tree is. */
const questions = [
  '--answer how=<one|two|stop>',
  '--answer how/one/one/take-back=<take-back|keep>',
  '--answer how/two/two/take-back=<take-back|keep>',
  '--answer how/stop/ask=<done|skipped>',
  '--answer inner/take-back=<take-back|keep>',
  '--answer inner/which=<one|two|stop>',
  '--answer inner/which/one/one/take-back=<take-back|keep>',
  '--answer inner/which/two/two/take-back=<take-back|keep>',
  '--answer inner/which/stop/ask=<done|skipped>',
  '--answer every/*/take-back=<take-back|keep>',
  '--answer every/*/which=<one|two|stop>',
];

const blindFirst = () => [action('app-1', { verify: async () => seen('unknown') }), action('app-2')];

describe('--answer', () => {
  it.each([
    ['how/one', 'yes'],
    ['which', 'one'],
    ['inner', 'one'],
    ['a', 'ok'],
    ['inner/which/', 'one'],
    ['every/which', 'one'],
    ['every/web 1/x/which', 'one'],
  ])('%s=%s is not a question here: a usage error, before anything is done', async (path, answer) => {
    for (const dryRun of [false, true]) {
      const { outcome, of } = await run(tree(), { given: answering({ [path]: answer }), dryRun });
      expect(outcome).toMatchObject({
        status: 'usage',
        summary: `--answer ${path}=${answer}: there is no such question here.`,
        undone: ['Look at a', 'How', 'Call inner', 'Every'],
      });
      expect(outcome.next.slice(0, questions.length)).toEqual(questions);
      expect(of('step.started')).toEqual([]);
    }
  });

  it.each([
    ['inner/which', 'three', 'the answers are one, stop'],
    ['how/stop/ask', 'later', 'the answers are done, skipped'],
    ['every/web%201/which', 'three', 'the answers are one, stop'],
    ['inner/take-back', 'yes', 'the answers are take-back, keep'],
    ['how', 'two', 'not available, no workload is configured'],
    ['inner/which', 'two', 'not available, no workload is configured'],
  ])('%s=%s cannot be chosen: a usage error, before anything is done', async (path, answer, why) => {
    const { outcome, of } = await run(tree(), { given: answering({ [path]: answer }) });
    expect(outcome).toMatchObject({ status: 'usage', summary: `--answer ${path}=${answer}: ${why}.` });
    expect(of('step.started')).toEqual([]);
  });

  it('answers a question of a call by its path', async () => {
    const given = answering({ 'inner/which': 'one' });
    const { of } = await run([calling('inner', [how('which')])], { given });
    expect(of('answer')).toMatchObject([{ step: 'inner/which', answer: 'one', by: '--answer' }]);
    expect(of('step.intent')).toMatchObject([{ step: 'inner/which/one/one/restart' }]);
  });

  it('answers what an earlier run left open, and only that', async () => {
    const log = cutAfter((await run([action('app-1'), action('app-2')])).events, intentOf('app-1'));
    const settled = await resume(blindFirst(), log, { given: answering({ 'app-1': 'done' }) });
    expect(settled.outcome).toMatchObject({ status: 'done', applied: 2 });
    const other = await resume(blindFirst(), log, { given: answering({ 'app-2': 'done' }) });
    expect(other.outcome).toMatchObject({ status: 'usage', next: ['--answer app-1=<done|not-done>'] });
  });
});

describe('an option whose procedure needs what is not configured', () => {
  it('is shown as not available, and is not advised', async () => {
    const asked: unknown[] = [];
    const prompts = {
      ...person(),
      acknowledge: async () => ({ answer: 'done' as const, note: '' }),
      choose: async (question: unknown) => {
        asked.push(question);
        return 'stop';
      },
    };
    await run([how()], { prompts });
    expect(asked).toMatchObject([
      { options: [{ id: 'one' }, { id: 'two', unavailable: 'no workload is configured' }, { id: 'stop' }] },
    ]);
    expect(asked[0]).not.toHaveProperty('advice');
  });

  it('is described so in a dry run', async () => {
    const { of } = await run([how()], { dryRun: true });
    expect(of('step.progress').map(({ note }) => note)).toEqual([
      'would ask: Which way?',
      '--answer how=one: one',
      'two: two (not available: no workload is configured)',
      '--answer how=stop: stop',
    ]);
  });

  it('is not among the answers that are asked for without a terminal', async () => {
    const asking = say.decision('next', 'Next', {
      question: 'What next?',
      options: {
        one: { title: 'one', steps: [] },
        two: { title: 'two', steps: [calling('two', [], { workload: 'required' })] },
      },
      advise: () => undefined,
    });
    expect((await run([asking], { given: noFlags })).outcome.next).toEqual(['pass --answer next=<one>']);
  });
});

const two = () => [calling('one'), calling('two')];

const covered = async (steps: readonly Step[], options: TinyOptions = {}) => {
  const { of, outcome } = await run(steps, options);
  return { by: of('confirmation').map(({ by }) => by), outcome };
};

describe('--yes and --confirm', () => {
  const notCovered =
    'The flags do not cover it: the session calls several procedures, and neither --plan nor an --answer names this one.';

  it('cover the one call of a session that changes something, and its own actions', async () => {
    const look = say.call('look', 'Look', { procedure: looking([]), input: () => null });
    const again = say.call('again', 'Look', { procedure: looking([]), input: () => null });
    expect((await covered([action('a'), look, calling('one'), again])).by).toEqual(['--yes', '--yes']);
  });

  it.each<[string, () => readonly Step[], string]>([
    ['calls two', two, 'one/restart'],
    [
      'calls one for each item',
      () => [
        say.eachCall('every', 'Every', {
          item: Id,
          items: () => [{ id: 'a' }],
          procedure: callee('one', [action('restart')]),
          input: (item) => item,
        }),
      ],
      'every/a/restart',
    ],
    ['calls one that calls another', () => [calling('outer', [calling('inner')])], 'outer/inner/restart'],
    ['may call two', () => [how()], 'how/one/one/restart'],
  ])('do not cover a session that %s', async (_, steps, step) => {
    const { of, outcome } = await run(steps(), { given: yes, prompts: person('one', false) });
    if (of('answer').length > 0)
      expect(of('confirmation')).toMatchObject([{ step, by: 'prompt', decision: 'declined' }]);
    else {
      const scripted = await run(steps());
      expect(scripted.of('confirmation')).toMatchObject([{ step, by: 'no terminal', decision: 'refused' }]);
      expect(scripted.outcome.summary).toContain(notCovered);
      expect(scripted.outcome).toMatchObject({
        status: 'usage',
        applied: 0,
        next: ['run it with --dry-run and the answers, then pass --plan <hash> as well'],
      });
    }
    expect(outcome.applied).toBe(0);
  });

  it('cover it where --plan contains it', async () => {
    const plan = hashOf(await run(two(), { dryRun: true }));
    expect(await covered(two(), { plan })).toMatchObject({ by: ['--yes', '--yes'], outcome: { status: 'done' } });
  });

  it('cover the branch that an --answer on its path has chosen, and no other call', async () => {
    const given = answering({ how: 'one' });
    expect((await covered([how()], { given })).by).toEqual(['--yes']);
    expect((await covered([how(), calling('more')], { given })).by).toEqual(['--yes', 'no terminal']);
    const chosenAtTheTerminal = await covered([how()], { given: yes, prompts: person('one', true) });
    expect(chosenAtTheTerminal.by).toEqual(['prompt']);
  });

  it('cover that branch after a resume too', async () => {
    const { events } = await run([how()], { given: answering({ how: 'one' }) });
    const log = cutAfter(events, (event) => event.type === 'answer');
    expect((await resume([how()], log, { given: yes })).outcome).toMatchObject({ status: 'done', applied: 1 });
  });

  it('are what --plan still needs', async () => {
    const plan = hashOf(await run(two(), { dryRun: true }));
    expect((await covered(two(), { plan, given: noFlags })).outcome).toMatchObject({
      status: 'usage',
      next: ['pass --yes to confirm it', 'or --dry-run to see the plan'],
    });
  });
});
