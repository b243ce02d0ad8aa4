import * as z from 'zod/mini';
import type { Cell, DataFinding } from '../../../engine/finding.ts';
import type { From, VacuumedTable, VacuumProgress, VacuumStatus } from '../../../providers/database/port.ts';
import { list, nullableNumber, nullableText, ServerData, UnavailableData } from '../reading/data.ts';
import { databaseLook } from '../reading/database-look.ts';
import { isCatalog, onServer, placeOf } from '../reading/server.ts';
import { TableRowsData } from './table-data.ts';
import { age } from '../../../words/ages.ts';
import { bytes } from '../../../words/bytes.ts';
import { counted, grouped, percent } from '../../../words/counts.ts';
import { marked } from '../../../engine/finding.ts';
import { ageShare, judgeAge, judgeTable, judgeVacuum, vacuumLimits } from './vacuum-judgement.ts';

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
  look: async (server, context) => vacuumFinding(await server.vacuumStatus(context.input, context)),
  next: ['rb db vacuum <table>', 'rb db running'],
});

const vacuumFinding = ({ server, ...status }: From<VacuumStatus>): DataFinding<z.output<typeof VacuumStatusData>> => {
  const { tables, tableCount, wraparound, running, autovacuum } = status;
  const share = ageShare(wraparound, wraparound.stopsAt);
  const behind = tables.filter((table) => judgeTable(table) !== 'ok').length;
  const elsewhere = wraparound.databases.filter(
    (one) => one.name !== server.database && judgeAge(ageShare(one, wraparound.stopsAt)) !== 'ok',
  );
  return {
    verdict: judgeVacuum(status),
    summary: [
      `${behind === 0 ? 'no table is' : `${counted(behind, 'table')} ${behind === 1 ? 'is' : 'are'}`} behind with VACUUM of ${grouped(tableCount)} in ${placeOf(server)}`,
      `${percent(share)} of the way to wraparound`,
      ...elsewhere.map((one) => `database "${one.name}" ${percent(ageShare(one, wraparound.stopsAt))}`),
      ...(running.length > 0 ? [`${counted(running.length, 'VACUUM')} at work`] : []),
      ...(autovacuum ? [] : ['autovacuum is off']),
    ].join('; '),
    evidence: {
      columns: [
        { title: 'table' },
        { title: 'dead rows', align: 'right' },
        { title: 'of live', align: 'right' },
        { title: 'autovacuum at', align: 'right' },
        { title: 'last vacuum' },
        { title: 'size', align: 'right' },
        { title: 'last analyze', extra: true },
        { title: 'transactions old', align: 'right', extra: true },
      ],
      rows: [
        ...running.map(runningRow),
        ...tables
          .filter(isWorthALine)
          .map((table): readonly Cell[] => [
            table.name,
            marked(grouped(table.rows.dead), judgeTable(table)),
            table.rows.live === 0 ? null : percent(table.rows.dead / table.rows.live),
            table.autovacuumAt === null ? 'off' : grouped(table.autovacuumAt),
            ago(last(table.rows.lastVacuumMs, table.rows.lastAutovacuumMs)),
            bytes(table.bytes),
            ago(last(table.rows.lastAnalyzeMs, table.rows.lastAutoanalyzeMs)),
            table.xidAge === null ? null : grouped(table.xidAge),
          ]),
      ],
    },
    data: {
      server,
      ...status,
      wraparound: { ...wraparound, share },
      thresholds: vacuumLimits,
    },
  };
};

const isWorthALine = (table: VacuumedTable): boolean =>
  judgeTable(table) !== 'ok' || (table.rows.dead > 0 && !isCatalog(table.name));

const last = (one: number | null, other: number | null): number | null =>
  one === null || other === null ? (one ?? other) : Math.min(one, other);

const ago = (ms: number | null): string => (ms === null ? 'never' : `${age(ms)} ago`);

const runningRow = (progress: VacuumProgress): readonly Cell[] => [
  `▸ ${progress.table ?? `a table of ${progress.database ?? 'another database'}`}`,
  null,
  progress.share === null ? null : percent(progress.share),
  progress.autovacuum === null ? 'cannot see' : progress.autovacuum ? 'autovacuum' : 'by hand',
  `${progress.phase ?? 'cannot see'}, ${age(progress.runsMs) ?? ''}`,
  bytes(progress.totalBytes),
  null,
  null,
];
