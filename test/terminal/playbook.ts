import { fingerprint } from '../../src/engine/change.ts';
import type { EventBody, RecordedProcedure } from '../../src/engine/session/events.ts';
import { opening, restartOf, sandbox, told } from './session.ts';

/** A playbook that looks, asks, and calls a playbook that calls a restart: three calls deep, as the engine reports it. */

const procedure = (id: string, section: string, title: string): RecordedProcedure => ({
  id,
  section,
  title,
  outline: [],
});
const cpu = procedure('troubleshoot.cpu', '3.1', 'CPU by instance');
const relieve = procedure('troubleshoot.relieve', '3.2', 'Relieve the busy instance');
const restart = procedure('restart.instance', '2.1', 'Restart one instance');

const inner = 'next/relieve/busy/one';
const plan = { change: restartOf('web-2'), tier: 'disruptive', fingerprint: fingerprint(restartOf('web-2')) } as const;

let numbers = 0;
const started = (
  step: string,
  kind: Extract<EventBody, { type: 'step.started' }>['kind'],
  title: string,
): EventBody => ({
  type: 'step.started',
  step,
  n: (numbers += 1),
  kind,
  title,
});
const called = (step: string, of: RecordedProcedure, input: { readonly [key: string]: string } = {}): EventBody => ({
  type: 'call.opened',
  step,
  procedure: of,
  input,
});

const looks = (): readonly EventBody[] => [
  opening(sandbox, true),
  started('cpu', 'call', 'Which instance is busy?'),
  called('cpu', cpu),
  started('cpu/usage', 'check', 'CPU'),
  {
    type: 'step.result',
    step: 'cpu/usage',
    result: 'ok',
    ms: 84,
    finding: {
      verdict: 'critical',
      summary: 'web-2 uses 97 % of its CPU',
      evidence: {
        columns: [{ title: 'instance' }, { title: 'CPU %', align: 'right' }],
        rows: [
          ['web-2', { text: '97', verdict: 'critical' }],
          ['web-1', { text: '12', verdict: 'ok' }],
        ],
      },
    },
  },
  {
    type: 'call.closed',
    step: 'cpu',
    verdict: 'critical',
    summary: 'web-2 uses 97 % of its CPU.',
    result: { hottest: 'web-2' },
  },
  {
    type: 'step.result',
    step: 'cpu',
    result: 'ok',
    ms: 90,
    finding: { verdict: 'critical', summary: 'web-2 uses 97 % of its CPU', data: { hottest: 'web-2' } },
  },
];

const opensCalls = (): readonly EventBody[] => [
  started('next/relieve/busy', 'call', 'Relieve it'),
  called('next/relieve/busy', relieve),
  started(inner, 'call', 'Restart the busy instance'),
  called(inner, restart, { id: 'web-2' }),
];

const plans = (): readonly EventBody[] => [
  started(`${inner}/roll`, 'each', 'Restart, then watch'),
  { type: 'items.planned', step: `${inner}/roll`, items: [{ id: 'web-2' }] },
  { type: 'change.planned', step: `${inner}/roll/web-2`, title: 'Restart web-2', ...plan },
];

const ends = (result: 'ok' | 'failed', summary: string): readonly EventBody[] => {
  const of = (step: string, ms: number, sentence: string, closed: boolean): readonly EventBody[] => {
    if (result === 'failed') return [{ type: 'step.result', step, result, ms, error: summary, cause: 'failed' }];
    return [
      ...(closed
        ? [{ type: 'call.closed', step, verdict: 'ok', summary: `${sentence}.`, result: null } satisfies EventBody]
        : []),
      { type: 'step.result', step, result, ms, ...(closed && { finding: { verdict: 'ok', summary: sentence } }) },
    ];
  };
  return [
    ...of(`${inner}/roll`, 4300, '', false),
    ...of(inner, 4400, 'web-2 was restarted', true),
    ...of('next/relieve/busy', 4500, 'relieved in 5 s', true),
  ];
};

const answered: readonly EventBody[] = [
  started('next', 'decision', 'What next'),
  { type: 'answer', step: 'next', answer: 'relieve', by: 'prompt' },
  { type: 'step.result', step: 'next', result: 'ok', ms: 2000 },
];

const restarts = (): readonly EventBody[] => [
  ...plans(),
  {
    type: 'confirmation',
    step: `${inner}/roll`,
    covers: [{ step: `${inner}/roll/web-2`, fingerprint: plan.fingerprint }],
    tier: 'disruptive',
    decision: 'confirmed',
    by: '--yes',
  },
  started(`${inner}/roll/web-2`, 'action', 'Restart web-2'),
  { type: 'step.intent', step: `${inner}/roll/web-2`, n: numbers, ...plan },
  {
    type: 'step.progress',
    step: `${inner}/roll/web-2`,
    table: { columns: [{ title: 'instance' }, { title: 'state' }], rows: [['web-2', 'starting']] },
  },
];

/** `fails`: the instance does not come back. */
export const playbook = ({ fails = false } = {}) => {
  numbers = 0;
  const error = 'web-2: not healthy after 30 s: HTTP 503.';
  return told([
    ...looks(),
    ...answered,
    ...opensCalls(),
    ...restarts(),
    fails
      ? { type: 'step.result', step: `${inner}/roll/web-2`, result: 'failed', ms: 30_400, error, cause: 'failed' }
      : {
          type: 'step.result',
          step: `${inner}/roll/web-2`,
          result: 'ok',
          ms: 4200,
          finding: { verdict: 'ok', summary: 'web-2 is healthy again, version 1.4.0' },
        },
    ...ends(fails ? 'failed' : 'ok', error),
    {
      type: 'session.closed',
      outcome: fails
        ? { status: 'failed', verdict: 'critical', summary: error, applied: 0, undone: ['Better?'], next: [] }
        : { status: 'done', verdict: 'warn', summary: 'Relieved.', applied: 1, undone: [], next: [] },
    },
  ]);
};

const skipped = (step: string): EventBody => ({ type: 'step.result', step, result: 'skipped', ms: 1 });

/** A dry run with an answer: it plans the calls, and ends where only the restart would give what is read. */
export const playbookDryRun = () => {
  numbers = 0;
  return told([
    ...looks(),
    ...answered,
    ...opensCalls(),
    ...plans(),
    skipped(`${inner}/roll`),
    skipped(inner),
    started('next/relieve/busy/clear', 'call', 'Clear what it has cached'),
    {
      type: 'step.depends',
      step: 'next/relieve/busy/clear',
      title: 'Clear what it has cached',
      on: 'Restart the busy instance',
    },
    skipped('next/relieve/busy/clear'),
    skipped('next/relieve/busy'),
    {
      type: 'session.closed',
      outcome: {
        status: 'done',
        verdict: 'critical',
        summary: 'Dry run: nothing was changed.',
        applied: 0,
        undone: [],
        next: [],
      },
    },
  ]);
};
