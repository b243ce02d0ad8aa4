/** Tells whoever waits that something has changed, and loses none: also while nobody waits, or when only an abandoned wait was there. */
export interface Changes {
  happened(): void;
  /** All waits from now on reject with this. */
  end(reason: unknown): void;
  /** Resolves at once where something happened since it was last called, else with the next thing that does. */
  next(): Promise<void>;
}

export const createChanges = (): Changes => {
  let count = 0;
  let countAtLastCall = 0;
  let ended: { readonly reason: unknown } | undefined;
  let wake = Promise.withResolvers<void>();
  // Nobody may be waiting when it ends.
  wake.promise.catch(() => undefined);

  return {
    happened: () => {
      count += 1;
      wake.resolve();
      wake = Promise.withResolvers<void>();
      wake.promise.catch(() => undefined);
    },
    end: (reason) => {
      ended ??= { reason };
      wake.reject(ended.reason);
    },
    next: async () => {
      const missed = count > countAtLastCall;
      countAtLastCall = count;
      if (missed) return;
      if (ended) throw ended.reason;
      await wake.promise;
    },
  };
};
