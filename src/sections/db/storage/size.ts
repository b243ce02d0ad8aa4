import * as z from 'zod/mini';
import type { Cell, DataFinding } from '../../../engine/finding.ts';
import type { DatabaseSize, From, TableSize } from '../../../providers/database/port.ts';
import { list, nullableNumber, ServerData, UnavailableData } from '../reading/data.ts';
import { databaseLook } from '../reading/database-look.ts';
import { isCatalog, onServer, placeOf } from '../reading/server.ts';
import { judgeSize, sizeLimits } from './size-judgement.ts';
import { bytes } from '../../../words/bytes.ts';
import { counted, grouped, percent } from '../../../words/counts.ts';

const SizeData = z.object({
  server: ServerData,
  unavailable: list(UnavailableData),
  bytes: nullableNumber,
  databases: list(z.object({ name: z.string(), bytes: nullableNumber })),
  tables: list(
    z.object({
      table: z.string(),
      totalBytes: z.number(),
      heapBytes: z.number(),
      indexBytes: z.number(),
      toastBytes: z.number(),
      rows: nullableNumber,
      estimated: z.boolean(),
    }),
  ),
  tableCount: z.number(),
  walBytes: nullableNumber,
  temporary: z.object({ bytes: nullableNumber, files: nullableNumber, writtenBytes: nullableNumber }),
  tablespaces: list(z.object({ name: z.string(), location: z.string(), bytes: nullableNumber })),
  thresholds: z.object({ warnTemporaryBytes: z.number(), criticalTemporaryBytes: z.number() }),
});

/** Section 3.6 of the runbook, the size of the database, and of what is in it. */
export const size = databaseLook({
  id: 'size',
  section: '3.6',
  title: 'Database size',
  purpose: 'The disk of the database fills up.',
  input: z.object({ ...onServer, limit: z.int().check(z.gte(1), z.lte(1000)) }),
  data: SizeData,
  look: async (server, context) => sizeFinding(await server.size(context.input, context)),
  next: ['rb db running', 'rb db bloat', 'rb db wal'],
});

const sizeFinding = ({ server, ...found }: From<DatabaseSize>): DataFinding<z.output<typeof SizeData>> => ({
  verdict: judgeSize(found),
  summary: [
    `${found.bytes === null ? 'cannot see the size of' : bytes(found.bytes)} ${placeOf(server)}, ${counted(found.tableCount, 'table')}`,
    `WAL ${bytes(found.walBytes) ?? 'cannot see'}`,
    `temporary files ${bytes(found.temporary.bytes) ?? 'cannot see'} now, ${bytes(found.temporary.writtenBytes)} written since the statistics began`,
  ].join('; '),
  evidence: {
    columns: [
      { title: 'what' },
      { title: 'name' },
      { title: 'total', align: 'right' },
      { title: 'share', align: 'right' },
      { title: 'heap', align: 'right' },
      { title: 'indexes', align: 'right' },
      { title: 'toast', align: 'right', extra: true },
      { title: 'rows', align: 'right', extra: true },
    ],
    rows: rowsOf(found),
  },
  data: { server, ...found, thresholds: sizeLimits },
});

const mostDatabases = 5;
/** Every database has these; they are worth a line where something made them grow. */
const leastCatalogBytes = 100 * 1024 ** 2;

const isWorthALine = ({ table, totalBytes }: TableSize): boolean =>
  !isCatalog(table) || totalBytes >= leastCatalogBytes;

const rowsOf = ({ databases, tables, tablespaces, ...all }: DatabaseSize): readonly (readonly Cell[])[] => [
  ...databases
    .slice(0, mostDatabases)
    .map((one): readonly Cell[] => ['database', one.name, bytes(one.bytes), null, null, null, null, null]),
  ...tablespaces
    .filter(({ location }) => location !== '')
    .map(({ name, location, bytes: of }): readonly Cell[] => [
      'tablespace',
      `${name} (${location})`,
      bytes(of),
      null,
      null,
      null,
      null,
      null,
    ]),
  ...tables
    .filter(isWorthALine)
    .map((one): readonly Cell[] => [
      'table',
      one.estimated ? `${one.table} (locked: as of its last VACUUM)` : one.table,
      bytes(one.totalBytes),
      all.bytes === null || all.bytes === 0 ? null : percent(one.totalBytes / all.bytes),
      bytes(one.heapBytes),
      bytes(one.indexBytes),
      bytes(one.toastBytes),
      one.rows === null ? null : grouped(one.rows),
    ]),
];
