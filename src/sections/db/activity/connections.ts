import * as z from 'zod/mini';
import type { Cell, DataFinding, Table } from '../../../engine/finding.ts';
import type { ConnectionCounts, ConnectionGroup, From } from '../../../providers/database/port.ts';
import { connectionLimits, judgeConnections } from './connections-judgement.ts';
import type { ConnectionsVerdict } from './connections-judgement.ts';
import { list, nullableNumber, ServerData, UnavailableData } from '../reading/data.ts';
import { databaseLook } from '../reading/database-look.ts';
import { onServer, placeOf, unseenBecause } from '../reading/server.ts';
import { age } from '../../../words/ages.ts';
import { counted, percent } from '../../../words/counts.ts';

const groups = list(z.object({ name: z.string(), count: z.number(), oldestMs: nullableNumber }));

const ConnectionsData = z.object({
  server: ServerData,
  unavailable: list(UnavailableData),
  total: z.number(),
  max: z.number(),
  reservedForSuperusers: z.number(),
  reservedForRoles: z.number(),
  reservedForService: z.number(),
  unseen: z.number(),
  byState: groups,
  byApplication: groups,
  byUser: groups,
  byDatabase: groups,
  limits: list(z.object({ of: z.enum(['database', 'role']), name: z.string(), max: z.number(), used: z.number() })),
  usable: z.number(),
  usedShare: z.number(),
  thresholds: z.object({ warnShare: z.number(), criticalShare: z.number(), idleInTransactionMs: z.number() }),
});

/** Section 2.3 of the runbook, "Connection count check": by state, application, user and database, and how many are left. */
export const connections = databaseLook({
  id: 'connections',
  section: '2.3',
  title: 'Connections',
  purpose: 'New connections are refused, or a pool runs dry.',
  input: z.object(onServer),
  data: ConnectionsData,
  look: async (server, context) => {
    const { environment } = await context.ports.settings();
    return connectionsFinding(await server.connections(context), (environment.database?.idleMinutes ?? 5) * 60_000);
  },
  next: ['rb db kill-idle --dry-run', 'rb db running'],
});

const connectionsFinding = (
  counts: From<ConnectionCounts>,
  idleMs: number,
): DataFinding<z.output<typeof ConnectionsData>> => {
  const judged = judgeConnections(counts, idleMs);
  return {
    verdict: judged.verdict,
    summary: sentence(counts, judged),
    evidence: table(counts),
    data: {
      ...counts,
      usable: judged.usable,
      usedShare: judged.share,
      thresholds: { ...connectionLimits, idleInTransactionMs: idleMs },
    },
  };
};

const sentence = (counts: From<ConnectionCounts>, { usable, share, remarks }: ConnectionsVerdict): string => {
  const reserved = [
    `max_connections ${counts.max}`,
    ...(counts.reservedForSuperusers > 0 ? [`${counts.reservedForSuperusers} reserved for superusers`] : []),
    ...(counts.reservedForService > 0 ? [`${counts.reservedForService} for the administrators of the service`] : []),
    ...(counts.reservedForRoles > 0 ? [`${counts.reservedForRoles} for pg_use_reserved_connections`] : []),
  ].join(', ');
  const states = counts.byState.map(({ name, count }) => `${count} ${name}`);
  return [
    `${counts.total} of ${usable} usable connections (${percent(share)}; ${reserved}) to ${placeOf(counts.server)}`,
    ...(states.length > 0 ? [states.join(', ')] : []),
    ...remarks,
    ...(counts.unseen > 0 ? [`cannot see ${counted(counts.unseen, 'session')}${unseenBecause(counts.server)}`] : []),
  ].join('; ');
};

/** Most have a handful of each; what there is more is summed up. */
const mostOfAKind = 10;

const table = (counts: ConnectionCounts): Table => ({
  columns: [
    { title: 'by' },
    { title: 'name' },
    { title: 'connections', align: 'right' },
    { title: 'share', align: 'right' },
    { title: 'longest', align: 'right' },
  ],
  rows: [
    ...rowsOf('state', counts.byState, counts.total),
    ...(counts.unseen > 0 ? [unseenRow(counts)] : []),
    ...rowsOf('application', counts.byApplication, counts.total),
    ...rowsOf('user', counts.byUser, counts.total),
    ...rowsOf('database', counts.byDatabase, counts.total),
  ],
});

const unseenRow = ({ unseen, total }: ConnectionCounts): readonly Cell[] => [
  'state',
  { text: 'cannot see', verdict: 'unknown' },
  unseen,
  percent(unseen / Math.max(1, total)),
  null,
];

const rowsOf = (by: string, groups: readonly ConnectionGroup[], total: number): readonly (readonly Cell[])[] => {
  const row = (name: string, count: number, oldestMs: number | null): readonly Cell[] => [
    by,
    name,
    count,
    percent(count / Math.max(1, total)),
    age(oldestMs),
  ];
  const rest = groups.slice(mostOfAKind);
  const others = rest.reduce((sum, { count }) => sum + count, 0);
  return [
    ...groups.slice(0, mostOfAKind).map(({ name, count, oldestMs }) => row(name || '(no name)', count, oldestMs)),
    ...(rest.length > 0 ? [row(`${rest.length} others`, others, null)] : []),
  ];
};
