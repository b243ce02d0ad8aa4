import { expect, test } from 'vitest';
import { parseDuration } from '../../src/config/duration.ts';
import { formatDuration } from '../../src/words/ages.ts';
import { errorOf } from './rig.ts';

test.each([
  ['30s', 30_000],
  ['5m', 300_000],
  ['6h', 21_600_000],
  ['7d', 604_800_000],
  ['1h30m', 5_400_000],
  ['1d2h3m4s', 93_784_000],
  ['0m5s', 5000],
])('%s is %i ms', (text, ms) => expect(parseDuration(text)).toBe(ms));

test.each([
  ['', ''],
  ['30', ' (the unit is missing)'],
  ['s', ''],
  ['1.5h', ''],
  ['-5m', ''],
  ['5 m', ''],
  ['30m1h', ''],
  ['5M', ''],
  ['0s', ' (it must be longer than nothing)'],
  ['99999d', ' (at most 3650d)'],
])('%j is no duration', (text, why) => {
  const error = errorOf(() => parseDuration(text, '--since'));
  expect(error.kind).toBe('usage');
  expect(error.message).toBe(
    `--since: expected a duration such as 30s, 5m, 6h, 7d or 1h30m, found ${JSON.stringify(text)}${why}`,
  );
});

test.each([
  [0, '0 s'],
  [40, '40 ms'],
  [400, '0.4 s'],
  [1500, '1.5 s'],
  [2040, '2 s'],
  [45_000, '45 s'],
  [59_999, '59 s'],
  [192_000, '3 min 12 s'],
  [11_520_000, '3 h 12 min'],
  [10_805_000, '3 h'],
  [172_800_000, '2 d'],
  [-45_000, '-45 s'],
  [Number.NaN, 'unknown'],
])('%d ms is shown as %s', (ms, text) => expect(formatDuration(ms)).toBe(text));
