import { judgement, ok, warn } from '../../../engine/judgement.ts';
import type { Judgement } from '../../../engine/judgement.ts';
import type { IndexReview, InvalidIndex, MissingIndex, Server } from '../../../providers/database/port.ts';
import { age } from '../../../words/ages.ts';
import { counted, grouped, percent } from '../../../words/counts.ts';

/**
 * Statistics younger than this say nothing about what is never used: a monthly report has not run yet. A few reads from end to end are a
 * dump or a report, and beside many look-ups by index they are no habit.
 */
export const indexLimits = {
  leastStatisticsMs: 7 * 86_400_000,
  tableBytes: 8 * 1024 * 1024,
  leastScans: 10,
  leastScanShare: 0.05,
} as const;

/** Nothing here is urgent: what makes queries wait is seen elsewhere. */
export const judgeMissing = ({ sequentialScans, indexScans, rowsRead }: MissingIndex): Judgement => {
  const share = sequentialScans / Math.max(1, sequentialScans + (indexScans ?? 0));
  if (sequentialScans < indexLimits.leastScans || share < indexLimits.leastScanShare) return ok;
  const reads = `read from end to end ${counted(sequentialScans, 'time')} (${grouped(rowsRead)} rows)`;
  return warn(
    indexScans === null ? `${reads}, and has no index` : `${reads}, ${percent(share)} of its scans`,
    'rb db slow   (which statements read it)',
  );
};

/**
 * An index that is invalid is only a cost, and one that is being built may become valid. One of a partitioned table is never built itself,
 * and what REINDEX CONCURRENTLY has left behind is of no use.
 */
export const judgeInvalid = ({ index, beingBuilt, partsMissing, leftover }: InvalidIndex): Judgement => {
  if (beingBuilt) return ok;
  if (partsMissing !== null)
    return partsMissing > 0
      ? warn(
          `invalid, ${counted(partsMissing, 'partition')} without a part of it`,
          `CREATE INDEX CONCURRENTLY on each partition without one, then ALTER INDEX ${index} ATTACH PARTITION <its index>;`,
        )
      : warn('invalid, as a part of it is', `REINDEX INDEX CONCURRENTLY <part>;   (the invalid part of ${index})`);
  return leftover
    ? warn('invalid, left behind by REINDEX CONCURRENTLY', `DROP INDEX CONCURRENTLY ${index};`)
    : warn('invalid', `REINDEX INDEX CONCURRENTLY ${index};   (or drop it)`);
};

type Duplicate = IndexReview['duplicate'][number]['indexes'][number];

/**
 * Of indexes that do the same, those that may go: all but the ones that something hangs on. One stays for each rule that they keep, and
 * one in any case: the one that is used most.
 */
export const mayGo = (same: readonly Duplicate[]): readonly Duplicate[] => {
  const byUse = same.toSorted((one, other) => other.scans - one.scans);
  const tied = byUse.filter((index) => index.tied);
  const kept = new Set(tied);
  const rules = new Set(tied.map(({ rule }) => rule));
  for (const index of byUse)
    if (index.rule !== null && !rules.has(index.rule)) {
      rules.add(index.rule);
      kept.add(index);
    }
  if (kept.size === 0) return byUse.slice(1);
  return byUse.filter((index) => !kept.has(index));
};

export const judgeDuplicates = (same: readonly Duplicate[]): Judgement => {
  const superfluous = mayGo(same);
  const staying = same.filter((one) => !superfluous.includes(one)).map(({ index }) => index);
  return superfluous.length > 0
    ? warn(
        `may go: ${staying.join(', ')} ${staying.length === 1 ? 'does' : 'do'} the same`,
        ...superfluous.map(({ index }) => `DROP INDEX CONCURRENTLY ${index};`),
      )
    : warn(
        'do the same, and a constraint hangs on each',
        'drop the constraint that nothing refers to, its index goes with it',
      );
};

/** Called unused only where the counters can be believed. */
export const judgeUnused = (index: string, doubts: readonly string[]): Judgement =>
  judgement(
    doubts.length === 0 && warn('never used', `DROP INDEX CONCURRENTLY ${index};   (after a look at the replicas)`),
  );

/** Why the counters may not be believed, where that is so. */
export const doubtsOf = (
  { statisticsMs, replicas }: Pick<IndexReview, 'statisticsMs' | 'replicas'>,
  role: Server['role'],
): readonly string[] => [
  ...(role === 'replica' ? ['this is a replica: its primary counts what is used there, and builds the indexes'] : []),
  ...(statisticsMs !== null && statisticsMs < indexLimits.leastStatisticsMs
    ? [`the statistics are too young to call an index unused (${age(statisticsMs)})`]
    : []),
  ...(replicas === null ? ['whether a replica counts what is used there is not known'] : []),
  ...(replicas !== null && replicas > 0
    ? [`${replicas === 1 ? 'a replica counts' : `${replicas} replicas count`} what is used there, and not here`]
    : []),
];
