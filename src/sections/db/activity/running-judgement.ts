import type { Verdict } from '../../../engine/finding.ts';
import { worst } from '../../../engine/finding.ts';
import type { Session } from '../../../providers/database/port.ts';

/** A statement that runs so many times longer than what counts as long, or makes so many others wait, is critical. */
export const runningLimits = { criticalTimes: 30 } as const;

/** How long a session has been at it: its statement, or the transaction that it holds open, whichever is longer. */
export const atItMs = ({ state, queryMs, transactionMs }: Session): number =>
  Math.max(state === 'active' ? (queryMs ?? 0) : 0, transactionMs ?? 0) || (queryMs ?? 0);

/** All that is listed is longer than `longMs`, so it is a warning; maintenance of the server's own may take its time. */
export const judgeRunning = (session: Session, longMs: number): Verdict => {
  if (session.kind !== null && session.kind !== 'client backend' && session.kind !== 'parallel worker') return 'ok';
  return atItMs(session) >= longMs * runningLimits.criticalTimes ? 'critical' : 'warn';
};

export const judgeAllRunning = (sessions: readonly Session[], unseen: number, longMs: number): Verdict =>
  worst([...sessions.map((session) => judgeRunning(session, longMs)), unseen > 0 ? 'unknown' : 'ok']);
