import * as z from 'zod/mini';
import type { DataFinding } from '../../../engine/finding.ts';
import { judged } from '../../../engine/judgement.ts';
import type { Database, From, Statement, StatementOrder, StatementsView } from '../../../providers/database/port.ts';
import { list, nullableNumber, nullableText, ServerData, UnavailableData } from '../reading/data.ts';
import { databaseLook } from '../reading/database-look.ts';
import { onServer, placeOf, unseenBecause, unseenParts } from '../reading/server.ts';
import type { DatabaseContext, OnServer } from '../reading/server.ts';
import { shortQuery } from '../reading/session-facts.ts';
import { judgeStatement, mostSlow, slowLimits } from './slow-judgement.ts';
import { age } from '../../../words/ages.ts';
import { bytes } from '../../../words/bytes.ts';
import { counted, grouped, percent } from '../../../words/counts.ts';

const StatementData = z.object({
  id: z.string(),
  query: nullableText,
  user: nullableText,
  calls: z.number(),
  totalMs: z.number(),
  meanMs: z.number(),
  maxMs: z.number(),
  rows: z.number(),
  share: z.number(),
  hitRatio: nullableNumber,
  ioMs: nullableNumber,
  temporaryBytes: z.number(),
  verdict: z.enum(['ok', 'warn', 'critical', 'unknown']),
});

const SlowData = z.union([
  z.object({
    server: ServerData,
    unavailable: list(UnavailableData),
    available: z.literal(false),
    reason: z.enum(['not installed', 'not created', 'not preloaded', 'no right']),
    next: list(z.string()),
  }),
  z.object({
    server: ServerData,
    unavailable: list(UnavailableData),
    available: z.literal(true),
    statements: list(StatementData),
    total: z.object({ statements: z.number(), calls: z.number(), executionMs: z.number() }),
    unseen: z.number(),
    sinceMs: nullableNumber,
    dropped: nullableNumber,
    track: z.string(),
    thresholds: z.object({ warnMeanMs: z.number(), criticalMeanMs: z.number(), leastShare: z.number() }),
  }),
]);

/** Section 3.3 of the runbook, "Find slow queries": where the time of this database goes, from pg_stat_statements. */
export const slow = databaseLook({
  id: 'slow',
  section: '3.3',
  title: 'Slow queries',
  purpose: 'Response times rise, and you want to see which statements take the time.',
  input: z.object({
    ...onServer,
    orderBy: z.enum(['total', 'mean', 'max', 'calls']),
    limit: z.int().check(z.gte(1), z.lte(500)),
  }),
  data: SlowData,
  look: async (server, context) => slowFinding(await statementsOf(server, context), context.input.limit),
});

/** The ones that were asked for, and those that may be slow, which another order would leave out. */
const statementsOf = async (
  server: Database,
  context: DatabaseContext<OnServer & { readonly orderBy: StatementOrder; readonly limit: number }>,
): Promise<From<StatementsView>> => {
  const { orderBy, limit } = context.input;
  if (orderBy === 'total') return server.statements({ orderBy, limit: Math.max(limit, mostSlow) }, context);
  const asked = await server.statements({ orderBy, limit }, context);
  if (!asked.available) return asked;
  const heavy = await server.statements({ orderBy: 'total', limit: mostSlow }, context);
  if (!heavy.available) return heavy;
  const known = new Set(asked.statements.map(keyOf));
  const more = heavy.statements.filter((one) => judgeStatement(one).verdict !== 'ok' && !known.has(keyOf(one)));
  return { ...asked, statements: [...asked.statements, ...more] };
};

const keyOf = ({ id, user, query }: Statement): string => JSON.stringify([id, user, query]);

const reasons = {
  'not installed': 'pg_stat_statements is not installed on the server',
  'not created': 'pg_stat_statements is not created in this database',
  'not preloaded': 'pg_stat_statements is created, but the server does not load it',
  'no right': 'pg_stat_statements may not be read by this role',
} as const;

const slowFinding = (view: From<StatementsView>, limit: number): DataFinding<z.output<typeof SlowData>> => {
  const { server } = view;
  if (!view.available) {
    const nothing = judged({
      about: 'they are counted by pg_stat_statements',
      columns: [{ title: 'what' }],
      rows: [],
      unseen: [
        { what: `the statements of ${placeOf(server)}`, why: reasons[view.reason], next: view.next },
        ...unseenParts(view),
      ],
    });
    return { ...nothing, data: view };
  }
  const { statements, total, unseen, sinceMs, dropped, track } = view;
  const since = sinceMs === null ? '' : ` in ${age(sinceMs)}`;
  return {
    ...judged({
      about: [
        `${counted(total.statements, 'statement')}, ${counted(total.calls, 'call')}, ${age(total.executionMs)} of execution${since} on ${placeOf(server)}`,
        ...((dropped ?? 0) > 0 ? [`statements were dropped ${grouped(dropped ?? 0)} times for lack of room`] : []),
      ].join('; '),
      allOk: 'none is slow',
      columns: [
        { title: 'share', align: 'right' },
        { title: 'mean', align: 'right' },
        { title: 'max', align: 'right' },
        { title: 'calls', align: 'right' },
        { title: 'query', narrows: true },
        { title: 'total', align: 'right', extra: true },
        { title: 'rows', align: 'right', extra: true },
        { title: 'in memory', align: 'right', extra: true },
        { title: 'temporary', align: 'right', extra: true },
        { title: 'user', extra: true },
      ],
      rows: statements.map((one) => ({
        name: one.query === null ? `statement ${one.id}` : `"${shortQuery(one.query, 40)}"`,
        cells: [
          percent(one.share),
          milliseconds(one.meanMs),
          milliseconds(one.maxMs),
          grouped(one.calls),
          one.query,
          age(one.totalMs),
          grouped(one.rows),
          one.hitRatio === null ? null : percent(one.hitRatio),
          bytes(one.temporaryBytes),
          one.user,
        ],
        marks: 1,
        judgement: judgeStatement(one),
      })),
      limit,
      unseen: [
        ...unseenParts(view),
        ...(track === 'none'
          ? [{ what: 'what runs', why: 'pg_stat_statements.track is none: nothing is counted' }]
          : []),
        ...(unseen > 0 ? [{ what: `the text of ${counted(unseen, 'statement')}`, ...unseenBecause(server) }] : []),
      ],
    }),
    data: {
      ...view,
      statements: statements.map((one) => ({ ...one, verdict: judgeStatement(one).verdict })),
      thresholds: slowLimits,
    },
  };
};

/** Most statements take less than one. */
const milliseconds = (ms: number): string => (ms < 10 ? `${ms.toFixed(ms < 1 ? 2 : 1)} ms` : age(ms));
