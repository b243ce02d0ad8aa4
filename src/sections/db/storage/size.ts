import * as z from 'zod/mini';
import type { DataFinding } from '../../../engine/finding.ts';
import { judged, ok } from '../../../engine/judgement.ts';
import type { JudgedRow, Judgement } from '../../../engine/judgement.ts';
import type { DatabaseSize, From, TableSize } from '../../../providers/database/port.ts';
import { list, nullableNumber, ServerData, UnavailableData } from '../reading/data.ts';
import { databaseLook } from '../reading/database-look.ts';
import { isCatalog, isUnavailable, onServer, placeOf, unseenParts } from '../reading/server.ts';
import { judgeMeasured, judgeTemporary, sizeLimits } from './size-judgement.ts';
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
});

const sizeFinding = ({ server, ...found }: From<DatabaseSize>): DataFinding<z.output<typeof SizeData>> => ({
  ...judged({
    about: [
      `${found.bytes === null ? '' : `${bytes(found.bytes)} `}${placeOf(server)}, ${counted(found.tableCount, 'table')}`,
      ...(found.walBytes === null ? [] : [`WAL ${bytes(found.walBytes)}`]),
      ...temporaryWords(found.temporary),
    ].join('; '),
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
    rows: rowsOf(found, server.database),
    unseen: unseenParts(found),
  }),
  data: { server, ...found, thresholds: sizeLimits },
});

const temporaryWords = ({ bytes: now, writtenBytes }: DatabaseSize['temporary']): readonly string[] => {
  const known = [
    ...(now === null ? [] : [`${bytes(now)} now`]),
    ...(writtenBytes === null ? [] : [`${bytes(writtenBytes)} written since the statistics began`]),
  ];
  return known.length === 0 ? [] : [`temporary files ${known.join(', ')}`];
};

const mostDatabases = 5;
/** Every database has these; they are worth a line where something made them grow. */
const leastCatalogBytes = 100 * 1024 ** 2;

const isWorthALine = ({ table, totalBytes }: TableSize): boolean =>
  !isCatalog(table) || totalBytes >= leastCatalogBytes;

const rowsOf = (
  { databases, tables, tablespaces, walBytes, temporary, ...all }: Omit<From<DatabaseSize>, 'server'>,
  own: string,
): readonly JudgedRow[] => [
  whole(`database ${own}`, ['database', own], all.bytes, judgeMeasured(all.bytes)),
  whole('WAL', ['WAL', 'pg_wal'], walBytes, isUnavailable(all, 'the WAL directory') ? ok : judgeMeasured(walBytes)),
  whole(
    'temporary files',
    ['temporary files', 'now'],
    temporary.bytes,
    isUnavailable(all, 'temporary files') ? ok : judgeTemporary(temporary.bytes),
  ),
  // What else lies beside it is only shown: not every role may measure other databases.
  ...databases
    .filter(({ name }) => name !== own)
    .slice(0, mostDatabases)
    .map((one) => whole(`database ${one.name}`, ['database', one.name], one.bytes)),
  ...tablespaces
    .filter(({ location }) => location !== '')
    .map(({ name, location, bytes: of }) => whole(`tablespace ${name}`, ['tablespace', `${name} (${location})`], of)),
  ...tables.filter(isWorthALine).map((one): JudgedRow => ({
    name: one.table,
    cells: [
      'table',
      one.estimated ? `${one.table} (locked: as of its last VACUUM)` : one.table,
      bytes(one.totalBytes),
      all.bytes === null || all.bytes === 0 ? null : percent(one.totalBytes / all.bytes),
      bytes(one.heapBytes),
      bytes(one.indexBytes),
      bytes(one.toastBytes),
      one.rows === null ? null : grouped(one.rows),
    ],
    judgement: ok,
  })),
];

/** Something of which only the size is known. */
const whole = (
  name: string,
  cells: readonly [what: string, name: string],
  size: number | null,
  judgement: Judgement = ok,
): JudgedRow => ({
  name,
  cells: [...cells, bytes(size), null, null, null, null, null],
  marks: 2,
  judgement,
});
