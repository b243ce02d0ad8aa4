import * as z from 'zod/mini';
import type { DataFinding } from '../../../engine/finding.ts';
import type { From, Session, Sessions } from '../../../providers/database/port.ts';
import { list, ServerData, UnavailableData } from '../reading/data.ts';
import { databaseLook } from '../reading/database-look.ts';
import { atItMs, judgeAllRunning, judgeRunning, runningLimits } from './running-judgement.ts';
import { onServer, placeOf, unseenBecause } from '../reading/server.ts';
import { SessionData } from '../reading/session-data.ts';
import { nameOf } from '../reading/session-facts.ts';
import { age } from '../../../words/ages.ts';
import { counted } from '../../../words/counts.ts';
import { marked } from '../../../engine/finding.ts';

const RunningData = z.object({
  server: ServerData,
  unavailable: list(UnavailableData),
  sessions: list(SessionData),
  unseen: z.number(),
  thresholds: z.object({ olderThanMs: z.number(), warnMs: z.number(), criticalMs: z.number() }),
});

/** Section 2.3 of the runbook, "Running queries": what works, or holds a transaction open, for long. */
export const running = databaseLook({
  id: 'running',
  section: '2.3',
  title: 'Running queries',
  purpose: 'The database is slow or busy, and you want to see which queries run for long.',
  input: z.object({ ...onServer, olderThanMs: z.optional(z.number().check(z.gte(0))) }),
  data: RunningData,
  look: async (server, context) => {
    const { environment } = await context.ports.settings();
    const longMs = (environment.database?.longRunningMinutes ?? 1) * 60_000;
    const olderThanMs = context.input.olderThanMs ?? longMs;
    return runningFinding(await server.runningSessions({ olderThanMs }, context), { olderThanMs, longMs });
  },
  next: ['rb db blocking', 'rb db cancel <pid>'],
});

interface Asked {
  readonly olderThanMs: number;
  readonly longMs: number;
}

const runningFinding = (
  { server, unavailable, sessions, unseen }: From<Sessions>,
  { olderThanMs, longMs }: Asked,
): DataFinding<z.output<typeof RunningData>> => {
  // A worker is listed with what it waits for, and is at work for another one that is in the list.
  const leaders = sessions.filter(({ kind }) => kind !== 'parallel worker');
  const workers = sessions.length - leaders.length;
  const [oldest] = leaders.length > 0 ? leaders : sessions;
  return {
    // Those that were asked for besides the long ones are no reason to worry.
    verdict: judgeAllRunning(
      sessions.filter((session) => atItMs(session) >= longMs),
      unseen,
      longMs,
    ),
    summary: [
      oldest === undefined
        ? `nothing has been at work for ${age(olderThanMs)} on ${placeOf(server)}`
        : `${counted(leaders.length, 'session')}${workers > 0 ? ` (and ${counted(workers, 'parallel worker')})` : ''} at work for ${age(olderThanMs)} or longer on ${placeOf(server)}, the oldest ${nameOf(oldest)} for ${age(atItMs(oldest))}`,
      ...(unseen > 0 ? [`cannot see ${counted(unseen, 'session')}${unseenBecause(server)}`] : []),
    ].join('; '),
    evidence: {
      columns: [
        { title: 'pid' },
        { title: 'for', align: 'right' },
        { title: 'state' },
        { title: 'user' },
        { title: 'waits for' },
        { title: 'query', narrows: true },
        { title: 'application', extra: true },
        { title: 'database', extra: true },
        { title: 'transaction', align: 'right', extra: true },
        { title: 'client', extra: true },
      ],
      rows: sessions.map((session) => [
        session.pid,
        marked(age(atItMs(session)), atItMs(session) >= longMs ? judgeRunning(session, longMs) : 'ok'),
        stateOf(session),
        session.user ?? session.kind,
        waits(session),
        session.query,
        session.application || null,
        session.database,
        age(session.transactionMs),
        session.client,
      ]),
    },
    data: {
      server,
      unavailable,
      sessions,
      unseen,
      thresholds: { olderThanMs, warnMs: longMs, criticalMs: longMs * runningLimits.criticalTimes },
    },
  };
};

/** A short statement in a transaction that is open for long: the age is that of the transaction. */
const stateOf = ({ state, queryMs, transactionMs }: Session): string | null =>
  state === 'active' && (transactionMs ?? 0) - (queryMs ?? 0) >= 1000 ? 'active in an open transaction' : state;

/** `Lock: relation (4712)`: in brackets who has it. */
const waits = ({ waitsFor, blockedBy }: Session): string | null => {
  if (blockedBy.length === 0) return waitsFor;
  const who = blockedBy.map((pid) => (pid === 0 ? 'prepared' : pid)).join(', ');
  return `${waitsFor ?? 'blocked'} (${who})`;
};
