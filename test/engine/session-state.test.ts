import { describe, expect, it } from 'vitest';
import type { Event, EventBody } from '../../src/engine/events.ts';
import { isUnfinished, sessionFrom } from '../../src/engine/session-state.ts';
import { action, change, check, fakeClock, person, recorder, run, seen } from './rig.ts';

const event = (body: EventBody): Event => ({ ...body, at: '2025-01-01T00:00:00.000Z', monotonicMs: 0 });

describe('the state of a session', () => {
  const intent = event({ type: 'step.intent', step: 'a', tier: 'mild', change: change('a'), fingerprint: 'f' });
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
    outcome: { status: 'failed', summary: 'it failed', undone: ['A'], next: [] },
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
    ['an intent of an earlier run, done anew', [intent, resumed, intent, result('failed')], { result: 'failed' }],
  ])('after %s', (_, events, expected) => {
    const step = sessionFrom(events).steps.get('a');
    expect(step).toMatchObject({ change: change('a'), ...(expected as object) });
    if (!('unsettled' in (expected as object))) expect(step).not.toHaveProperty('unsettled');
  });

  it('is closed with its outcome, and open again when it is resumed', () => {
    expect(sessionFrom([closed])).toMatchObject({ outcome: { status: 'failed' }, closedAt: closed.at });
    const open = sessionFrom([closed, resumed]);
    expect(open.outcome).toBeUndefined();
    expect(open.closedAt).toBeUndefined();
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

const ended = (status: 'done' | 'failed' | 'interrupted' | 'unknown' | 'usage' | 'declined', resumed: boolean) =>
  isUnfinished({
    outcome: { status, summary: '', undone: [], next: [] },
    resumed: resumed ? [{ at: '', login: 'ada', host: 'ops-1' }] : [],
  });

describe('whether a session can be gone on with', () => {
  it('not once it is done or has failed', () => {
    expect([ended('done', true), ended('failed', true)]).toEqual([false, false]);
  });

  it('when it was stopped, or nobody knows how it ended', () => {
    expect([ended('interrupted', false), ended('unknown', false), isUnfinished({ resumed: [] })]).toEqual([
      true,
      true,
      true,
    ]);
  });

  it('still, when an attempt to go on with it was declined or not confirmed', () => {
    expect([ended('usage', true), ended('declined', true)]).toEqual([true, true]);
    expect([ended('usage', false), ended('declined', false)]).toEqual([false, false]);
  });
});
