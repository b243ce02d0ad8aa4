import { describe, expect, it } from 'vitest';
import { RunbookError } from '../../src/engine/errors.ts';
import type { CheckStep, DecisionStep, ManualStep } from '../../src/engine/procedure.ts';
import { action, check, fakeClock, noFlags, person, recorder, run, seen, yes } from './rig.ts';
import type { Nothing, TinyStep } from './rig.ts';

const unreachable = () => Promise.reject(new RunbookError('unreachable', 'metrics.example.org does not answer'));

describe('a check', () => {
  it('that cannot see is unknown, and does not keep a procedure from mending things', async () => {
    const { end, of } = await run([check('errors', unreachable), action('app-1')]);
    expect(of('step.result')[0]).toMatchObject({
      result: 'ok',
      finding: { verdict: 'unknown', summary: 'cannot see: metrics.example.org does not answer' },
    });
    expect(end.outcome).toMatchObject({
      status: 'done',
      summary: 'Rolling restart: done. Not seen: cannot see: metrics.example.org does not answer.',
    });
  });

  it('that cannot see ends a procedure that only looks', async () => {
    const { end } = await run([check('errors', unreachable), check('more', () => seen('ok'))]);
    expect(end.outcome).toMatchObject({ status: 'unreachable', undone: ['Look at errors', 'Look at more'] });
  });

  it.each(['precondition', 'verification'] as const)('that is a %s and cannot see ends any procedure', async (role) => {
    const { end, of } = await run([check('errors', unreachable, role), action('app-1')]);
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
      { more: { afterFailure: ({ failedStep }) => [`rb restart undo # after ${failedStep}`] } },
    );
    expect(end.outcome).toMatchObject({
      status: 'failed',
      summary: 'Look at health: 1 of 3 is down.',
      next: ['rb restart undo # after health'],
    });
  });

  it('that is critical evidence goes on in a procedure that changes something', async () => {
    const { end } = await run([check('errors', () => seen('critical')), action('app-1')]);
    expect(end.outcome.status).toBe('done');
  });

  it('that is critical evidence is the result of a procedure that only looks', async () => {
    const { end, of } = await run([check('a', () => seen('critical', 'app-1 is down')), check('b', () => seen('ok'))]);
    expect(end.outcome).toMatchObject({ status: 'critical', summary: 'app-1 is down.', undone: [] });
    expect(of('step.result')).toHaveLength(2);
  });

  it('that throws anything else is a fault of the program', async () => {
    const { end } = await run([check('a', () => Promise.reject(new TypeError('x is not a function')))]);
    expect(end.outcome.status).toBe('failed');
    expect(end.outcome.summary).toBe('This is a fault of the program: x is not a function');
    expect(end.error).toBeInstanceOf(TypeError);
  });
});

describe('advice that cannot be given', () => {
  it('does not hide what happened', async () => {
    const { end } = await run([action('app-1', { verify: async () => seen('critical', 'down') })], {
      more: {
        afterFailure: () => {
          throw new RunbookError('failed', 'no advice');
        },
      },
    });
    expect(end.outcome).toMatchObject({ status: 'failed', summary: 'down.', undone: ['Restart app-1'] });
  });
});

const decision: DecisionStep<unknown, Nothing> = {
  kind: 'decision',
  id: 'how',
  title: 'How to go on',
  question: 'Is the error rate rising?',
  options: [
    { id: 'yes', title: 'yes', steps: [action('app-1')] },
    { id: 'no', title: 'no', steps: [check('look', () => seen('ok'))] },
  ],
  advise: ({ findings }) =>
    findings.get('errors')?.verdict === 'warn' ? { option: 'yes', because: '40 errors in 5 min' } : undefined,
};
const errors = check('errors', () => seen('warn', '40 errors'));

describe('a decision', () => {
  it('is taken by the operator; the advice from the evidence is on record beside the answer', async () => {
    const { of, end } = await run([errors, decision], { prompts: person('no') });
    expect(of('answer')).toMatchObject([
      { step: 'how', answer: 'no', by: 'prompt', advice: 'yes: 40 errors in 5 min' },
    ]);
    expect(of('step.started').map((event) => event.step)).toEqual(['errors', 'how', 'how/no/look']);
    expect(end.outcome.status).toBe('done');
  });

  it('without evidence has no advice', async () => {
    const { of } = await run([decision], { prompts: person('no') });
    expect(of('answer')[0]).not.toHaveProperty('advice');
  });

  it('is answered by --answer, and never by --yes', async () => {
    const answered = await run([decision], { given: { ...yes, answers: new Map([['how', 'yes']]) } });
    expect(answered.of('answer')).toMatchObject([{ answer: 'yes', by: '--answer' }]);
    expect(answered.of('step.intent')).toMatchObject([{ step: 'how/yes/app-1' }]);
    const unanswered = await run([decision], { given: yes });
    expect(unanswered.end.outcome).toMatchObject({ status: 'usage', next: ['pass --answer how=<yes|no>'] });
  });

  it('without a terminal says what the evidence speaks for', async () => {
    const { end } = await run([errors, decision], { given: yes });
    expect(end.outcome.summary).toBe(
      '"Is the error rate rising?" needs an answer, and there is no terminal to ask at. Advice: yes, because 40 errors in 5 min.',
    );
  });

  it('does not take an answer that is none', async () => {
    const { end } = await run([decision], { given: { ...yes, answers: new Map([['how', 'maybe']]) } });
    expect(end.outcome).toMatchObject({ status: 'usage', summary: '--answer how=maybe: the answers are yes, no.' });
  });

  it('that is not answered ends the procedure', async () => {
    const { end } = await run([decision, action('later')], { prompts: person(false) });
    expect(end.outcome).toMatchObject({ status: 'declined', undone: ['How to go on', 'Restart later'] });
  });

  it('shows its advice and its options in a dry run, and asks nobody', async () => {
    const { of } = await run([errors, decision], { dryRun: true, prompts: person() });
    expect(of('step.progress').map(({ note }) => note)).toEqual([
      'would ask: Is the error rate rising? Advice: yes: 40 errors in 5 min',
      '--answer how=yes: yes',
      '--answer how=no: no',
    ]);
    expect(of('change.planned')).toEqual([]);
    expect(of('answer')).toEqual([]);
  });

  it('plans the option that --answer names in a dry run', async () => {
    const given = { ...noFlags, answers: new Map([['how', 'yes']]) };
    const { of, end } = await run([errors, decision], { dryRun: true, given });
    expect(of('change.planned')).toMatchObject([{ step: 'how/yes/app-1' }]);
    expect(of('answer')).toMatchObject([{ step: 'how', answer: 'yes', by: '--answer' }]);
    expect(of('step.intent')).toEqual([]);
    expect(of('plan.hash')).toHaveLength(1);
    expect(end.outcome.status).toBe('done');
  });

  it('takes no answer that is none in a dry run either', async () => {
    const given = { ...noFlags, answers: new Map([['how', 'maybe']]) };
    const { end } = await run([decision], { dryRun: true, given });
    expect(end.outcome).toMatchObject({ status: 'usage', summary: '--answer how=maybe: the answers are yes, no.' });
  });
});

describe('a change whose verification says no', () => {
  it.each(['critical', 'unknown'] as const)('%s: what was seen is told with its evidence, once', async (verdict) => {
    const evidence = { columns: [{ title: 'Log' }], rows: [['fatal: no DATABASE_URL']] };
    const verify = async () => ({ verdict, summary: 'app-1 crashes', evidence });
    const { of } = await run([action('app-1', { verify, undo: () => action('back') })], {
      prompts: person(true, false),
    });
    expect(of('finding')).toMatchObject([{ step: 'app-1', finding: { verdict, evidence } }]);
    expect(of('step.progress')).toEqual([]);
  });
});

describe('checks side by side', () => {
  it('are begun together and told in their order, each with its own time', async () => {
    const clock = fakeClock();
    const begun: string[] = [];
    const after = (id: string, turns: number) =>
      check(id, async () => {
        begun.push(id);
        for (let turn = 0; turn < turns; turn++) await Promise.resolve();
        clock.advance(10);
        return seen('ok');
      }) as CheckStep<unknown, Nothing>;
    const together: TinyStep = {
      kind: 'parallel',
      id: 'now',
      title: 'Now',
      steps: [after('slow', 50), after('quick', 1), after('middling', 20)],
    };
    const { of } = await run([together], { clock });
    expect(begun).toEqual(['slow', 'quick', 'middling']);
    expect(of('step.result').map(({ step, ms }) => [step, ms])).toEqual([
      ['now/slow', 30],
      ['now/quick', 10],
      ['now/middling', 20],
    ]);
  });

  it('that fail do not keep the later ones from being told', async () => {
    const together: TinyStep = {
      kind: 'parallel',
      id: 'now',
      title: 'Now',
      steps: [check('errors', unreachable), check('more', () => seen('ok'))] as CheckStep<unknown, Nothing>[],
    };
    const { of, end } = await run([together]);
    expect(of('step.result').map(({ step, result }) => [step, result])).toEqual([
      ['now/errors', 'failed'],
      ['now/more', 'ok'],
    ]);
    expect(end.outcome.status).toBe('unreachable');
  });
});

const manual: ManualStep<unknown, Nothing> = {
  kind: 'manual',
  id: 'lb',
  title: 'Drain',
  instruction: 'Drain the balancer',
};

describe('a manual step', () => {
  it.each(['done', 'skipped'])('can be %s, with a note', async (answer) => {
    const { of, end } = await run([manual], { prompts: person(answer) });
    expect(of('answer')).toMatchObject([{ step: 'lb', answer, note: `${answer} by hand`, by: 'prompt' }]);
    expect(of('step.result')).toMatchObject([{ result: answer === 'done' ? 'ok' : 'skipped' }]);
    expect(end.outcome.status).toBe('done');
  });

  it('that is neither ends the procedure', async () => {
    const { end } = await run([manual, action('app-1')], { prompts: person(false) });
    expect(end.outcome).toMatchObject({ status: 'declined', undone: ['Drain', 'Restart app-1'] });
  });

  it('without a terminal needs its answer', async () => {
    const none = await run([manual], { given: noFlags });
    expect(none.end.outcome).toMatchObject({ status: 'usage', next: ['pass --answer lb=<done|skipped>'] });
    const done = await run([manual], { given: { ...noFlags, answers: new Map([['lb', 'done']]) } });
    expect(done.end.outcome.status).toBe('done');
    const wrong = await run([manual], { given: { ...noFlags, answers: new Map([['lb', 'later']]) } });
    expect(wrong.end.outcome.summary).toBe('--answer lb=later: the answers are done, skipped.');
  });
});

const failing = () => Promise.reject(new RunbookError('unreachable', 'cannot tell'));

describe('a step with a condition', () => {
  it('is passed over, on record', async () => {
    const { of, end } = await run([{ ...action('app-1'), when: () => false }, check('b', () => seen('ok'))]);
    expect(of('step.result')).toMatchObject([
      { step: 'app-1', result: 'skipped' },
      { step: 'b', result: 'ok' },
    ]);
    expect(end.outcome).toMatchObject({ status: 'done', undone: [] });
  });

  it('whose condition cannot be told has failed, on record', async () => {
    const { of, end } = await run([{ ...action('app-1'), when: failing }, check('b', () => seen('ok'))]);
    expect(of('step.result')).toMatchObject([{ step: 'app-1', result: 'failed', error: 'cannot tell' }]);
    expect(end.outcome).toMatchObject({ status: 'unreachable', undone: ['Restart app-1', 'Look at b'] });
  });

  it('may be one of a group', async () => {
    const { of } = await run([
      {
        kind: 'each',
        id: 'all',
        title: 'All',
        items: () => [{ id: 'app-1' }, { id: 'app-2' }],
        step: ({ id }) => ({ ...action(id), when: () => id === 'app-2' }),
      },
    ]);
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
    const apply = async ({ report }: Parameters<ReturnType<typeof action>['apply']>[0]) => {
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
