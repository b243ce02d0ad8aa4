import { setTimeout as sleep } from 'node:timers/promises';

/** The way out of service: not ready any more, still serving until nobody sends requests, then ending. */
export interface Drain {
  readonly draining: boolean;
  /** Resolves when the load balancer has been told "not ready" and has had the drain time to act on it, or does not ask at all. */
  begin(): Promise<void>;
  /** To be called when the load balancer has an answer "not ready". */
  balancerKnows(): void;
  requestStarted(): void;
  requestEnded(): void;
  /** Resolves when no request is in flight, at the latest after 5 s. */
  requestsEnded(): Promise<void>;
}

/** How long an instance waits for a load balancer that does not ask. */
const nobodyAsksMs = 3000;
const longestRequestMs = 5000;

/** `drainMs`: the shortest time that it goes on serving. */
export const createDrain = (drainMs: number): Drain => {
  const told = Promise.withResolvers<void>();
  let draining = false;
  const count = { inFlight: 0 };
  return {
    get draining() {
      return draining;
    },
    begin: async () => {
      draining = true;
      await Promise.race([told.promise, sleep(nobodyAsksMs, undefined, { ref: false })]);
      await sleep(drainMs);
    },
    balancerKnows: () => {
      if (draining) told.resolve();
    },
    requestStarted: () => {
      count.inFlight += 1;
    },
    requestEnded: () => {
      count.inFlight -= 1;
    },
    requestsEnded: async () => {
      const deadline = performance.now() + longestRequestMs;
      while (count.inFlight > 0 && performance.now() < deadline) await sleep(10);
    },
  };
};
