import { digest } from '../../../../engine/change.ts';
import { RunbookError } from '../../../../engine/errors.ts';

const minuteMs = 60_000;
const units = [
  ['day', 24 * 60 * minuteMs],
  ['hour', 60 * minuteMs],
  ['minute', minuteMs],
] as const;

/** `rate(6 hours)`. Errors: `usage` where it is not a number of whole minutes. */
export const rateOf = (everyMs: number): string => {
  if (!Number.isInteger(everyMs) || everyMs < minuteMs || everyMs % minuteMs !== 0)
    throw new RunbookError('usage', 'EventBridge Scheduler takes whole minutes, hours or days', {
      next: ['rb restart --every 6h'],
    });
  const [unit, ms] = units.find((one) => everyMs % one[1] === 0) ?? units[2];
  const count = everyMs / ms;
  return `rate(${count} ${unit}${count === 1 ? '' : 's'})`;
};

const longest = 64;

/** The name of a service's schedule: letters, digits and `-_.`, at most 64 of them. Two services never share one. */
export const scheduleName = (cluster: string, service: string): string => {
  const exact = `rb-restart-${cluster}-${service}`;
  const safe = exact.replaceAll(/[^0-9A-Za-z_.-]/g, '-');
  // `a-b` in `c` and `b` in `c-a` would be one name.
  const mark = digest([cluster, service]).slice(0, 8);
  return `${safe.slice(0, longest - mark.length - 1)}-${mark}`;
};
