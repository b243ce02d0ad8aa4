import { describe, expect, test } from 'vitest';
import type { Server } from '../../../src/providers/database/port.ts';
import { judgeRoot } from '../../../src/sections/db/blocking/blocking-judgement.ts';
import { reasonsAgainst, whoIsAffected } from '../../../src/sections/db/ending/one-session.ts';
import { planEnding } from '../../../src/sections/db/idle/kill-idle-plan.ts';
import { idleSession } from './a-session.ts';

// What speaks against a change is on its card, and raises the tier.

const server: Server = {
  target: { provider: 'postgres', name: 'db-1:5432' },
  address: 'db-1:5432',
  database: 'shop',
  user: 'operator',
  systemIdentifier: '1',
  role: 'primary',
  version: '16.1',
  seesEverything: true,
};

const plan = (...ends: readonly ReturnType<typeof idleSession>[]) =>
  planEnding(
    { server, ends, leftAlone: [], lost: 0, unseen: 0 },
    { server, unavailable: [], sessions: ends, unseen: 0 },
  );

describe('kill-idle', () => {
  test('sessions that hold nothing raise nothing', () => {
    expect(plan(idleSession()).raises).toEqual([]);
  });

  test('what idle sessions hold would be lost', () => {
    const change = plan(
      idleSession({ pid: 1, holds: ['advisory locks'] }),
      idleSession({ pid: 2, holds: ['temporary tables', 'advisory locks'] }),
      idleSession({ pid: 3 }),
    );
    expect(change.raises).toEqual(['2 sessions hold advisory locks, temporary tables, which would be lost']);
    expect(change.equivalent[0]).toContain('holds advisory locks');
  });
});

const worker = (query: string) => idleSession({ kind: 'autovacuum worker', state: 'active', user: null, query });

describe('autovacuum', () => {
  const against = worker('autovacuum: VACUUM public.orders (to prevent wraparound)');
  const ordinary = worker('autovacuum: VACUUM public.orders');

  test('against wraparound starts again at once: the card says so', () => {
    expect(reasonsAgainst(against)).toEqual([expect.stringContaining('starts again at once')]);
    expect(reasonsAgainst(ordinary)).toEqual([]);
    expect(whoIsAffected(ordinary)).toContain('autovacuum: it starts again later');
  });

  test('at the root of those that wait it is not offered for a cancel', () => {
    const next = (session: typeof against) => {
      const waitsForLock = { mode: 'ShareLock', type: 'relation', relation: 'orders', waitedMs: 90_000 };
      const blocked = { ...idleSession({ pid: 2, blockedBy: [4711] }), waitsForLock };
      const waiting = [{ id: '2', session: blocked, waiting: [], count: 0 }];
      const judged = judgeRoot({ id: '4711', session: { ...session, waitsForLock: null }, waiting, count: 1 }, 1, '');
      return 'next' in judged ? judged.next : [];
    };
    expect(next(ordinary)).toEqual(['rb db blocking --resolve']);
    expect(next(against)).toEqual([expect.stringContaining('let it finish')]);
  });
});

test('a session that is to be ended shows what it holds', () => {
  expect(whoIsAffected(idleSession({ holds: ['LISTEN'] }))).toContain('holds LISTEN, which end with the session');
});
