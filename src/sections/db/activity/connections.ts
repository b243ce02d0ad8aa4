import * as z from 'zod/mini';
import type { DataFinding } from '../../../engine/finding.ts';
import { judged, ok } from '../../../engine/judgement.ts';
import type { JudgedRow } from '../../../engine/judgement.ts';
import type { ConnectionCounts, ConnectionGroup, From } from '../../../providers/database/port.ts';
import { connectionLimits, judgeSlots, judgeState, shareOf, usableSlots } from './connections-judgement.ts';
import { list, nullableNumber, ServerData, UnavailableData } from '../reading/data.ts';
import { databaseLook } from '../reading/database-look.ts';
import { onServer, placeOf, unseenBecause, unseenParts } from '../reading/server.ts';
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
});

const connectionsFinding = (
  counts: From<ConnectionCounts>,
  idleMs: number,
): DataFinding<z.output<typeof ConnectionsData>> => {
  const { server, unseen } = counts;
  const usable = usableSlots(counts);
  return {
    ...judged({
      about: about(counts, usable),
      columns: [
        { title: 'by' },
        { title: 'name' },
        { title: 'connections', align: 'right' },
        { title: 'share', align: 'right' },
        { title: 'longest', align: 'right' },
      ],
      rows: rowsOf(counts, usable, idleMs),
      unseen: [
        ...unseenParts(counts),
        ...(unseen > 0 ? [{ what: counted(unseen, 'session'), ...unseenBecause(server) }] : []),
      ],
    }),
    data: {
      ...counts,
      usable,
      usedShare: counts.total / usable,
      thresholds: { ...connectionLimits, idleInTransactionMs: idleMs },
    },
  };
};

const about = (counts: From<ConnectionCounts>, usable: number): string => {
  const reserved = [
    `max_connections ${counts.max}`,
    ...(counts.reservedForSuperusers > 0 ? [`${counts.reservedForSuperusers} reserved for superusers`] : []),
    ...(counts.reservedForService > 0 ? [`${counts.reservedForService} for the administrators of the service`] : []),
    ...(counts.reservedForRoles > 0 ? [`${counts.reservedForRoles} for pg_use_reserved_connections`] : []),
  ].join(', ');
  const states = counts.byState.map(({ name, count }) => `${count} ${name}`);
  return [
    `${counts.total} of ${usable} usable connections (${percent(counts.total / usable)}; ${reserved}) to ${placeOf(counts.server)}`,
    ...(states.length > 0 ? [states.join(', ')] : []),
  ].join('; ');
};

/** Most have a handful of each; what there is more is summed up. */
const mostOfAKind = 10;

const rowsOf = (counts: ConnectionCounts, usable: number, idleMs: number): readonly JudgedRow[] => [
  slotsRow('all', 'usable connections', 'connections', counts.total, usable),
  ...counts.limits.map(({ of, name, max, used }) => slotsRow(`limit of ${of}`, name, `${of} "${name}"`, used, max)),
  // Each state is judged: there are six.
  ...counts.byState.map((group) => groupRow('state', group, counts.total, idleMs)),
  ...groupRows('application', counts.byApplication, counts.total),
  ...groupRows('user', counts.byUser, counts.total),
  ...groupRows('database', counts.byDatabase, counts.total),
];

const slotsRow = (by: string, name: string, said: string, used: number, of: number): JudgedRow => ({
  name: said,
  cells: [by, name, used, percent(shareOf(used, of)), null],
  marks: 3,
  judgement: judgeSlots(used, of),
});

const groupRow = (by: string, group: ConnectionGroup, total: number, idleMs: number): JudgedRow => ({
  name: group.name,
  cells: [by, group.name || '(no name)', group.count, percent(group.count / Math.max(1, total)), age(group.oldestMs)],
  marks: 4,
  judgement: by === 'state' ? judgeState(group, idleMs) : ok,
});

const groupRows = (by: string, groups: readonly ConnectionGroup[], total: number): readonly JudgedRow[] => {
  const rest = groups.slice(mostOfAKind);
  const others = rest.reduce((sum, { count }) => sum + count, 0);
  const all = [
    ...groups.slice(0, mostOfAKind),
    ...(rest.length > 0 ? [{ name: `${rest.length} others`, count: others, oldestMs: null }] : []),
  ];
  return all.map((group) => groupRow(by, group, total, 0));
};
