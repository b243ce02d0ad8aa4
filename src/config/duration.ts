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

/** For people: `3 h 12 min`, `45 s`, `2 d`, `0.4 s`. At most two units, the second one rounded down. */
export const formatDuration = (ms: number): string => {
  if (!Number.isFinite(ms)) return 'unknown';
  if (ms < 0) return `-${formatDuration(-ms)}`;
  if (ms < 10 * units.s && ms % units.s !== 0) {
    const tenths = Math.floor(ms / 100);
    if (tenths === 0) return `${Math.round(ms)} ms`;
    return `${tenths % 10 === 0 ? tenths / 10 : (tenths / 10).toFixed(1)} s`;
  }
  const seconds = Math.floor(ms / units.s);
  const parts: readonly [number, string][] = [
    [Math.floor(seconds / 86_400), 'd'],
    [Math.floor(seconds / 3600) % 24, 'h'],
    [Math.floor(seconds / 60) % 60, 'min'],
    [seconds % 60, 's'],
  ];
  const first = parts.findIndex(([count]) => count > 0);
  if (first < 0) return '0 s';
  return parts
    .slice(first, first + 2)
    .filter(([count]) => count > 0)
    .map(([count, unit]) => `${count} ${unit}`)
    .join(' ');
};

/** As it is written on the command line: `1h30m`. Whole seconds; less than one is `0s`. */
export const writeDuration = (ms: number): string => {
  let rest = Math.floor(ms / units.s) * units.s;
  let text = '';
  for (const unit of ['d', 'h', 'm', 's'] as const) {
    const count = Math.floor(rest / units[unit]);
    rest -= count * units[unit];
    if (count > 0) text += `${count}${unit}`;
  }
  return text || '0s';
};
