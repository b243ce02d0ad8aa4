import { setTimeout as delay } from 'node:timers/promises';
import type { Clock } from '../../../src/engine/clock.ts';

export const clock: Clock = {
  now: () => new Date(),
  monotonic: () => performance.now(),
  sleep: async (ms, signal) => {
    await delay(ms, undefined, signal ? { signal } : {});
  },
};

/** A clock whose wall time stands `ms` from now; its other hands are right. */
export const clockAt = (ms: number): Clock => ({ ...clock, now: () => new Date(Date.now() + ms) });

export const forever = new AbortController().signal;
