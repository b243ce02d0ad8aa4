import { describe, expect, it } from 'vitest';
import { RunbookError } from '../../src/engine/errors.ts';
import type { Json } from '../../src/engine/json.ts';
import type { Context } from '../../src/engine/procedure/context.ts';
import {
  action,
  check,
  each,
  fakeClock,
  looking,
  person,
  recorder,
  run,
  say,
  seen,
  undoOf,
  unreachable,
} from './rig.ts';
import type { Ports } from './rig.ts';

const cannotSee = () => Promise.reject(unreachable());

describe('a check', () => {
  it('that cannot see is unknown, and does not keep a procedure from fixing things', async () => {
    const { end, of } = await run([check('errors', cannotSee), action('app-1')]);
    expect(of('step.result')[0]).toMatchObject({
      result: 'ok',
      finding: { verdict: 'unknown', summary: 'cannot see: metrics.example.org does not answer' },
    });
    expect(end.outcome).toMatchObject({
      status: 'done',
      summary: 'Rolling restart: done. Not seen: cannot see: metrics.example.org does not answer.',
    });
  });

  it('that verifies and sees nothing after a change is not simply done: status unseen, whatever else was seen', async () => {
    const after = say.verification('after', 'All healthy', { look: async () => seen('unknown') });
    const { end } = await run([action('app-1'), after]);
    expect(end.outcome).toMatchObject({ status: 'unseen', verdict: 'unknown', applied: 1 });
    expect(end.outcome.summary).toMatch(/^Rolling restart: done\. Not seen: /);
  });

  it('that verifies and may be blind says so, and the change is done', async () => {
    const after = say.verification('after', 'All healthy', { tolerant: true, look: cannotSee });
    const { end } = await run([action('app-1'), after]);
    expect(end.outcome).toMatchObject({ status: 'done', applied: 1 });
    expect(end.outcome.summary).toContain('Not seen: cannot see: metrics.example.org does not answer.');
  });

  it('that verifies is done with its second look', async () => {
    const after = say.verification('after', 'All healthy', { look: async () => seen('unknown') });
    const again = say.verification('again', 'All healthy', { replaces: after, look: async () => seen('ok') });
    const { end } = await run([action('app-1'), after, again]);
    expect(end.outcome).toMatchObject({ status: 'done', verdict: 'ok' });
  });

  it('that cannot see ends a procedure that only looks', async () => {
    const { end } = await run(looking([check('errors', cannotSee), check('more', () => seen('ok'))]));
    expect(end.outcome).toMatchObject({ status: 'unreachable', undone: ['Look at errors', 'Look at more'] });
  });

  it('that is tolerant and cannot see is unknown there too, and the others go on', async () => {
    const errors = say.check('errors', 'Errors', { tolerant: true, look: cannotSee });
    const { outcome, of } = await run(looking([errors, check('more', () => seen('ok'))]));
    expect(of('step.result')).toMatchObject([{ finding: { verdict: 'unknown' } }, { finding: { verdict: 'ok' } }]);
    expect(outcome).toMatchObject({
      status: 'unseen',
      verdict: 'unknown',
      summary: 'cannot see: metrics.example.org does not answer.',
    });
  });

  it.each<[string, Error]>([
    ['anything else that goes wrong', new RunbookError('failed', 'the query is wrong')],
    ['a bug', new TypeError('x is not a function')],
  ])('is not tolerant of %s', async (_, error) => {
    const errors = say.check('errors', 'Errors', { tolerant: true, look: () => Promise.reject(error) });
    const { outcome } = await run([errors, action('app-1')]);
    expect(outcome).toMatchObject({ status: 'failed', undone: ['Errors', 'Restart app-1'] });
  });

  it.each(['precondition', 'verification'] as const)('that is a %s and cannot see ends any procedure', async (role) => {
    const { end, of } = await run([check('errors', cannotSee, role), action('app-1')]);
    expect(end.outcome).toMatchObject({ status: 'unreachable', undone: ['Look at errors', 'Restart app-1'] });
    expect(of('step.intent')).toEqual([]);
  });

  it('that is a critical precondition refuses', async () => {
    const { end, of } = await run([
      check('window', () => seen('critical', 'outside the window'), 'precondition'),
      action('app-1'),
    ]);
    expect(end.outcome).toMatchObject({ status: 'refused', summary: 'outside the window. Nothing was done.' });
    expect(of('step.intent')).toEqual([]);
  });

  it('that is a critical verification fails, and advice on what to do next is given', async () => {
    const { end } = await run(
      [action('app-1'), check('health', () => seen('critical', '1 of 3 is down'), 'verification')],
      { tail: { afterFailure: ({ failed }) => [`rb restart undo # after ${failed?.step.title}`] } },
    );
    expect(end.outcome).toMatchObject({
      status: 'failed',
      summary: 'Look at health: 1 of 3 is down.',
      next: ['rb restart undo # after Look at health'],
    });
  });

  it('that is critical evidence goes on in a procedure that changes something', async () => {
    const { end } = await run([check('errors', () => seen('critical')), action('app-1')]);
    expect(end.outcome.status).toBe('done');
  });

  it('that is critical evidence is the result of a procedure that only looks', async () => {
    const { end, of } = await run(
      looking([check('a', () => seen('critical', 'app-1 is down')), check('b', () => seen('ok'))]),
    );
    expect(end.outcome).toMatchObject({
      status: 'critical',
      verdict: 'critical',
      summary: 'app-1 is down.',
      undone: [],
    });
    expect(of('step.result')).toHaveLength(2);
  });

  it('that throws anything else is a bug in rb', async () => {
    const { end } = await run([check('a', () => Promise.reject(new TypeError('x is not a function')))]);
    expect(end.outcome.status).toBe('failed');
    expect(end.outcome.summary).toBe('Internal error (a bug in rb): x is not a function');
    expect(end.error).toBeInstanceOf(TypeError);
  });
});

describe('advice that cannot be given', () => {
  it('does not hide what happened', async () => {
    const { end } = await run([action('app-1', { verify: async () => seen('critical', 'down') })], {
      tail: {
        afterFailure: () => {
          throw new RunbookError('failed', 'no advice');
        },
      },
    });
    expect(end.outcome).toMatchObject({ status: 'failed', summary: 'down.', undone: ['Restart app-1'] });
  });
});

describe('a change whose verification says no', () => {
  it.each(['critical', 'unknown'] as const)(
    '%s: what was seen is reported with its evidence, once',
    async (verdict) => {
      const evidence = { columns: [{ title: 'Log' }], rows: [['fatal: no DATABASE_URL']] };
      const verify = async () => ({ verdict, summary: 'app-1 crashes', evidence });
      const { of } = await run([action('app-1', { verify, undo: () => undoOf('back') })], {
        prompts: person(true, false),
      });
      expect(of('finding')).toMatchObject([{ step: 'app-1', finding: { verdict, evidence } }]);
      expect(of('step.progress')).toEqual([]);
    },
  );
});

describe('checks side by side', () => {
  it('are begun together and shown in their order, each with its own time', async () => {
    const clock = fakeClock();
    const begun: string[] = [];
    const after = (id: string, turns: number) =>
      check(id, async () => {
        begun.push(id);
        for (let turn = 0; turn < turns; turn++) await Promise.resolve();
        clock.advance(10);
        return seen('ok');
      });
    const together = say.parallel('now', 'Now', [after('slow', 50), after('quick', 1), after('middling', 20)]);
    const { of } = await run([together], { clock });
    expect(begun).toEqual(['slow', 'quick', 'middling']);
    expect(of('step.result').map(({ step, ms }) => [step, ms])).toEqual([
      ['now/slow', 30],
      ['now/quick', 10],
      ['now/middling', 20],
    ]);
  });

  it('that fail do not keep the later ones from being shown', async () => {
    const together = say.parallel('now', 'Now', [check('errors', cannotSee), check('more', () => seen('ok'))]);
    const { of, end } = await run(looking([together]));
    expect(of('step.result').map(({ step, result }) => [step, result])).toEqual([
      ['now/errors', 'failed'],
      ['now/more', 'ok'],
    ]);
    expect(end.outcome.status).toBe('unreachable');
  });
});

const failing = () => Promise.reject(new RunbookError('unreachable', 'cannot tell'));

describe('a step with a condition', () => {
  it('is passed over, on record', async () => {
    const { of, end } = await run([action('app-1', { when: () => false }), check('b', () => seen('ok'))]);
    expect(of('step.result')).toMatchObject([
      { step: 'app-1', result: 'skipped' },
      { step: 'b', result: 'ok' },
    ]);
    expect(end.outcome).toMatchObject({ status: 'done', undone: [] });
  });

  it('whose condition cannot be evaluated has failed, on record', async () => {
    const { of, end } = await run([action('app-1', { when: failing }), check('b', () => seen('ok'))]);
    expect(of('step.result')).toMatchObject([{ step: 'app-1', result: 'failed', error: 'cannot tell' }]);
    expect(end.outcome).toMatchObject({ status: 'unreachable', undone: ['Restart app-1', 'Look at b'] });
  });

  it('may be one of a group', async () => {
    const { of } = await run([each('all', ['app-1', 'app-2'], (id) => ({ when: () => id === 'app-2' }))]);
    expect(of('step.intent').map((event) => event.step)).toEqual(['all/app-2']);
    expect(of('step.result').map((event) => [event.step, event.result])).toEqual([
      ['all/app-1', 'skipped'],
      ['all/app-2', 'ok'],
      ['all', 'ok'],
    ]);
  });
});

describe('an audit log that fails', () => {
  it('while a change is under way does not break it off, and stops everything after it', async () => {
    const clock = fakeClock();
    // opened, started, planned, confirmation, intent, then the progress.
    const log = recorder(clock, { failAt: 5 });
    const applied: string[] = [];
    const apply = async ({ report }: Context<Json, Ports>) => {
      report({ note: 'half-way' });
      applied.push('all of it');
    };
    const { end } = await run([action('app-1', { apply }), action('app-2', { apply })], { clock, recorder: log });
    expect(log.failed()).toBe(true);
    expect(applied).toEqual(['all of it']);
    expect(end.outcome.status).toBe('unrecorded');
    expect(end.outcome.undone).toContain('Restart app-2');
  });

  it.each([
    [0, 'the session is opened'],
    [2, 'the plan is written'],
    [3, 'the confirmation is written'],
    [4, 'the intent is written'],
  ])('at record %i, when %s: nothing is changed', async (failAt) => {
    const clock = fakeClock();
    const log = recorder(clock, { failAt });
    const { end, of } = await run([action('app-1', { apply: async () => expect.unreachable() })], {
      clock,
      recorder: log,
    });
    expect(end.outcome).toMatchObject({ status: 'unrecorded', undone: ['Restart app-1'] });
    expect(of('step.intent')).toEqual([]);
  });

  it('at the very last record leaves what was done, but not a good end', async () => {
    const clock = fakeClock();
    const log = recorder(clock, { failAt: 6 });
    const { end, of } = await run([action('app-1')], { clock, recorder: log });
    expect(of('step.result')).toMatchObject([{ result: 'ok' }]);
    expect(end.outcome).toMatchObject({ status: 'unrecorded', undone: [] });
  });
});
