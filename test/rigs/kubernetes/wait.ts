import { setTimeout as sleep } from 'node:timers/promises';

/**
 * Looks again and again until `enough` says yes, and returns what it then saw. The limit is there for what never comes, not for what is slow.
 * What is thrown while looking counts as "not yet"; the last of it is told at the end.
 */
export const until = async <T>(
  what: string,
  look: () => Promise<T>,
  enough: (seen: T) => boolean = (seen) => Boolean(seen),
  { limitMs = 180_000, everyMs = 50 }: { limitMs?: number; everyMs?: number } = {},
): Promise<T> => {
  const deadline = performance.now() + limitMs;
  for (;;) {
    let last: unknown;
    try {
      const seen = await look();
      if (enough(seen)) return seen;
      last = seen;
    } catch (error) {
      last = error instanceof Error ? error.message : error;
    }
    if (performance.now() > deadline)
      throw new Error(
        `waited ${String(limitMs / 1000)} s: ${what}; seen last: ${JSON.stringify(last)?.slice(0, 3000)}`,
      );
    await sleep(everyMs);
  }
};
