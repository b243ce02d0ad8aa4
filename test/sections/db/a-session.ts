import type { HoldingSession, Session } from '../../../src/providers/database/port.ts';

/** An idle session of the service. */
export const session = (more: Partial<Session> = {}): Session => ({
  pid: 4711,
  backendStart: '2026-01-01T00:00:00.000000Z',
  user: 'app',
  database: 'shop',
  application: 'web',
  client: '10.0.0.7',
  kind: 'client backend',
  state: 'idle',
  stateSince: '2026-01-01T01:00:00.000000Z',
  stateMs: 600_000,
  transactionMs: null,
  queryMs: 600_000,
  connectedMs: 4_200_000,
  waitsFor: null,
  blockedBy: [],
  query: 'SELECT 1',
  own: false,
  superuser: false,
  ofServer: false,
  maySignal: true,
  ...more,
});

/** The same as the look at idle sessions gives it. */
export const idleSession = (more: Partial<HoldingSession> = {}): HoldingSession => ({
  holds: [],
  ...session(more),
  ...more,
});
