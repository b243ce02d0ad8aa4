import { critical, judgement, ok, unknown, warn } from '../../../engine/judgement.ts';
import type { Judgement } from '../../../engine/judgement.ts';
import type { Session } from '../../../providers/database/port.ts';
import { age } from '../../../words/ages.ts';

/** A statement that runs so many times longer than what counts as long is critical. */
export const runningLimits = { criticalTimes: 30 } as const;

/**
 * How long a session has been at it: its statement, or the transaction that it holds open, whichever is longer. Null where neither can be
 * seen.
 */
export const atItMs = ({ state, queryMs, transactionMs }: Session): number | null => {
  const ages = [state === 'active' ? queryMs : null, transactionMs].filter((ms) => ms !== null);
  return ages.length > 0 ? Math.max(...ages) : queryMs;
};

/** A short statement in a transaction that has been open for long: the age is that of the transaction. */
export const isInOldTransaction = ({ state, queryMs, transactionMs }: Session): boolean =>
  state === 'active' && (transactionMs ?? 0) - (queryMs ?? 0) >= 1000;

/**
 * Long is a warning. The server's own maintenance may take its time, and a parallel worker whose leader is listed (`led`) is judged with
 * it. Who makes it wait is the one to look at: see `rb db blocking`.
 */
export const judgeRunning = (session: Session, longMs: number, led = false): Judgement => {
  const { pid, kind } = session;
  if (kind !== null && kind !== 'client backend' && (kind !== 'parallel worker' || led)) return ok;
  const ms = atItMs(session);
  if (ms === null) return unknown('cannot see for how long');
  if (ms < longMs) return ok;
  const worry = ms >= longMs * runningLimits.criticalTimes ? critical : warn;
  const waits = session.blockedBy.length > 0;
  return judgement(
    worry(
      `${isInOldTransaction(session) ? 'active in a transaction open' : (session.state ?? 'cannot see at what')} for ${age(ms)}`,
      ...(waits ? ['rb db blocking'] : [`rb db ${session.state === 'active' ? 'cancel' : 'terminate'} ${pid}`]),
    ),
    waits && worry(`blocked by ${blockers(session)}`),
  );
};

/** Who makes it wait; pid 0 is a prepared transaction. */
export const blockers = ({ blockedBy }: Pick<Session, 'blockedBy'>): string =>
  blockedBy.map((pid) => (pid === 0 ? 'prepared' : pid)).join(', ');
