import { RunbookError } from '../engine/errors.ts';

const units = { d: 86_400_000, h: 3_600_000, m: 60_000, s: 1000 } as const;
type Unit = keyof typeof units;

/** Longer than this is a slip of the finger, and overflows timers. */
const longest = 3650 * units.d;

/**
 * Reads `30s`, `5m`, `6h`, `7d`, also `1h30m` (larger units first, each once). Returns milliseconds.
 * `what` names it in the error (`--since`). Errors: `usage`, naming what was found.
 */
export const parseDuration = (text: string, what = 'the duration'): number => {
  const wrong = (why: string) =>
    new RunbookError(
      'usage',
      `${what}: expected a duration such as 30s, 5m, 6h, 7d or 1h30m, found ${quoted(text)}${why}`,
      {
        next: ['write a number and a unit: s, m, h or d'],
      },
    );
  const match = /^(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?$/.exec(text);
  if (!match || text === '') throw wrong(/^\d+$/.test(text) ? ' (the unit is missing)' : '');
  const [, d, h, m, s] = match;
  const parts: readonly [string | undefined, Unit][] = [
    [d, 'd'],
    [h, 'h'],
    [m, 'm'],
    [s, 's'],
  ];
  const total = parts.reduce((sum, [count, unit]) => sum + Number(count ?? 0) * units[unit], 0);
  if (total === 0) throw wrong(' (it must be longer than nothing)');
  if (total > longest) throw wrong(' (at most 3650d)');
  return total;
};

const quoted = (text: string): string => JSON.stringify(text.length > 40 ? `${text.slice(0, 39)}…` : text);
