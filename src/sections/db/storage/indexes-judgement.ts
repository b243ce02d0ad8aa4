import { worst } from '../../../engine/finding.ts';
import type { Verdict } from '../../../engine/finding.ts';
import type { IndexReview, Server } from '../../../providers/database/port.ts';

/** Statistics younger than this say nothing about what is never used: a monthly report has not run yet. */
export const indexLimits = { leastStatisticsMs: 7 * 86_400_000, tableBytes: 8 * 1024 * 1024 } as const;

/**
 * Nothing here is urgent: what makes queries wait is seen elsewhere. An index that is invalid is only a cost. Where nothing is
 * counted, every index looks unused and no table looks read.
 */
export const judgeIndexes = ({
  counts,
  invalid,
  counting,
}: Pick<IndexReview, 'counts' | 'invalid' | 'counting'>): Verdict => {
  const broken = invalid.some(({ beingBuilt }) => !beingBuilt);
  const found = [counts.duplicate, ...(counting ? [counts.missing, counts.unused] : [])];
  return worst([
    broken || found.some((number) => number !== null && number > 0) ? 'warn' : 'ok',
    counting && found.every((number) => number !== null) && counts.invalid !== null ? 'ok' : 'unknown',
  ]);
};

/** Why the counters may not be believed, where that is so. */
export const doubtsOf = (
  { statisticsMs, replicas, counting }: Pick<IndexReview, 'statisticsMs' | 'replicas' | 'counting'>,
  role: Server['role'],
): readonly string[] => [
  ...(counting ? [] : ['nothing is counted, so what is used is not known: track_counts is off']),
  ...(role === 'replica' ? ['this is a replica: its primary counts what is used there, and builds the indexes'] : []),
  ...(statisticsMs === null ? ['the age of the statistics is not known'] : []),
  ...(statisticsMs !== null && statisticsMs < indexLimits.leastStatisticsMs
    ? ['the statistics are too young to call an index unused']
    : []),
  ...(replicas === null ? ['whether a replica counts what is used there is not known'] : []),
  ...(replicas !== null && replicas > 0
    ? [`${replicas === 1 ? 'a replica counts' : `${replicas} replicas count`} what is used there, and not here`]
    : []),
];
