import type { Change } from '../../src/engine/change.ts';
import type { Event, EventBody } from '../../src/engine/session/events.ts';
import type { Table } from '../../src/engine/finding.ts';
import type { StepKind } from '../../src/engine/procedure/tree.ts';

const distribute = <Body>(body: Body, at: { at: string; monotonicMs: number }): Body & typeof at => ({
  ...body,
  ...at,
});

/** Gives events their times: `second` seconds after 03:15:00. */
export const at = (second: number, body: EventBody): Event =>
  distribute(body, {
    at: new Date(Date.UTC(2026, 10, 22, 3, 15) + second * 1000).toISOString(),
    monotonicMs: second * 1000,
  });

export const actor = { uid: 1000, login: 'ada', host: 'ops-1' } as const;
export const session = '20261122-031500-000-k7qd';

export const opened = (more: Partial<Extract<EventBody, { type: 'session.opened' }>> = {}): Event =>
  at(0, {
    type: 'session.opened',
    session,
    program: 'rb 0.1.0',
    procedure: {
      id: 'restart.rolling',
      section: '2.1',
      title: 'Rolling restart',
      outline: [
        { id: 'before', kind: 'check' },
        { id: 'restart', kind: 'each' },
        { id: 'all-healthy', kind: 'verification' },
      ],
      does: 'changes',
    },
    input: {},
    subject: { service: 'checkout-api', environment: 'production', protected: true },
    actor,
    mode: 'interactive',
    reason: 'memory grows after deploy 1.4.0',
    ticket: 'OPS-1412',
    configuration: { service: { name: 'checkout-api' } },
    ...more,
  });

export const change = (name: string): Change => ({
  summary: `restart ${name} (version 1.4.0, up 3 h)`,
  target: { provider: 'command', name },
  blastRadius: ['1 of 3 instances; 2 go on serving'],
  equivalent: [`./ops/service restart ${name}`],
  undo: 'not needed: the same version starts again',
  basis: { startedAt: '2026-11-22T00:15:00Z' },
  data: null,
});

export const started = (second: number, step: string, title: string, kind: StepKind): Event =>
  at(second, { type: 'step.started', step, n: 1, kind, title });

/** What `restartOf` and the tests call the state that was shown. */
export const fingerprint = 'f'.repeat(64);

export const confirmed = (second: number, step: string, covers: readonly string[] = [step]): Event =>
  at(second, {
    type: 'confirmation',
    step,
    covers: covers.map((one) => ({ step: one, fingerprint })),
    tier: 'disruptive',
    decision: 'confirmed',
    by: 'prompt',
  });

export const closed = (second: number, status: 'done' | 'failed' = 'done', undone: readonly string[] = []): Event =>
  at(second, {
    type: 'session.closed',
    outcome: {
      status,
      verdict: 'ok',
      applied: 1,
      summary: status === 'done' ? '3 of 3 instances restarted and healthy' : 'app-2 did not come back: HTTP 503',
      undone,
      next: status === 'done' ? ['rb health'] : ['rb logs errors --since 10m', 'rb restart undo'],
    },
  });

/** One instance's restart: planned, begun, verified, ended. */
export const restartOf = (second: number, name: string, ok = true): Event[] => {
  const step = `restart/${name}`;
  const finding = ok
    ? ({ verdict: 'ok', summary: `${name} is healthy again, started 2 s ago` } as const)
    : ({ verdict: 'critical', summary: `${name} answers HTTP 503` } as const);
  return [
    started(second, step, `Restart ${name}`, 'action'),
    at(second + 0.1, {
      type: 'step.intent',
      step,
      n: 1,
      tier: 'disruptive',
      change: change(name),
      fingerprint,
    }),
    at(second + 3, { type: 'step.progress', step, note: `${name}: drained, starting` }),
    at(second + 8, { type: 'finding', step, finding }),
    at(second + 8.1, {
      type: 'step.result',
      step,
      result: ok ? 'ok' : 'failed',
      ms: 8100,
      finding,
      ...(ok ? {} : { error: `${name} did not become healthy within 30 s: HTTP 503` }),
    }),
  ];
};

/** The same instance restarted through a call, and looks side by side before it. */
export const withCalls = (): readonly Event[] => {
  const one = { id: 'restart.instance', section: '2.1', title: 'Restart one instance', outline: [] };
  const cpu = { id: 'troubleshoot.cpu', section: '3.1', title: 'CPU by instance', outline: [] };
  const look = { verdict: 'warn', summary: 'app-1 uses 90 %' } as const;
  const [begun, intent, ...rest] = restartOf(13, 'app-1').map((event) =>
    'step' in event ? { ...event, step: 'next/one/app-1' } : event,
  );
  if (!begun || !intent) throw new Error('a restart begins with its start and its intent');
  return [
    opened(),
    started(1, 'cpu', 'Which instance is busy?', 'call'),
    started(1, 'memory', 'Which instance is full?', 'call'),
    at(1, { type: 'call.opened', step: 'cpu', procedure: cpu, input: {} }),
    at(1, { type: 'call.opened', step: 'memory', procedure: { ...cpu, id: 'troubleshoot.memory' }, input: {} }),
    started(2, 'cpu/usage', 'Usage', 'check'),
    started(2, 'memory/usage', 'Usage', 'check'),
    at(3, { type: 'step.result', step: 'cpu/usage', result: 'ok', ms: 900, finding: look }),
    at(4, { type: 'call.closed', step: 'cpu', verdict: 'warn', summary: `${look.summary}.`, result: { id: 'app-1' } }),
    at(4, { type: 'step.result', step: 'cpu', result: 'ok', ms: 3000, finding: look }),
    at(5, { type: 'step.result', step: 'memory/usage', result: 'ok', ms: 900, finding: look }),
    at(6, { type: 'step.result', step: 'memory', result: 'ok', ms: 3000, finding: look }),
    started(7, 'next', 'What next', 'decision'),
    at(9, { type: 'answer', step: 'next', answer: 'one', by: 'prompt' }),
    at(9, { type: 'step.result', step: 'next', result: 'ok', ms: 2000 }),
    started(10, 'next/one', 'Restart the busy instance', 'call'),
    at(10, { type: 'call.opened', step: 'next/one', procedure: one, input: { id: 'app-1' } }),
    begun,
    confirmed(13, 'next/one/app-1'),
    intent,
    ...rest,
    at(22, { type: 'call.closed', step: 'next/one', verdict: 'ok', summary: 'app-1 was restarted.', result: null }),
    at(22, { type: 'step.result', step: 'next/one', result: 'ok', ms: 12_000 }),
    closed(23),
  ];
};

/** A whole rolling restart of three instances; `fails` names the one that does not come back. */
export const rollingRestart = (fails?: string): readonly Event[] => {
  const names = ['app-1', 'app-2', 'app-3'];
  const reached = fails === undefined ? names : names.slice(0, names.indexOf(fails) + 1);
  const instances: Table = {
    columns: [{ title: 'Instance' }, { title: 'Health' }, { title: 'Version' }, { title: 'Up', align: 'right' }],
    rows: names.map((name) => [name, { text: 'healthy', verdict: 'ok' }, '1.4.0', '3 h']),
  };
  return [
    opened(),
    started(0.2, 'before', 'Instances before', 'check'),
    at(0.9, {
      type: 'finding',
      step: 'before',
      finding: { verdict: 'ok', summary: '3 of 3 instances are healthy', evidence: instances },
    }),
    at(0.9, { type: 'step.result', step: 'before', result: 'ok', ms: 700 }),
    started(1, 'restart', 'Restart each instance', 'each'),
    at(1.1, { type: 'items.planned', step: 'restart', items: names.map((id) => ({ id, instances: [id] })) }),
    ...names.map((name) =>
      at(1.2, {
        type: 'change.planned',
        step: `restart/${name}`,
        title: `Restart ${name}`,
        change: change(name),
        tier: 'disruptive',
        fingerprint,
      }),
    ),
    confirmed(
      12,
      'restart',
      names.map((name) => `restart/${name}`),
    ),
    ...reached.flatMap((name, n) => restartOf(13 + n * 9, name, name !== fails)),
    at(40, {
      type: 'step.result',
      step: 'restart',
      result: fails === undefined ? 'ok' : 'failed',
      ms: 39_000,
    }),
    ...(fails === undefined
      ? [
          started(40.1, 'after', 'All instances are healthy', 'check'),
          at(41, {
            type: 'finding',
            step: 'after',
            finding: { verdict: 'ok', summary: '3 of 3 instances are healthy' },
          }),
          at(41, { type: 'step.result', step: 'after', result: 'ok', ms: 900 }),
          closed(41.1),
        ]
      : [closed(41.1, 'failed', ['Restart app-3', 'All instances are healthy'])]),
  ];
};
