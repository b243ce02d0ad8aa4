import type { Verdict } from '../../../engine/finding.ts';
import type { Statement } from '../../../providers/database/port.ts';

/**
 * A statement is slow where it takes long on average and takes a share of the time that is worth the trouble: a report that
 * runs once a night for a minute is not what makes a service slow.
 */
export const slowLimits = { warnMeanMs: 500, criticalMeanMs: 5000, leastShare: 0.05 } as const;

export const judgeStatement = ({ meanMs, share }: Pick<Statement, 'meanMs' | 'share'>): Verdict => {
  if (share < slowLimits.leastShare) return 'ok';
  if (meanMs >= slowLimits.criticalMeanMs) return 'critical';
  return meanMs >= slowLimits.warnMeanMs ? 'warn' : 'ok';
};
