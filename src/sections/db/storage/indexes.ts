import * as z from 'zod/mini';
import type { Cell, DataFinding } from '../../../engine/finding.ts';
import type { From, IndexReview, InvalidIndex } from '../../../providers/database/port.ts';
import { list, nullableNumber, nullableText, ServerData, UnavailableData } from '../reading/data.ts';
import { databaseLook } from '../reading/database-look.ts';
import { doubtsOf, indexLimits, judgeIndexes } from './indexes-judgement.ts';
import { onServer, placeOf } from '../reading/server.ts';
import { age } from '../../../words/ages.ts';
import { bytes } from '../../../words/bytes.ts';
import { counted, grouped } from '../../../words/counts.ts';

const IndexesData = z.object({
  server: ServerData,
  unavailable: list(UnavailableData),
  statisticsMs: nullableNumber,
  replicas: nullableNumber,
  counting: z.boolean(),
  counts: z.object({
    tables: z.number(),
    indexes: z.number(),
    missing: nullableNumber,
    unused: nullableNumber,
    unusedBytes: nullableNumber,
    invalid: nullableNumber,
    duplicate: nullableNumber,
  }),
  missing: list(
    z.object({
      table: z.string(),
      bytes: z.number(),
      rows: nullableNumber,
      sequentialScans: z.number(),
      rowsRead: z.number(),
      indexScans: nullableNumber,
    }),
  ),
  unused: list(z.object({ index: z.string(), table: z.string(), bytes: z.number(), definition: nullableText })),
  invalid: list(
    z.object({
      index: z.string(),
      table: z.string(),
      bytes: z.number(),
      beingBuilt: z.boolean(),
      partsMissing: nullableNumber,
      leftover: z.boolean(),
    }),
  ),
  duplicate: list(
    z.object({
      table: z.string(),
      indexes: list(
        z.object({
          index: z.string(),
          bytes: z.number(),
          scans: z.number(),
          rule: nullableText,
          constraint: z.boolean(),
        }),
      ),
    }),
  ),
  thresholds: z.object({ leastStatisticsMs: z.number(), tableBytes: z.number() }),
});

/** Section 3.3 of the runbook, "Check for missing indexes", and those that only cost. */
export const indexes = databaseLook({
  id: 'indexes',
  section: '3.3',
  title: 'Indexes',
  purpose: 'Queries read whole tables, or unused indexes slow writes down.',
  input: z.object({
    ...onServer,
    limit: z.int().check(z.gte(1), z.lte(1000)),
    minBytes: z.number().check(z.gte(0)),
  }),
  data: IndexesData,
  look: async (server, context) => indexesFinding(await server.indexes(context.input, context)),
  next: [],
});

const indexesFinding = ({ server, ...review }: From<IndexReview>): DataFinding<z.output<typeof IndexesData>> => {
  const { counts, statisticsMs } = review;
  return {
    verdict: judgeIndexes(review),
    summary: [
      `${counted(counts.indexes, 'index', 'indexes')} on ${counted(counts.tables, 'table')} of ${placeOf(server)}: ${howMany(counts.missing)} missing, ${howMany(counts.unused)} unused (${bytes(counts.unusedBytes) ?? '?'}), ${howMany(counts.invalid)} invalid, ${howMany(counts.duplicate)} duplicate`,
      ...(statisticsMs === null ? [] : [`by statistics of ${age(statisticsMs)}`]),
      ...doubtsOf(review, server.role),
    ].join('; '),
    evidence: {
      columns: [
        { title: 'problem' },
        { title: 'table' },
        { title: 'size', align: 'right' },
        { title: 'what', narrows: true },
        { title: 'definition', narrows: true, extra: true },
      ],
      rows: rowsOf(review),
    },
    data: { server, ...review, thresholds: indexLimits },
  };
};

const rowsOf = ({ missing, invalid, duplicate, unused }: IndexReview): readonly (readonly Cell[])[] => [
  ...invalid.map(({ index, table, bytes: size, beingBuilt, ...how }): readonly Cell[] => [
    beingBuilt ? { text: 'being built', verdict: 'ok' } : { text: 'invalid', verdict: 'warn' },
    table,
    bytes(size),
    beingBuilt ? index : `${index}: ${mendOf(how)}`,
    null,
  ]),
  ...missing.map(({ table, bytes: size, rowsRead, sequentialScans, indexScans }): readonly Cell[] => [
    { text: 'missing', verdict: 'warn' },
    table,
    bytes(size),
    `${grouped(rowsRead)} rows read in ${counted(sequentialScans, 'scan')} from end to end, ${indexScans === null ? 'it has no index' : `${grouped(indexScans)} by index`}`,
    null,
  ]),
  ...duplicate.map(({ table, indexes: same }): readonly Cell[] => [
    { text: 'duplicate', verdict: 'warn' },
    table,
    bytes(same.reduce((sum, index) => sum + index.bytes, 0)),
    same
      .map(({ index, scans, constraint }) => `${index} (${constraint ? 'needed, ' : ''}${counted(scans, 'scan')})`)
      .join(' = '),
    null,
  ]),
  ...unused.map(({ index, table, bytes: size, definition }): readonly Cell[] => [
    { text: 'unused', verdict: 'warn' },
    table,
    bytes(size),
    index,
    definition,
  ]),
];

const howMany = (count: number | null): string => (count === null ? 'cannot see how many' : grouped(count));

/** An index of a partitioned table is never built itself; what a REINDEX left behind is of no use. */
const mendOf = ({ partsMissing, leftover }: Pick<InvalidIndex, 'partsMissing' | 'leftover'>): string => {
  if (partsMissing !== null)
    return partsMissing > 0
      ? `${counted(partsMissing, 'partition')} without a part of it: create the index there, then ALTER INDEX ... ATTACH PARTITION`
      : 'a part of it is invalid: REINDEX INDEX CONCURRENTLY that one';
  return leftover ? 'left behind by a REINDEX CONCURRENTLY: drop it' : 'REINDEX INDEX CONCURRENTLY, or drop it';
};
