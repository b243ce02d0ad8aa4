import * as z from 'zod/mini';
import type { DataFinding } from '../../../engine/finding.ts';
import type { From, Sessions } from '../../../providers/database/port.ts';
import { list, ServerData, UnavailableData } from '../reading/data.ts';
import { databaseLook } from '../reading/database-look.ts';
import { judged } from '../../../engine/judgement.ts';
import { atItMs, blockers, isInOldTransaction, judgeRunning, runningLimits } from './running-judgement.ts';
import { onServer, placeOf, unseenBecause, unseenParts } from '../reading/server.ts';
import { SessionData } from '../reading/session-data.ts';
import { nameOf, shortState, sessionColumns } from '../reading/session-facts.ts';
import { age } from '../../../words/ages.ts';
import { counted } from '../../../words/counts.ts';

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
  const led = leaders.length > 0;
  const count = `${counted(leaders.length, 'session')}${workers > 0 ? ` (and ${counted(workers, 'parallel worker')})` : ''}`;
  return {
    ...judged({
      about: `${sessions.length === 0 ? `nothing has been at work for ${age(olderThanMs)}` : `${count} at work for ${age(olderThanMs)} or longer`} on ${placeOf(server)}`,
      columns: [...sessionColumns, { title: 'transaction', align: 'right', extra: true }],
      rows: sessions.map((session) => ({
        name: nameOf(session),
        cells: [
          session.pid,
          age(atItMs(session)),
          blockers(session) || null,
          isInOldTransaction(session) ? 'active in tx' : shortState(session.state),
          session.query,
          session.waitsFor,
          session.database,
          session.user ?? session.kind,
          session.application || null,
          session.client,
          age(session.transactionMs),
        ],
        marks: 1,
        judgement: judgeRunning(session, longMs, led),
      })),
      unseen: [
        ...unseenParts({ unavailable }),
        ...(unseen > 0 ? [{ what: counted(unseen, 'session'), ...unseenBecause(server) }] : []),
      ],
    }),
    data: {
      server,
      unavailable,
      sessions,
      unseen,
      thresholds: { olderThanMs, warnMs: longMs, criticalMs: longMs * runningLimits.criticalTimes },
    },
  };
};
