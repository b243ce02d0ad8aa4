import { describe, expect, test } from 'vitest';
import { isOffPeak, wallClock } from '../../src/sections/scale/off-peak.ts';

const night = { from: '22:00', to: '06:00', timeZone: 'Europe/Berlin' };

describe('an off-peak window', () => {
  test.for([
    ['2026-11-02T20:59:59Z', '21:59', false],
    ['2026-11-02T21:00:00Z', '22:00', true],
    ['2026-11-03T00:30:00Z', '01:30', true],
    ['2026-11-03T04:59:59Z', '05:59', true],
    ['2026-11-03T05:00:00Z', '06:00', false],
    // In summer the same wall clock is an hour earlier in UTC.
    ['2026-07-01T20:00:00Z', '22:00', true],
    ['2026-07-01T19:59:59Z', '21:59', false],
  ] as const)('crosses midnight: %s is %s in Berlin, off-peak %s', ([at, clock, off]) => {
    expect([wallClock(new Date(at), night.timeZone), isOffPeak(night, new Date(at))]).toEqual([clock, off]);
  });

  test.for([
    // The clocks go from 02:00 to 03:00 at 01:00 UTC.
    ['2026-03-29T00:59:59Z', '01:59', true],
    ['2026-03-29T01:00:00Z', '03:00', true],
    ['2026-03-29T03:59:59Z', '05:59', true],
    ['2026-03-29T04:00:00Z', '06:00', false],
    // And back from 03:00 to 02:00 at 01:00 UTC.
    ['2026-10-25T00:30:00Z', '02:30', true],
    ['2026-10-25T01:30:00Z', '02:30', true],
    ['2026-10-25T04:59:59Z', '05:59', true],
    ['2026-10-25T05:00:00Z', '06:00', false],
  ] as const)('survives the nights in which the clocks change: %s is %s, off-peak %s', ([at, clock, off]) => {
    expect([wallClock(new Date(at), night.timeZone), isOffPeak(night, new Date(at))]).toEqual([clock, off]);
  });

  test('within a day', () => {
    const lunch = { from: '12:00', to: '13:30', timeZone: 'Asia/Kolkata' };
    const at = (time: string) => isOffPeak(lunch, new Date(`2026-11-02T${time}Z`));
    expect([at('06:29:59'), at('06:30:00'), at('07:59:59'), at('08:00:00')]).toEqual([false, true, true, false]);
  });
});
