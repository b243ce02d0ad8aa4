import * as z from 'zod/mini';
import type { DataFinding } from '../../../engine/finding.ts';
import { judged, warn } from '../../../engine/judgement.ts';
import type { JudgedRow, Unseen } from '../../../engine/judgement.ts';
import type { From, IndexReview, InvalidIndex, MissingIndex } from '../../../providers/database/port.ts';
import { list, nullableNumber, nullableText, ServerData, UnavailableData } from '../reading/data.ts';
import { databaseLook } from '../reading/database-look.ts';
import {
  doubtsOf,
  indexLimits,
  judgeDuplicates,
  judgeInvalid,
  judgeMissing,
  judgeUnused,
  mayGo,
} from './indexes-judgement.ts';
import { onServer, placeOf, unseenParts } from '../reading/server.ts';
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
          tied: z.boolean(),
        }),
      ),
    }),
  ),
  thresholds: z.object({
    leastStatisticsMs: z.number(),
    tableBytes: z.number(),
    leastScans: z.number(),
    leastScanShare: z.number(),
  }),
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
  look: async (server, context) =>
    indexesFinding(await server.indexes({ ...context.input, limit: mostOfAKind }, context), context.input.limit),
});

/** So many of each kind are looked at: what is not ok is shown, whatever `--limit` says. */
const mostOfAKind = 500;

const notCounted: Unseen = {
  what: 'which indexes are used',
  why: 'track_counts is off, nothing is counted',
  next: [`ALTER SYSTEM SET track_counts = on;`],
};

const indexesFinding = (
  { server, ...review }: From<IndexReview>,
  limit: number,
): DataFinding<z.output<typeof IndexesData>> => {
  const { counts, counting, missing, statisticsMs } = review;
  const doubts = doubtsOf(review, server.role);
  return {
    ...judged({
      about: [
        `${counted(counts.indexes, 'index', 'indexes')} on ${counted(counts.tables, 'table')} of ${placeOf(server)}`,
        ...(counts.missing !== null && counts.missing > missing.length
          ? [`${missing.length} of ${counts.missing} tables that are read from end to end looked at`]
          : []),
        ...(counting && counts.unused !== null && counts.unused > 0
          ? [
              `${grouped(counts.unused)} not used${statisticsMs === null ? '' : ` in ${age(statisticsMs)}`} (${bytes(counts.unusedBytes)})`,
              ...doubts,
            ]
          : []),
      ].join('; '),
      columns: [
        { title: 'problem' },
        { title: 'table' },
        { title: 'size', align: 'right' },
        { title: 'what', narrows: true },
        { title: 'definition', narrows: true, extra: true },
      ],
      rows: rowsOf(review, doubts),
      unseen: [...unseenParts(review), ...(counting ? [] : [notCounted])],
      limit,
    }),
    data: { server, ...review, thresholds: indexLimits },
  };
};

const rowsOf = (
  { missing, invalid, duplicate, unused, counts, counting }: IndexReview,
  doubts: readonly string[],
): readonly JudgedRow[] => [
  ...invalid.map((one) => invalidRow(one)),
  ...moreRow('invalid', counts.invalid, invalid),
  ...duplicate.map(({ table, indexes: same }): JudgedRow => {
    const size = same.reduce((sum, index) => sum + index.bytes, 0);
    const superfluous = mayGo(same);
    const text = same.map(({ index, scans, tied }) => `${index} (${tied ? 'needed, ' : ''}${counted(scans, 'scan')})`);
    return {
      name: (superfluous.length > 0 ? superfluous : same).map(({ index }) => index).join(', '),
      cells: ['duplicate', table, bytes(size), text.join(' = '), null],
      judgement: judgeDuplicates(same),
    };
  }),
  ...moreRow('duplicate', counts.duplicate, duplicate),
  // Where nothing is counted, every index looks unused and no table looks read.
  ...(counting ? missing.map((one) => missingRow(one)) : []),
  ...(counting
    ? unused.map(({ index, table, bytes: size, definition }): JudgedRow => ({
        name: index,
        cells: ['unused', table, bytes(size), index, definition],
        judgement: judgeUnused(index, doubts),
      }))
    : []),
  ...(counting && doubts.length === 0 ? moreRow('unused', counts.unused, unused) : []),
];

const invalidRow = (one: InvalidIndex): JudgedRow => ({
  name: one.index,
  cells: [one.beingBuilt ? 'being built' : 'invalid', one.table, bytes(one.bytes), one.index, null],
  judgement: judgeInvalid(one),
});

const missingRow = (one: MissingIndex): JudgedRow => {
  const { table, bytes: size, rowsRead, sequentialScans, indexScans } = one;
  const judgement = judgeMissing(one);
  const text = `${grouped(rowsRead)} rows read in ${counted(sequentialScans, 'scan')} from end to end, ${indexScans === null ? 'it has no index' : `${grouped(indexScans)} by index`}`;
  return {
    name: table,
    cells: [judgement.verdict === 'ok' ? 'read whole' : 'missing', table, bytes(size), text, null],
    judgement,
  };
};

/** Those beyond what the server was asked for are of the same kind. Null: that part cannot be seen. */
const moreRow = (kind: string, count: number | null, seen: readonly unknown[]): readonly JudgedRow[] => {
  const more = (count ?? 0) - seen.length;
  if (more <= 0) return [];
  const name = `${grouped(more)} more`;
  return [{ name, cells: [kind, null, null, name, null], judgement: warn(kind) }];
};
