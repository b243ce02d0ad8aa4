import * as z from 'zod/mini';
import type { DataFinding } from '../../../engine/finding.ts';
import { judged, ok, warn } from '../../../engine/judgement.ts';
import type { JudgedRow } from '../../../engine/judgement.ts';
import { quotedName } from '../../../providers/database/port.ts';
import type { From, VacuumedTable, VacuumProgress, VacuumStatus } from '../../../providers/database/port.ts';
import { list, nullableNumber, nullableText, ServerData, UnavailableData } from '../reading/data.ts';
import { databaseLook } from '../reading/database-look.ts';
import { isCatalog, onServer, placeOf, unseenParts } from '../reading/server.ts';
import { TableRowsData } from './table-data.ts';
import { age } from '../../../words/ages.ts';
import { bytes } from '../../../words/bytes.ts';
import { counted, grouped, percent } from '../../../words/counts.ts';
import { holderRow, holdersOf, unseenHolders } from './vacuum-holders.ts';
import type { Holding } from './vacuum-holders.ts';
import { ageShare, judgeAge, judgeTable, vacuumLimits } from './vacuum-judgement.ts';

const ages = { xidAge: z.number(), multixactAge: z.number() };

const VacuumStatusData = z.object({
  server: ServerData,
  unavailable: list(UnavailableData),
  tables: list(
    z.object({
      oid: z.number(),
      name: z.string(),
      bytes: z.number(),
      rows: TableRowsData,
      autovacuumAt: nullableNumber,
      xidAge: nullableNumber,
    }),
  ),
  tableCount: z.number(),
  wraparound: z.object({
    ...ages,
    freezeMaxAge: z.number(),
    multixactFreezeMaxAge: z.number(),
    stopsAt: z.number(),
    share: z.number(),
    databases: list(z.object({ name: z.string(), ...ages })),
  }),
  running: list(
    z.object({
      pid: z.number(),
      table: nullableText,
      tableOid: nullableNumber,
      database: nullableText,
      autovacuum: z.nullable(z.boolean()),
      phase: nullableText,
      share: nullableNumber,
      scannedBytes: nullableNumber,
      totalBytes: nullableNumber,
      indexPasses: nullableNumber,
      runsMs: nullableNumber,
    }),
  ),
  autovacuum: z.boolean(),
  /** Who keeps old row versions, where the database is on its way to wraparound; null where that cannot be seen. */
  holders: z.nullable(
    list(
      z.object({
        kind: z.enum(['session', 'prepared transaction', 'replication slot', 'replica']),
        name: z.string(),
        detail: z.string(),
        xminAge: z.number(),
        ageMs: nullableNumber,
        pid: nullableNumber,
      }),
    ),
  ),
  thresholds: z.object({
    warnDeadTimes: z.number(),
    leastDeadRows: z.number(),
    warnAgeShare: z.number(),
    criticalAgeShare: z.number(),
  }),
});

/** Section 2.3 of the runbook: which tables need VACUUM, what runs, and how far the server is from wraparound. */
export const vacuumStatus = databaseLook({
  id: 'vacuum-status',
  section: '2.3',
  title: 'Vacuum',
  purpose: 'Dead rows pile up, or the server warns of transaction wraparound.',
  input: z.object({ ...onServer, limit: z.int().check(z.gte(1), z.lte(1000)) }),
  data: VacuumStatusData,
  look: async (server, context) => {
    const status = await server.vacuumStatus({ limit: mostTables }, context);
    return vacuumFinding(status, await holdersOf(server, status, context), context.input.limit);
  },
});

/** So many are judged: what is behind is shown, whatever `--limit` says. */
const mostTables = 500;

const vacuumFinding = (
  { server, ...status }: From<VacuumStatus>,
  holding: Holding,
  limit: number,
): DataFinding<z.output<typeof VacuumStatusData>> => {
  const { tables, tableCount, wraparound, running, autovacuum } = status;
  const { stopsAt } = wraparound;
  const share = ageShare(wraparound, stopsAt);
  return {
    ...judged({
      about: [
        `${counted(tableCount, 'table')} in ${placeOf(server)}, ${percent(share)} of the way to wraparound`,
        ...(running.length > 0 ? [`${counted(running.length, 'VACUUM')} at work`] : []),
      ].join('; '),
      allOk: 'no table is behind with VACUUM',
      columns: [
        { title: 'what', whole: true },
        { title: 'dead rows', align: 'right' },
        { title: 'of live', align: 'right' },
        { title: 'starts at', align: 'right' },
        { title: 'last vacuum' },
        { title: 'size', align: 'right' },
        { title: 'age', align: 'right' },
        { title: 'last analyze', extra: true },
      ],
      rows: [
        ...databaseRows(status, server.database),
        ...(autovacuum ? [] : [autovacuumRow]),
        ...(holding.holders ?? []).map((one) => holderRow(one, stopsAt)),
        ...running.map(runningRow),
        ...tables.flatMap((table) => tableRow(table, stopsAt)),
      ],
      unseen: [...unseenParts(status), ...unseenHolders(holding, server)],
      limit,
    }),
    data: {
      server,
      ...status,
      wraparound: { ...wraparound, share },
      holders: holding.holders,
      thresholds: vacuumLimits,
    },
  };
};

/** This one in any case, and those that are on the way; the server stops for all of them when one arrives. */
const databaseRows = ({ wraparound, tables }: VacuumStatus, own: string): readonly JudgedRow[] => {
  const { stopsAt, databases } = wraparound;
  // A table that is old itself says so in its own row.
  const inTables = tables.some(({ xidAge }) => xidAge !== null && judgeAge(xidAge / stopsAt).verdict !== 'ok');
  return [{ name: own, ...wraparound }, ...databases.filter(({ name }) => name !== own)].flatMap((one) => {
    const freeze = `VACUUM (FREEZE);   (in the database ${quotedName(one.name)}, of all its tables)`;
    const judgement = judgeAge(ageShare(one, stopsAt), ...(one.name === own && inTables ? [] : [freeze]));
    if (one.name !== own && judgement.verdict === 'ok') return [];
    const age = grouped(Math.max(one.xidAge, one.multixactAge));
    const name = `database ${one.name}`;
    return [{ name, cells: [name, null, null, null, null, null, age, null], marks: 6, judgement }];
  });
};

const autovacuumRow: JudgedRow = {
  name: 'autovacuum',
  cells: ['autovacuum', null, null, 'off', null, null, null, null],
  marks: 3,
  judgement: warn(
    'is off (autovacuum, track_counts)',
    'ALTER SYSTEM SET autovacuum = on; ALTER SYSTEM SET track_counts = on; SELECT pg_reload_conf();',
  ),
};

/** The server's own tables have a line where they are behind. */
const tableRow = (table: VacuumedTable, stopsAt: number): readonly JudgedRow[] => {
  const { name, rows, autovacuumAt, xidAge } = table;
  const judgement = judgeTable(table, stopsAt);
  if (judgement.verdict === 'ok' && (rows.dead === 0 || isCatalog(name))) return [];
  return [
    {
      name,
      cells: [
        name,
        grouped(rows.dead),
        rows.live === 0 ? null : percent(rows.dead / rows.live),
        autovacuumAt === null ? 'off' : grouped(autovacuumAt),
        ago(last(rows.lastVacuumMs, rows.lastAutovacuumMs)),
        bytes(table.bytes),
        xidAge === null ? null : grouped(xidAge),
        ago(last(rows.lastAnalyzeMs, rows.lastAutoanalyzeMs)),
      ],
      marks: xidAge !== null && judgeAge(xidAge / stopsAt).verdict !== 'ok' ? 6 : 1,
      judgement,
    },
  ];
};

const last = (one: number | null, other: number | null): number | null =>
  one === null || other === null ? (one ?? other) : Math.min(one, other);

const ago = (ms: number | null): string => (ms === null ? 'never' : `${age(ms)} ago`);

const runningRow = (progress: VacuumProgress): JudgedRow => {
  const table = progress.table ?? `a table of ${progress.database ?? 'another database'}`;
  return {
    name: `VACUUM of ${table}`,
    cells: [
      `▸ ${table}`,
      null,
      progress.share === null ? null : percent(progress.share),
      progress.autovacuum === null ? null : progress.autovacuum ? 'autovacuum' : 'by hand',
      `${progress.phase ?? 'cannot see'}, ${age(progress.runsMs) ?? ''}`,
      bytes(progress.totalBytes),
      null,
      null,
    ],
    judgement: ok,
  };
};
