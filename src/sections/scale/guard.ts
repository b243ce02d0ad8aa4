import type { DataFinding } from '../../engine/finding.ts';
import type { Settings } from '../settings.ts';
import type { Decided } from './counts.ts';
import { isOffPeak, wallClock } from './off-peak.ts';
import type { OffPeakWindow } from './off-peak.ts';

export interface Limits {
  readonly min: number;
  readonly max?: number | undefined;
  readonly offPeak?: OffPeakWindow | undefined;
}

/** Without a configuration the floor is 1 instance. */
export const limitsOf = ({ environment: { scaling } }: Settings): Limits => ({ ...scaling, min: scaling?.min ?? 1 });

/** Whether a count is allowed at all: the floor and the ceiling hold for every way of asking. */
export const withinLimits = (present: number, to: number, limits: Limits): DataFinding<Omit<Decided, 'baseline'>> => {
  const allowed = `${limits.min}${limits.max === undefined ? ' or more' : ` to ${limits.max}`}`;
  const data = { present, to, min: limits.min, max: limits.max ?? null };
  if (to < limits.min)
    return { verdict: 'critical', summary: `${to} instances would be below the floor of ${limits.min}`, data };
  if (limits.max !== undefined && to > limits.max)
    return { verdict: 'critical', summary: `${to} instances would be above the ceiling of ${limits.max}`, data };
  return {
    verdict: 'ok',
    summary:
      to === present ? `already ${present} instances` : `${present} instances now, ${to} wanted, ${allowed} allowed`,
    data,
  };
};

/** Reasons to be more careful than with an ordinary change of the count. */
export const scaleRaises = (present: number, to: number, limits: Limits, at: Date): readonly string[] => {
  if (to >= present) return [];
  const reasons: string[] = [];
  if (limits.offPeak && !isOffPeak(limits.offPeak, at)) {
    const { from, to: until, timeZone } = limits.offPeak;
    reasons.push(
      `scaling down outside the off-peak hours ${from}-${until} (it is ${wallClock(at, timeZone)} ${timeZone})`,
    );
  }
  if (present - to > present / 2) reasons.push(`takes away ${present - to} of ${present} instances at once`);
  return reasons;
};
