import { setTimeout as after } from 'node:timers/promises';
import type { Clock } from '../../../src/engine/clock.ts';
import type { PlayedTime } from './scenario.ts';

/** The time of the played services. As a `Clock` it is for a program that runs in the same process. */
export interface PlayedClock extends Clock {
  /** Milliseconds since 1970. */
  readonly played: () => number;
  advance(seconds: number): void;
}

/**
 * With time that stands still a sleeper moves it on, the one that wakes first before the others. They wait for `quiet` first, so that
 * requests which are under way beside a long sleep are answered before it ends.
 */
export const createPlayedClock = (time: PlayedTime, start: number, quiet: () => Promise<void>): PlayedClock => {
  const factor = time === 'manual' ? 0 : time.factor;
  const began = performance.now();
  let offset = 0;
  const played = () => start + offset + (performance.now() - began) * factor;

  const sleepers: { readonly until: number; readonly wake: () => void }[] = [];
  let waking = false;
  const wakeSleepers = async () => {
    if (waking) return;
    waking = true;
    while (sleepers.length > 0) {
      await quiet();
      const first = sleepers.toSorted((a, b) => a.until - b.until)[0];
      if (first === undefined) break;
      offset += Math.max(0, first.until - played());
      sleepers.splice(sleepers.indexOf(first), 1);
      first.wake();
      // What the sleeper does next comes before the next one wakes.
      await after(0);
    }
    waking = false;
  };

  const sleepByHand = (ms: number, signal?: AbortSignal): Promise<void> =>
    new Promise((resolve, reject) => {
      const stop = () => {
        sleepers.splice(sleepers.indexOf(sleeper), 1);
        reject(signal?.reason as Error);
      };
      const sleeper = {
        until: played() + ms,
        wake: () => {
          signal?.removeEventListener('abort', stop);
          resolve();
        },
      };
      signal?.throwIfAborted();
      signal?.addEventListener('abort', stop, { once: true });
      sleepers.push(sleeper);
      void wakeSleepers();
    });

  const sleepInProportion = async (ms: number, signal?: AbortSignal): Promise<void> => {
    signal?.throwIfAborted();
    try {
      await after(ms / factor, undefined, signal === undefined ? {} : { signal });
    } catch (error) {
      signal?.throwIfAborted();
      throw error;
    }
  };

  return {
    played,
    advance: (seconds) => {
      offset += seconds * 1000;
    },
    now: () => new Date(played()),
    monotonic: () => played() - start,
    sleep: factor === 0 ? sleepByHand : sleepInProportion,
  };
};
