import type { Call, Database, EndedSession, From, SessionKey, Sessions } from '../../providers/database/port.ts';

/** A session that was asked to end rolls back first; so long it is given. */
const patienceMs = 10_000;
const firstPauseMs = 50;

/** Nothing is settled by who may not look. */
export const notToBeSeen = 'cannot see whether the session is still there and what it does (pg_monitor)';

/** Looks until none of the sessions is there any more, or patience is over; the last look is returned. */
export const waitUntilGone = async (
  server: Database,
  keys: readonly SessionKey[],
  call: Call,
): Promise<From<Sessions>> => {
  const until = call.clock.monotonic() + patienceMs;
  for (let pause = firstPauseMs; ; pause = Math.min(pause * 2, 1000)) {
    // oxlint-disable-next-line no-await-in-loop -- a look after another
    const look = await server.sessionsStillThere(keys, call);
    if (look.sessions.length + look.unseen === 0 || call.clock.monotonic() + pause > until) return look;
    // oxlint-disable-next-line no-await-in-loop
    await call.clock.sleep(pause, call.signal);
  }
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
