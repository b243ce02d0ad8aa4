import type { Verdict } from '../../engine/finding.ts';
import type { IndexReview } from '../../providers/database/port.ts';

/** Statistics younger than this say nothing about what is never used: a monthly report has not run yet. */
export const indexLimits = { leastStatisticsMs: 7 * 86_400_000, tableBytes: 8 * 1024 * 1024 } as const;

/** Nothing here is urgent: what makes queries wait is seen elsewhere. An index that is invalid is only a cost. */
export const judgeIndexes = ({ counts, invalid }: Pick<IndexReview, 'counts' | 'invalid'>): Verdict => {
  const broken = invalid.some(({ beingBuilt }) => !beingBuilt);
  return broken || counts.missing + counts.unused + counts.duplicate > 0 ? 'warn' : 'ok';
};

/** Why the counters may not be believed, where that is so. */
export const doubtsOf = ({
  statisticsMs,
  replicas,
}: Pick<IndexReview, 'statisticsMs' | 'replicas'>): readonly string[] => [
  ...(statisticsMs === null ? ['the age of the statistics is not known'] : []),
  ...(statisticsMs !== null && statisticsMs < indexLimits.leastStatisticsMs
    ? ['the statistics are too young to call an index unused']
    : []),
  ...(replicas > 0
    ? [`${replicas === 1 ? 'a replica counts' : `${replicas} replicas count`} what is used there, and not here`]
    : []),
];
