import { describe, expect, it } from 'vitest';
import { RunbookError } from '../../src/engine/errors.ts';
import type { Step } from '../../src/engine/procedure/step.ts';
import {
  action,
  answering,
  check,
  cutAfter,
  Id,
  intentOf,
  person,
  procedure,
  resultOf,
  results,
  resume,
  run,
  say,
  seen,
  undoOf,
} from './rig.ts';

type Spec = NonNullable<Parameters<typeof action>[1]>;

/** What the changes of a call have made of the world, and the call; `lost` cannot be taken back. */
const world = () => {
  const there = new Set<string>();
  const log: string[] = [];
  const made = (id: string, more: Spec = {}) =>
    action(id, {
      apply: async () => {
        log.push(id);
        there.add(id);
      },
      verify: async () => seen(there.has(id) ? 'ok' : 'critical', id),
      undo: () =>
        undoOf(`un${id}`, {
          apply: async () => {
            log.push(`un${id}`);
            there.delete(id);
          },
          verify: async () => seen(there.has(id) ? 'critical' : 'ok', `un${id}`),
        }),
      ...more,
    });
  const lost = made('lost', { undo: () => undefined });
  const failing = made('fails', { verify: async () => seen('critical', 'it is down'), undo: () => undefined });
  return { there, log, made, lost, failing };
};
const called = (steps: readonly Step[], id = 'one') =>
  say.call(id, 'Move it', {
    procedure: procedure({
      id: 'move',
      section: '2.1',
      title: 'Move it',
      purpose: 'It has to move.',
      needs: {},
      input: Id,
      steps: () => ({ steps, afterFailure: ({ undone }) => [undone ? 'rb move # again' : 'rb move undo'] }),
    }),
    input: () => ({ id: 'x' }),
  });

const three = ({ made, lost, failing }: ReturnType<typeof world>) => [
  called([made('a'), lost, made('b'), failing, made('never')]),
];

const yesToAll = (...more: readonly (boolean | string)[]) => person(true, true, true, true, ...more);

/** Killed at `fits`; the world is as it was then. */
const killedTakingBack = async (
  steps: (of: ReturnType<typeof world>) => readonly Step[],
  fits: Parameters<typeof cutAfter>[1],
  confirmed = [true, true, true],
) => {
  const first = world();
  const { events } = await run([called(steps(first))], { prompts: person(...confirmed, 'take-back', true, true) });
  return cutAfter(events, fits);
};

const twoThenFails = ({ made, failing }: ReturnType<typeof world>) => [made('a'), made('b'), failing];

describe('a call that failed half-way', () => {
  it('is taken back last first, each planned and confirmed; what has no way back is named beforehand', async () => {
    const { there, log, ...rest } = world();
    const prompts = yesToAll('take-back', true, true);
    const ran = await run(three({ there, log, ...rest }), { prompts });
    expect(prompts.asked.slice(4)).toEqual([
      '3 changes were made before it failed. Take back, last first? Cannot be taken back: Restart lost.',
      'restart unb [y/N]',
      'restart una [y/N]',
    ]);
    expect(log).toEqual(['a', 'lost', 'b', 'fails', 'unb', 'una']);
    expect(ran.outcome).toMatchObject({
      status: 'failed',
      applied: 3,
      summary: 'it is down. It was taken back: Restart unb. It was taken back: Restart una.',
      undone: ['Restart fails', 'Restart never'],
      next: ['rb move # again'],
    });
    expect(results(ran)).toEqual([
      ['one/a', 'ok'],
      ['one/lost', 'ok'],
      ['one/b', 'ok'],
      ['one/fails', 'failed'],
      ['one', 'failed'],
      ['one/b/unb', 'ok'],
      ['one/a/una', 'ok'],
    ]);
    expect(ran.of('answer')).toMatchObject([{ step: 'one/take-back', answer: 'take-back', by: 'prompt' }]);
    expect(
      ran
        .of('change.planned')
        .slice(-2)
        .map(({ step }) => step),
    ).toEqual(['one/b/unb', 'one/a/una']);
  });

  it.each([
    ['kept', 'keep'],
    ['not answered', false],
    ['stopped at', 'ctrl-c'],
  ])('stays as it is where that is %s', async (_, answer) => {
    const { log, ...rest } = world();
    const { outcome } = await run(three({ log, ...rest }), { prompts: yesToAll(answer) });
    expect(log).toEqual(['a', 'lost', 'b', 'fails']);
    expect(outcome).toMatchObject({ status: 'failed', summary: 'it is down.', next: ['rb move undo'] });
  });

  it('stays as it is without a terminal', async () => {
    const { log, ...rest } = world();
    const { outcome, of } = await run(three({ log, ...rest }));
    expect(log).toEqual(['a', 'lost', 'b', 'fails']);
    expect(of('answer')).toMatchObject([{ step: 'one/take-back', answer: 'keep', by: 'no terminal' }]);
    expect(outcome).toMatchObject({ status: 'failed', summary: 'it is down.' });
  });

  it('is not taken back by flags: each way back is confirmed by a person', async () => {
    const { log, ...rest } = world();
    const { outcome, of } = await run(three({ log, ...rest }), {
      given: answering({ 'one/take-back': 'take-back' }),
    });
    expect(log).toEqual(['a', 'lost', 'b', 'fails']);
    expect(of('confirmation').at(-1)).toMatchObject({ step: 'one/b/unb', decision: 'refused', by: 'no terminal' });
    expect(outcome.summary).toContain('It was not taken back: "Restart unb" needs a confirmation');
    const prompts = person(false);
    await run(three(world()), { given: answering({ 'one/take-back': 'take-back' }), prompts });
    expect(prompts.asked).toEqual(['restart unb [y/N]']);
  });

  it('ends with the first that stays: what was made before rests on it', async () => {
    const { log, ...rest } = world();
    const { outcome } = await run(three({ log, ...rest }), { prompts: yesToAll('take-back', false) });
    expect(log).toEqual(['a', 'lost', 'b', 'fails']);
    expect(outcome).toMatchObject({ status: 'failed', summary: 'it is down.', next: ['rb move undo'] });
  });

  it('whose way back cannot be built names it as one that cannot be taken back', async () => {
    const { made, failing, log } = world();
    const broken = made('broken', { undo: () => Promise.reject(new RunbookError('unreachable', 'no answer')) });
    const prompts = person(true, true, true, 'take-back', true);
    const { outcome } = await run([called([made('a'), broken, failing])], { prompts });
    expect(prompts.asked[3]).toContain('Cannot be taken back: Restart broken.');
    expect(log).toEqual(['a', 'broken', 'fails', 'una']);
    expect(outcome.status).toBe('failed');
  });

  it('asks for a change once, in the innermost call', async () => {
    const { made, failing, log } = world();
    const inner = called([made('b'), failing], 'inner');
    const prompts = person(true, true, true, 'keep', 'take-back', true);
    await run([called([made('a'), inner], 'outer')], { prompts });
    expect(prompts.asked.slice(3)).toEqual([
      '1 change was made before it failed. Take back, last first?',
      '1 change was made before it failed. Take back, last first?',
      'restart una [y/N]',
    ]);
    expect(log).toEqual(['a', 'b', 'fails', 'una']);
  });

  it('takes back the changes of a call inside it that had ended', async () => {
    const { made, failing, log } = world();
    const prompts = person(true, true, 'take-back', true);
    await run([called([called([made('a')], 'inner'), failing], 'outer')], { prompts });
    expect(log).toEqual(['a', 'fails', 'una']);
  });

  describe('and was killed while it was taken back', () => {
    it.each<
      [string, Parameters<typeof cutAfter>[1], readonly string[], readonly string[], readonly (boolean | string)[]]
    >([
      ['before the question', resultOf('one'), ['a', 'b'], ['unb', 'una'], ['take-back', true, true]],
      ['after the answer', (event) => event.type === 'answer', ['a', 'b'], ['unb', 'una'], [true, true]],
      ['when the first had reached the world', intentOf('one/b/unb'), ['a'], ['una'], [true]],
      ['when the first had not', intentOf('one/b/unb'), ['a', 'b'], ['unb', 'una'], [true, true]],
      ['between the two', resultOf('one/b/unb'), ['a'], ['una'], [true]],
      ['after the last', resultOf('one/a/una'), [], [], []],
    ])('%s: resume brings it to its end, and applies nothing again', async (_, fits, there, log, answers) => {
      const now = world();
      for (const id of there) now.there.add(id);
      const { outcome } = await resume([called(twoThenFails(now))], await killedTakingBack(twoThenFails, fits), {
        prompts: person(...answers),
      });
      expect(now.log).toEqual(log);
      expect([...now.there]).toEqual([]);
      expect(outcome).toMatchObject({
        status: 'failed',
        applied: 2,
        summary: 'it is down. It was taken back: Restart unb. It was taken back: Restart una.',
      });
    });

    it('a check that failed is not looked at again: it could let the call go on over what is gone', async () => {
      const verified = ({ made }: ReturnType<typeof world>, look = () => seen('critical', '1 of 3 is down')) => [
        made('a'),
        made('b'),
        check('health', look, 'verification'),
        made('never'),
      ];
      const log = await killedTakingBack(verified, resultOf('one/b/unb'), [true, true]);
      const now = world();
      now.there.add('a');
      const { outcome } = await resume([called(verified(now, () => expect.unreachable()))], log, {
        prompts: person(true),
      });
      expect(now.log).toEqual(['una']);
      expect(outcome).toMatchObject({
        status: 'failed',
        summary: 'Look at health: 1 of 3 is down. It was taken back: Restart unb. It was taken back: Restart una.',
      });
    });
  });
});
