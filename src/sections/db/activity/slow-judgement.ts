import { critical, ok, warn } from '../../../engine/judgement.ts';
import type { Judgement } from '../../../engine/judgement.ts';
import type { Statement } from '../../../providers/database/port.ts';
import { age } from '../../../words/ages.ts';
import { percent } from '../../../words/counts.ts';

/**
 * A statement is slow where it takes long on average and takes a share of the time that is worth the trouble: a report that
 * runs once a night for a minute is not what makes a service slow.
 */
export const slowLimits = { warnMeanMs: 500, criticalMeanMs: 5000, leastShare: 0.05 } as const;

/** No more statements than these can have `leastShare` of the time: the first of them by their total time are all that can be slow. */
export const mostSlow = Math.ceil(1 / slowLimits.leastShare);

export const judgeStatement = ({ meanMs, share }: Pick<Statement, 'meanMs' | 'share'>): Judgement => {
  if (share < slowLimits.leastShare) return ok;
  const why = `takes ${age(meanMs)} on average and ${percent(share)} of the time`;
  if (meanMs >= slowLimits.criticalMeanMs) return critical(why, ...next);
  return meanMs >= slowLimits.warnMeanMs ? warn(why, ...next) : ok;
};

const next = ['rb db running', 'rb db indexes'];
