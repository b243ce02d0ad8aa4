import { listing } from '../../../../words/listing.ts';
import { formatDuration } from '../../../../words/ages.ts';
import { RunbookError } from '../../../../engine/errors.ts';

const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;

/** The intervals that a cron expression keeps exactly: others would begin anew with each hour, day or week. Shortest first. */
const expressions = new Map<number, string>([
  ...[5, 6, 10, 12, 15, 20, 30].map((minutes) => [minutes * minute, `*/${minutes} * * * *`] as const),
  [hour, '0 * * * *'],
  ...[2, 3, 4, 6, 8, 12].map((hours) => [hours * hour, `0 */${hours} * * *`] as const),
  [day, '0 0 * * *'],
  [7 * day, '0 0 * * 0'],
]);

/** The cron expression, in UTC, that is due every `everyMs`. Errors: `usage`, with the nearest intervals, where there is none. */
export const cronOf = (everyMs: number): string => {
  const expression = expressions.get(everyMs);
  if (expression !== undefined) return expression;
  const known = [...expressions.keys()];
  const nearest = [known.findLast((ms) => ms < everyMs), known.find((ms) => ms > everyMs)].filter(
    (ms) => ms !== undefined,
  );
  const words = nearest.map((ms) => formatDuration(ms));
  throw new RunbookError(
    'usage',
    `a CronJob cannot keep an interval of ${formatDuration(everyMs)} exactly; the nearest: ${listing(words)}`,
    { next: nearest.map((ms) => `rb restart --every ${short(ms)}`) },
  );
};

const short = (ms: number): string =>
  ms % day === 0 ? `${ms / day}d` : ms % hour === 0 ? `${ms / hour}h` : `${ms / minute}m`;

/** 1 January 1970 was a Thursday. */
const sundayAfterEpoch = 3 * day;

/** When an interval that `cronOf` knows is due next. */
export const nextRun = (everyMs: number, now: Date): Date => {
  const offset = everyMs === 7 * day ? sundayAfterEpoch : 0;
  return new Date((Math.floor((now.getTime() - offset) / everyMs) + 1) * everyMs + offset);
};
