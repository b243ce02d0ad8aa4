import type { Clock } from './clock.ts';

/**
 * Looks again and again until `look` gives a value; undefined where `forMs` is over first. The last look is at the end of that time at the
 * latest. Rejects with the signal's reason as soon as it aborts, and with whatever `look` throws.
 */
export const poll = async <Value>(
  {
    everyMs,
    forMs,
    clock,
    signal,
  }: {
    /** A pause, or what the pause before each look is, counted from 1. */
    readonly everyMs: number | ((looks: number) => number);
    readonly forMs: number;
    readonly clock: Clock;
    readonly signal: AbortSignal;
  },
  look: () => Promise<Value | undefined>,
): Promise<Value | undefined> => {
  const until = clock.monotonic() + forMs;
  for (let looks = 1; ; looks += 1) {
    // oxlint-disable-next-line no-await-in-loop -- a look after another
    const value = await look();
    if (value !== undefined) return value;
    const pause = typeof everyMs === 'number' ? everyMs : everyMs(looks);
    const left = until - clock.monotonic();
    if (left <= 0) return undefined;
    // oxlint-disable-next-line no-await-in-loop
    await clock.sleep(Math.min(pause, left), signal);
  }
};
