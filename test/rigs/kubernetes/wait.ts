import { setTimeout as sleep } from 'node:timers/promises';

export interface Waiting {
  /** Why waiting is of no use any more. */
  readonly failure?: () => string | undefined;
  /** There for what never comes, not for what is slow; 180 s if not given. */
  readonly limitMs?: number;
}

const everyMs = 50;

/**
 * Looks again and again until `enough` says yes (anything true if not given), and returns what it then saw. An error while looking counts as "not yet". What was seen last is told
 * at the limit.
 */
export const until = async <T>(
  what: string,
  look: () => Promise<T>,
  enough: (seen: T) => boolean = Boolean,
  { failure = () => undefined, limitMs = 180_000 }: Waiting = {},
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
    const reason = failure();
    if (reason !== undefined) throw new Error(`${what}: ${reason}`);
    if (performance.now() > deadline)
      throw new Error(
        `${what}: not seen in ${String(limitMs / 1000)} s; seen last: ${JSON.stringify(last)?.slice(0, 3000)}`,
      );
    await sleep(everyMs);
  }
};
