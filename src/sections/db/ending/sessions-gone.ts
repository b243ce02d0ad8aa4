import { poll } from '../../../engine/poll.ts';
import type { Call, Database, EndedSession, From, SessionKey, Sessions } from '../../../providers/database/port.ts';

/** A session that was asked to end rolls back first. */
const patienceMs = 10_000;
const firstPauseMs = 50;
const longestPauseMs = 1000;

const pauseMs = (looks: number): number => Math.min(firstPauseMs * 2 ** (looks - 1), longestPauseMs);

/** Nothing is settled by who may not look. */
export const notToBeSeen = 'cannot see whether the session is still there and what it does (pg_monitor)';

/** Looks until none of the sessions is there any more, or patience is over; the last look is returned. */
export const waitUntilGone = async (
  server: Database,
  keys: readonly SessionKey[],
  call: Call,
): Promise<From<Sessions>> => {
  const look = () => server.sessionsStillThere(keys, call);
  const gone = await poll({ everyMs: pauseMs, forMs: patienceMs, clock: call.clock, signal: call.signal }, async () => {
    const seen = await look();
    return seen.sessions.length + seen.unseen === 0 ? seen : undefined;
  });
  return gone ?? look();
};

const words: Readonly<Record<EndedSession['outcome'], string>> = {
  done: '',
  denied: 'denied',
  gone: 'gone by themselves',
  changed: 'at work again and left alone',
};

/** `497 asked to end, 2 denied (permission denied ...), 1 gone by themselves`. `done` is what the first of them is called. */
export const countedOutcomes = (done: string, results: readonly EndedSession[]): string =>
  (['done', 'denied', 'gone', 'changed'] as const)
    .flatMap((outcome) => {
      const those = results.filter((one) => one.outcome === outcome);
      if (those.length === 0 && outcome !== 'done') return [];
      const why = outcome === 'denied' && those[0]?.reason ? ` (${those[0].reason})` : '';
      return [`${those.length} ${words[outcome] || done}${why}`];
    })
    .join(', ');
