import { describe, expect, it } from 'vitest';
import { RunbookError } from '../../src/engine/errors.ts';
import { createStop } from '../../src/engine/session/stop.ts';
import { action, person, results, run, seen, undoOf } from './rig.ts';
import type { TinyOptions } from './rig.ts';

type Spec = NonNullable<Parameters<typeof action>[1]>;

/** A deployment that comes up unhealthy, and the way back. */
const failing = async (
  options: TinyOptions,
  fails: Spec = { verify: async () => seen('critical', 'app-1 answers HTTP 503') },
  back: Spec = {},
) => {
  const done: string[] = [];
  const ran = await run(
    [
      action('app-1', {
        apply: async () => void done.push('restart'),
        ...fails,
        undo: () => undoOf('back', { apply: async () => void done.push('back'), ...back }),
      }),
      action('app-2', { apply: async () => void done.push('next') }),
    ],
    options,
  );
  return { ...ran, done, outcome: ran.end.outcome };
};

describe('after a change that failed', () => {
  it('the way back is offered at a terminal; the step has failed all the same', async () => {
    const ran = await failing({ prompts: person(true, true) });
    const { outcome, done, of } = ran;
    expect(done).toEqual(['restart', 'back']);
    expect(outcome).toMatchObject({
      status: 'failed',
      summary: 'app-1 answers HTTP 503. It was taken back: Restart back.',
      undone: ['Restart app-1', 'Restart app-2'],
    });
    expect(of('step.intent').map((event) => event.step)).toEqual(['app-1', 'app-1/back']);
    expect(of('step.started').map((event) => event.kind)).toEqual(['action', 'undo']);
    // What failed is on record before the undo begins: a session that is cut off in between has not lost it.
    expect(results(ran)).toEqual([
      ['app-1', 'failed'],
      ['app-1/back', 'ok'],
    ]);
  });

  it('declining the way back keeps the failure', async () => {
    const ran = await failing({ prompts: person(true, false) });
    expect(ran.done).toEqual(['restart']);
    expect(ran.outcome).toMatchObject({ status: 'failed', summary: 'app-1 answers HTTP 503.' });
    expect(results(ran)).toEqual([
      ['app-1', 'failed'],
      ['app-1/back', 'declined'],
    ]);
  });

  it('so does Ctrl-C at that prompt', async () => {
    const { outcome, done } = await failing({ prompts: person(true, 'ctrl-c') });
    expect(done).toEqual(['restart']);
    expect(outcome).toMatchObject({ status: 'failed', summary: 'app-1 answers HTTP 503.' });
  });

  it('without a terminal it is not offered, whatever the flags', async () => {
    const { outcome, done, of } = await failing({});
    expect(done).toEqual(['restart']);
    expect(outcome.status).toBe('failed');
    expect(of('step.started').map((event) => event.step)).toEqual(['app-1']);
  });

  it('a way back that cannot be built is not offered, and does not hide the failure', async () => {
    const step = action('app-1', {
      verify: async () => seen('critical', 'down'),
      undo: () => Promise.reject(new RunbookError('unreachable', 'the registry does not answer')),
    });
    const { outcome, of } = await run([step], { prompts: person(true) });
    expect(outcome).toMatchObject({ status: 'failed', summary: 'down.' });
    expect(of('step.progress')).toMatchObject([
      { step: 'app-1', note: 'whether it can be taken back is not known: the registry does not answer' },
    ]);
  });

  it('a change that has no way back offers none', async () => {
    const { end, of } = await run(
      [action('app-1', { verify: async () => seen('critical', 'down'), undo: () => undefined })],
      { prompts: person(true) },
    );
    expect(end.outcome).toMatchObject({ status: 'failed', summary: 'down.' });
    expect(of('confirmation')).toHaveLength(1);
  });

  it('it is not offered after the operator asked to stop', async () => {
    const stop = createStop();
    const { done } = await failing(
      { prompts: person(true), stop },
      {
        verify: async () => {
          stop.request(new RunbookError('interrupted', 'Stopped.'));
          return seen('critical');
        },
      },
    );
    expect(done).toEqual(['restart']);
  });

  it('a way back that fails too says both', async () => {
    const back = { verify: async () => seen('critical', 'app-1 is still down') };
    const { outcome } = await failing({ prompts: person(true, true) }, undefined, back);
    expect(outcome).toMatchObject({
      status: 'failed',
      summary: 'app-1 answers HTTP 503. Taking it back failed as well: app-1 is still down.',
    });
  });

  it('a way back whose end cannot be seen leaves the outcome unknown, for rb resume', async () => {
    const back = { verify: async () => seen('unknown', 'no answer') };
    const { of, outcome } = await failing({ prompts: person(true, true) }, undefined, back);
    expect(of('step.result').at(-1)).toMatchObject({ step: 'app-1/back', result: 'unknown' });
    expect(outcome).toMatchObject({ status: 'unknown', next: ['rb resume s1'] });
    expect(outcome.summary).toBe(
      'app-1 answers HTTP 503. It is not known whether this was done: restart back. no answer',
    );
  });
});

describe('the way back is offered only after a failure', () => {
  it.each([
    ['refused', 'refused'],
    ['unreachable', 'unreachable'],
    ['unknown', 'unknown'],
  ] as const)('not when apply throws %s', async (kind, status) => {
    const { outcome, of } = await failing(
      { prompts: person(true) },
      { apply: () => Promise.reject(new RunbookError(kind, 'no')) },
    );
    expect(outcome.status).toBe(status);
    expect(of('confirmation')).toHaveLength(1);
  });

  it.each([
    ['a verification that cannot see', async () => seen('unknown', 'no answer')],
    ['a verification that cannot ask', () => Promise.reject(new RunbookError('unreachable', 'no answer'))],
    ['a fault of the program', () => Promise.reject(new TypeError('no answer'))],
  ])('not after %s: the outcome is unknown, and rb resume settles it', async (_, verify) => {
    const { outcome, of } = await failing({ prompts: person(true) }, { verify });
    expect(outcome).toMatchObject({ status: 'unknown', next: ['rb resume s1'] });
    expect(outcome.summary).toContain('It is not known whether this was done: restart app-1. no answer');
    expect(of('step.result')).toMatchObject([{ step: 'app-1', result: 'unknown' }]);
  });
});
