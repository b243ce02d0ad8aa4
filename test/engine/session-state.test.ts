import { describe, expect, it } from 'vitest';
import type { Event, EventBody, SessionOutcome, StepOutcome } from '../../src/engine/session/events.ts';
import type { StepKind } from '../../src/engine/procedure/tree.ts';
import {
  appliedIn,
  callsAround,
  isUnfinished,
  sessionFrom,
  stepsInCalls,
} from '../../src/engine/session/session-state.ts';
import { action, change, check, fakeClock, person, recorder, run, seen } from './rig.ts';

const event = (body: EventBody): Event => ({ ...body, at: '2025-01-01T00:00:00.000Z', monotonicMs: 0 });
const started = (step: string, kind: StepKind = 'check') =>
  event({ type: 'step.started', step, n: 1, kind, title: step });
const intend = (step: string, kind: 'action' | 'undo' = 'action') => [
  started(step, kind),
  event({ type: 'step.intent', step, n: 1, tier: 'mild', change: change(step), fingerprint: 'f' }),
];
const resultOf = (step: string, result: StepOutcome) => event({ type: 'step.result', step, result, ms: 5 });

describe('the state of a session', () => {
  const intent = event({ type: 'step.intent', step: 'a', n: 3, tier: 'mild', change: change('a'), fingerprint: 'f' });
  const result = (outcome: 'ok' | 'failed' | 'unknown' | 'declined') =>
    event({ type: 'step.result', step: 'a', result: outcome, ms: 5, ...(outcome === 'ok' ? {} : { error: 'why' }) });
  const resumed = event({
    type: 'session.resumed',
    session: 's1',
    actor: { uid: 1, login: 'bob', host: 'desk' },
    mode: 'scripted',
    done: [],
  });
  const closed = event({
    type: 'session.closed',
    outcome: { status: 'failed', verdict: 'ok', summary: 'it failed', applied: 0, undone: ['A'], next: [] },
    result: { a: 1 },
  });

  it.each<[string, Event[], unknown]>([
    ['an intent', [intent], { unsettled: 'this run' }],
    ['an intent and its result', [intent, result('ok')], { result: 'ok' }],
    ['an intent that failed', [intent, result('failed')], { result: 'failed' }],
    ['an intent whose outcome is unknown', [intent, result('unknown')], { result: 'unknown', unsettled: 'this run' }],
    ['an intent of an earlier run', [intent, resumed], { unsettled: 'an earlier run' }],
    [
      'an intent of an earlier run, declined since',
      [intent, resumed, result('declined')],
      { unsettled: 'an earlier run' },
    ],
    ['an intent of an earlier run, settled', [intent, resumed, result('ok')], { result: 'ok' }],
    ['an intent of an earlier run, done again', [intent, resumed, intent, result('failed')], { result: 'failed' }],
  ])('after %s', (_, events, expected) => {
    const step = sessionFrom(events).steps.get('a');
    expect(step).toMatchObject({ change: change('a'), ...(expected as object) });
    if (!('unsettled' in (expected as object))) expect(step).not.toHaveProperty('unsettled');
  });

  it('is closed with its outcome, and open again when it is resumed', () => {
    expect(sessionFrom([closed])).toMatchObject({
      outcome: { status: 'failed' },
      result: { a: 1 },
      closedAt: closed.at,
    });
    const open = sessionFrom([closed, resumed]);
    for (const field of ['outcome', 'result', 'closedAt']) expect(open).not.toHaveProperty(field);
    expect(open.resumed).toEqual([{ at: resumed.at, login: 'bob', host: 'desk' }]);
  });

  it('has each step once, in the order in which they began, with all that is known of it', async () => {
    const clock = fakeClock();
    const log = recorder(clock);
    const steps = [
      check('errors', () => seen('warn', '40 errors')),
      action('app-1', {
        apply: async ({ report }) => {
          clock.advance(1200);
          report({ note: 'stopping' });
        },
      }),
    ];
    await run(steps, { clock, recorder: log, prompts: person(true) });
    const { opened, outcome, steps: states } = sessionFrom(log.events);
    expect(opened?.procedure.id).toBe('restart.rolling');
    expect(outcome?.status).toBe('done');
    expect([...states.keys()]).toEqual(['errors', 'app-1']);
    expect(states.get('errors')).toMatchObject({ kind: 'check', result: 'ok', finding: { summary: '40 errors' } });
    expect(states.get('app-1')).toMatchObject({
      title: 'Restart app-1',
      kind: 'action',
      tier: 'disruptive',
      change: { summary: 'restart app-1' },
      confirmation: { decision: 'confirmed', by: 'prompt' },
      notes: [{ note: 'stopping' }],
      result: 'ok',
      ms: 1200,
      finding: { summary: 'app-1 is healthy' },
    });
  });

  it('shows the plan that was applied, not one that was made later', () => {
    const later = event({
      type: 'change.planned',
      step: 'a',
      title: 'A',
      tier: 'mild',
      change: change('b'),
      fingerprint: 'g',
    });
    expect(sessionFrom([intent, later]).steps.get('a')?.change).toEqual(change('a'));
    expect(sessionFrom([later]).steps.get('a')?.change).toEqual(change('b'));
  });
});

describe('a call', () => {
  const procedure = { id: 'restart.instance', section: '2.1', title: 'Restart one instance', outline: [] };
  const opens = (step: string) => event({ type: 'call.opened', step, procedure, input: { id: step } });

  it('has its procedure and input, and when it is closed what it came to', () => {
    const closes = event({ type: 'call.closed', step: 'one', verdict: 'warn', summary: 'restarted', result: [1] });
    const call = { procedure, input: { id: 'one' } };
    expect(sessionFrom([opens('one')]).steps.get('one')?.call).toEqual(call);
    expect(sessionFrom([opens('one'), closes]).steps.get('one')?.call).toEqual({
      ...call,
      closed: { verdict: 'warn', summary: 'restarted', result: [1] },
    });
    // Gone on with after a resume.
    expect(sessionFrom([opens('one'), closes, opens('one')]).steps.get('one')?.call).toEqual(call);
  });

  it('is known by its events: a decision and a group have longer paths in them too', () => {
    const paths = [
      'next',
      'next/go/one',
      'next/go/one/each',
      'next/go/one/each/a%2Fb',
      'next/go/one/each/a%2Fb/restart',
    ];
    const state = sessionFrom([
      ...paths.map((path) => started(path)),
      opens('next/go/one'),
      opens('next/go/one/each/a%2Fb'),
    ]);
    const around = (path: string) => callsAround(state, path).map(({ id }) => id);
    expect(around('next/go/one')).toEqual([]);
    expect(around('next/go/one/each')).toEqual(['next/go/one']);
    expect(around('next/go/one/each/a%2Fb/restart')).toEqual(['next/go/one', 'next/go/one/each/a%2Fb']);
    expect(around('next/go/one-more')).toEqual([]);
  });

  it('is followed by its steps, also where another one ran beside it', () => {
    const state = sessionFrom([
      ...['a', 'b'].flatMap((path) => [started(path, 'call'), opens(path)]),
      ...['a/x', 'b/x', 'a/y', 'c'].map((path) => started(path)),
    ]);
    expect(stepsInCalls(state).map(({ step, depth }) => `${depth} ${step.id}`)).toEqual([
      '0 a',
      '1 a/x',
      '1 a/y',
      '0 b',
      '1 b/x',
      '0 c',
    ]);
  });

  it('in a dry run may depend on what only a change would give', () => {
    const state = sessionFrom([
      started('one', 'call'),
      event({ type: 'step.depends', step: 'one', title: 'One', on: 'Restart' }),
      resultOf('one', 'skipped'),
    ]);
    expect(state.steps.get('one')).toMatchObject({ title: 'One', depends: 'Restart', result: 'skipped' });
  });
});

describe('how many changes were made', () => {
  it('are those that ended well; not those that failed or may have, and not what took them back', () => {
    const events = [
      started('look'),
      resultOf('look', 'ok'),
      ...intend('a'),
      resultOf('a', 'ok'),
      ...intend('b'),
      resultOf('b', 'failed'),
      ...intend('b/undo', 'undo'),
      resultOf('b/undo', 'ok'),
      ...intend('c'),
      resultOf('c', 'unknown'),
      ...intend('d'),
    ];
    expect(appliedIn(sessionFrom(events))).toBe(1);
  });

  it('agrees with the outcome of a session', async () => {
    const { events, outcome } = await run([action('app-1'), check('between', () => seen('ok')), action('app-2')]);
    expect(outcome.applied).toBe(2);
    expect(appliedIn(sessionFrom(events))).toBe(2);
  });
});

it('what failed once and ended well after a resume has no error any more', () => {
  const failed = event({ type: 'step.result', step: 'a', result: 'refused', ms: 1, error: 'no', cause: 'refused' });
  expect(sessionFrom([failed]).steps.get('a')).toMatchObject({ error: 'no', cause: 'refused' });
  const settled = sessionFrom([failed, event({ type: 'step.result', step: 'a', result: 'ok', ms: 1 })]).steps.get('a');
  expect(settled).not.toHaveProperty('error');
  expect(settled).not.toHaveProperty('cause');
});

const ended = (status: SessionOutcome['status'], { resumed = false, applied = 0 } = {}) =>
  isUnfinished({
    outcome: { status, verdict: 'ok', summary: '', applied, undone: [], next: [] },
    resumed: resumed ? [{ at: '', login: 'ada', host: 'ops-1' }] : [],
  });

describe('whether a session can be gone on with', () => {
  it('not once it is done or has failed, whatever was applied', () => {
    for (const status of ['done', 'failed'] as const)
      expect([ended(status), ended(status, { applied: 2 }), ended(status, { resumed: true })]).toEqual([
        false,
        false,
        false,
      ]);
    expect([ended('critical'), ended('unseen')]).toEqual([false, false]);
  });

  it('when it was stopped, or it is not known how it ended', () => {
    expect([ended('interrupted'), ended('unknown'), isUnfinished({ resumed: [] })]).toEqual([true, true, true]);
  });

  it.each(['declined', 'refused', 'usage', 'unreachable'] as const)(
    'after "%s" where something was applied, or it was resumed before',
    (status) => {
      expect([ended(status), ended(status, { applied: 1 }), ended(status, { resumed: true })]).toEqual([
        false,
        true,
        true,
      ]);
    },
  );
});
