import type { Change } from '../../src/engine/change.ts';
import { fingerprint } from '../../src/engine/change.ts';
import type { ConfirmationRequest } from '../../src/engine/plan/confirmation.ts';
import type { Event, EventBody } from '../../src/engine/session/events.ts';
import type { Subject } from '../../src/engine/session/subject.ts';
import type { Table, Verdict } from '../../src/engine/finding.ts';

/** A rolling restart as the engine tells it, for the tests of everything that reads its events. */
export const sandbox: Subject = { service: 'checkout-api', environment: 'sandbox', protected: false };
export const production: Subject = { service: 'checkout-api', environment: 'production', protected: true };

export const restartOf = (id: string): Change => ({
  summary: `restart ${id} (version 1.4.0, up 3 h)`,
  target: { provider: 'command', name: id, host: 'ops-1' },
  blastRadius: ['1 of 3 instances; 2 go on serving'],
  equivalent: [`./sandbox/bin/restart ${id}`],
  undo: 'not needed: the same version starts again',
  basis: { startedAt: '2026-03-01T08:00:00Z', id },
  data: null,
});

export const requestFor = (subject: Subject, changes: readonly Change[]): ConfirmationRequest => ({
  step: 'roll',
  title: 'Restart each instance',
  tier: 'disruptive',
  raisedBy: [],
  subject,
  summary: `restart ${changes.length} instances, one after another`,
  blastRadius: ['1 of 3 instances; 2 go on serving'],
  changes,
});

/** Gives bodies the time they happened: a second after each other. */
export const told = (bodies: readonly EventBody[]): readonly Event[] =>
  bodies.map((body, index) => ({
    ...body,
    at: new Date(Date.UTC(2026, 2, 1, 11, 0, index)).toISOString(),
    monotonicMs: index * 1000,
  }));

const instances = (...states: readonly (readonly [string, string, Verdict])[]): Table => ({
  columns: [{ title: 'instance' }, { title: 'state' }, { title: 'health' }, { title: 'up s' }],
  rows: states.map(([id, state, health], index) => [id, state, { text: health, verdict: health }, index * 100 + 5]),
});

export const opening = (subject: Subject, changing: boolean): EventBody => ({
  type: 'session.opened',
  session: '20260301T110000Z-k3f9',
  program: 'rb 0.1.0',
  procedure: {
    id: changing ? 'restart.rolling' : 'health.check',
    section: changing ? '2.1' : '4',
    title: changing ? 'Rolling restart' : 'Health',
    outline: changing ? [{ id: 'roll', kind: 'each' }] : [{ id: 'endpoints', kind: 'check' }],
    does: changing ? 'changes' : 'reads',
  },
  input: {},
  subject,
  actor: { uid: 1000, login: 'mira', host: 'ops-1' },
  mode: 'interactive',
  configuration: {},
});

const numberOf = (id: string): number => Number(id.slice('app-'.length)) + 2;

const listed: EventBody = {
  type: 'items.planned',
  step: 'roll',
  items: [{ id: 'app-1' }, { id: 'app-2' }],
};

const planned = (id: string): EventBody => ({
  type: 'change.planned',
  step: `roll/${id}`,
  title: `Restart ${id}`,
  change: restartOf(id),
  tier: 'disruptive',
  fingerprint: fingerprint(restartOf(id)),
});

const confirmed = (ids: readonly string[], by: string): EventBody => ({
  type: 'confirmation',
  step: 'roll',
  covers: ids.map((id) => ({ step: `roll/${id}`, fingerprint: fingerprint(restartOf(id)) })),
  tier: 'disruptive',
  decision: 'confirmed',
  by,
});

const intent = (id: string): EventBody => ({
  type: 'step.intent',
  step: `roll/${id}`,
  n: numberOf(id),
  tier: 'disruptive',
  change: restartOf(id),
  fingerprint: fingerprint(restartOf(id)),
});

const restarted = (id: string, before: Table, after: Table): readonly EventBody[] => [
  { type: 'step.started', step: `roll/${id}`, n: numberOf(id), kind: 'action', title: `Restart ${id}` },
  intent(id),
  { type: 'step.progress', step: `roll/${id}`, table: before },
  { type: 'step.progress', step: `roll/${id}`, table: after },
  {
    type: 'step.result',
    step: `roll/${id}`,
    result: 'ok',
    ms: 4200,
    finding: { verdict: 'ok', summary: `${id} is healthy again, version 1.4.0` },
  },
];

const allWell = instances(['app-1', 'running', 'ok'], ['app-2', 'running', 'ok']);
const firstDown = instances(['app-1', 'starting', 'unknown'], ['app-2', 'running', 'ok']);
const secondDown = instances(['app-1', 'running', 'ok'], ['app-2', 'starting', 'unknown']);

const beginning = (by: string): readonly EventBody[] => [
  opening(sandbox, true),
  { type: 'step.started', step: 'instances', n: 1, kind: 'check', title: 'Instances are running' },
  {
    type: 'step.result',
    step: 'instances',
    result: 'ok',
    ms: 120,
    finding: { verdict: 'ok', summary: '2 of 2 healthy', evidence: allWell },
  },
  { type: 'step.started', step: 'roll', n: 2, kind: 'each', title: 'Restart each instance' },
  listed,
  planned('app-1'),
  planned('app-2'),
  confirmed(['app-1', 'app-2'], by),
];

/** Two instances, one after the other; `by` is what confirmed it. */
export const rollingRestart = (by: string): readonly Event[] =>
  told([
    ...beginning(by),
    ...restarted('app-1', firstDown, allWell),
    ...restarted('app-2', secondDown, allWell),
    { type: 'step.result', step: 'roll', result: 'ok', ms: 9100 },
    {
      type: 'session.closed',
      outcome: {
        status: 'done',
        verdict: 'ok',
        summary: '2 of 2 restarted in 9 s (expected 10 s).',
        applied: 2,
        undone: [],
        next: [],
      },
    },
  ]);

const reason = 'app-1: not healthy after 30 s: HTTP 503.';

/** The first instance does not come back. */
export const failedRestart = (): readonly Event[] =>
  told([
    ...beginning('--yes'),
    { type: 'step.started', step: 'roll/app-1', n: 3, kind: 'action', title: 'Restart app-1' },
    intent('app-1'),
    { type: 'step.result', step: 'roll/app-1', result: 'failed', ms: 30_400, error: reason },
    { type: 'step.result', step: 'roll', result: 'failed', ms: 31_000, error: reason },
    {
      type: 'session.closed',
      outcome: {
        status: 'failed',
        verdict: 'ok',
        summary: reason,
        applied: 0,
        undone: ['Restart app-1', 'Restart app-2'],
        next: ['rb logs errors --since 5m', 'rb restart undo'],
      },
    },
  ]);

/** Plans only. */
export const dryRun = (): readonly Event[] =>
  told([
    opening(production, true),
    { type: 'step.started', step: 'roll', n: 2, kind: 'each', title: 'Restart each instance' },
    listed,
    planned('app-1'),
    planned('app-2'),
    { type: 'step.result', step: 'roll', result: 'skipped', ms: 10 },
    {
      type: 'plan.hash',
      hash: 'tbqa80-0123456789abcdef0123456789abcdef',
      expires: '2026-03-01T11:30:00.000Z',
      plan: {
        procedure: 'restart.rolling',
        outline: [],
        input: {},
        subject: { service: 'shop', environment: 'production' },
        configuration: {},
        steps: [],
      },
    },
    {
      type: 'session.closed',
      outcome: {
        status: 'done',
        verdict: 'ok',
        summary: 'Dry run: nothing was changed.',
        applied: 0,
        undone: [],
        next: [],
      },
    },
  ]);

/** Looks only. */
export const health = (): readonly Event[] =>
  told([
    opening(sandbox, false),
    { type: 'step.started', step: 'endpoints', n: 1, kind: 'check', title: 'Endpoints' },
    {
      type: 'step.result',
      step: 'endpoints',
      result: 'ok',
      ms: 84,
      finding: {
        verdict: 'critical',
        summary: '1 of 2 endpoints is down',
        evidence: {
          columns: [{ title: 'endpoint' }, { title: 'status' }, { title: 'ms', align: 'right' }],
          rows: [
            ['/health', { text: '200', verdict: 'ok' }, 12],
            ['/ready', { text: 'connection refused', verdict: 'critical' }, null],
          ],
        },
      },
    },
    {
      type: 'session.closed',
      outcome: {
        status: 'critical',
        verdict: 'critical',
        summary: '1 of 2 endpoints is down.',
        applied: 0,
        undone: [],
        next: ['rb troubleshoot'],
      },
    },
  ]);
