import * as z from 'zod/mini';
import type { Cell, Finding } from '../../engine/finding.ts';
import type { From, IndexReview } from '../../providers/database/port.ts';
import { doubtsOf, indexLimits, judgeIndexes } from './indexes-judgement.ts';
import { read } from './read.ts';
import { placeOf, serverData } from './server.ts';
import { age, bytes, counted, grouped } from './units.ts';

/** Section 3.3 of the runbook, "Check for missing indexes", and those that only cost. */
export const indexes = read({
  id: 'indexes',
  section: '3.3',
  title: 'Indexes',
  input: { limit: z.int().check(z.gte(1), z.lte(1000)), minBytes: z.number().check(z.gte(0)) },
  look: async ({ server, input, ...call }) => indexesFinding(await server.indexes(input, call)),
  next: [],
});

const indexesFinding = ({ server, ...review }: From<IndexReview>): Finding => {
  const { counts, statisticsMs } = review;
  return {
    verdict: judgeIndexes(review),
    summary: [
      `${counted(counts.indexes, 'index', 'indexes')} on ${counted(counts.tables, 'table')} of ${placeOf(server)}: ${grouped(counts.missing)} missing, ${grouped(counts.unused)} unused (${bytes(counts.unusedBytes)}), ${grouped(counts.invalid)} invalid, ${grouped(counts.duplicate)} duplicate`,
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
    data: {
      server: serverData(server),
      statisticsMs,
      replicas: review.replicas,
      counting: review.counting,
      counts: { ...counts },
      missing: review.missing.map((one) => ({ ...one })),
      unused: review.unused.map((one) => ({ ...one })),
      invalid: review.invalid.map((one) => ({ ...one })),
      duplicate: review.duplicate.map(({ table, indexes: same }) => ({
        table,
        indexes: same.map((index) => ({ ...index })),
      })),
      thresholds: { ...indexLimits },
    },
  };
};

const rowsOf = ({ missing, invalid, duplicate, unused }: IndexReview): readonly (readonly Cell[])[] => [
  ...invalid.map(({ index, table, bytes: size, beingBuilt }): readonly Cell[] => [
    beingBuilt ? { text: 'being built', verdict: 'ok' } : { text: 'invalid', verdict: 'warn' },
    table,
    bytes(size),
    beingBuilt ? index : `${index}: REINDEX INDEX CONCURRENTLY, or drop it`,
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
