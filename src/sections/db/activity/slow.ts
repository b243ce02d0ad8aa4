import * as z from 'zod/mini';
import type { DataFinding } from '../../../engine/finding.ts';
import { worst } from '../../../engine/finding.ts';
import type { From, StatementsView } from '../../../providers/database/port.ts';
import { list, nullableNumber, nullableText, ServerData, UnavailableData } from '../reading/data.ts';
import { databaseLook } from '../reading/database-look.ts';
import { onServer, placeOf } from '../reading/server.ts';
import { judgeStatement, slowLimits } from './slow-judgement.ts';
import { age } from '../../../words/ages.ts';
import { bytes } from '../../../words/bytes.ts';
import { counted, grouped, percent } from '../../../words/counts.ts';
import { marked } from '../../../engine/finding.ts';

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
  look: async (server, context) => slowFinding(await server.statements(context.input, context)),
  next: ['rb db running', 'rb db indexes'],
});

const reasons = {
  'not installed': 'pg_stat_statements is not installed on the server',
  'not created': 'pg_stat_statements is not created in this database',
  'not preloaded': 'pg_stat_statements is created, but the server does not load it',
  'no right': 'pg_stat_statements may not be read by this role',
} as const;

const slowFinding = (view: From<StatementsView>): DataFinding<z.output<typeof SlowData>> => {
  const { server } = view;
  if (!view.available)
    return {
      verdict: 'unknown',
      summary: `cannot see the statements of ${placeOf(server)}: ${reasons[view.reason]}`,
      evidence: { columns: [{ title: 'what to do' }], rows: view.next.map((line) => [line]) },
      data: view,
    };
  const { statements, total, unseen, sinceMs, dropped, track } = view;
  const judged = statements.map((statement) => ({ ...statement, verdict: judgeStatement(statement) }));
  const slowOnes = judged.filter(({ verdict }) => verdict !== 'ok');
  const since = sinceMs === null ? '' : ` in ${age(sinceMs)}`;
  return {
    verdict: worst([...judged.map(({ verdict }) => verdict), unseen > 0 || track === 'none' ? 'unknown' : 'ok']),
    summary: [
      `${counted(total.statements, 'statement')}, ${counted(total.calls, 'call')}, ${age(total.executionMs)} of execution${since} on ${placeOf(server)}`,
      `${slowOnes.length} slow`,
      ...(track === 'none' ? ['nothing is counted: pg_stat_statements.track is none'] : []),
      ...((dropped ?? 0) > 0 ? [`statements were dropped ${grouped(dropped ?? 0)} times for lack of room`] : []),
      ...(unseen > 0 ? [`cannot see the text of ${grouped(unseen)}`] : []),
    ].join('; '),
    evidence: {
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
      rows: judged.map((one) => [
        percent(one.share),
        marked(milliseconds(one.meanMs), one.verdict),
        milliseconds(one.maxMs),
        grouped(one.calls),
        one.query,
        age(one.totalMs),
        grouped(one.rows),
        one.hitRatio === null ? null : percent(one.hitRatio),
        bytes(one.temporaryBytes),
        one.user,
      ]),
    },
    data: { ...view, statements: judged, thresholds: slowLimits },
  };
};

/** Most statements take less than one. */
const milliseconds = (ms: number): string => (ms < 10 ? `${ms.toFixed(ms < 1 ? 2 : 1)} ms` : age(ms));
