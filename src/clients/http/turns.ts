/** Runs `use`, which calls `begin` before it does what would be too much side by side; no other caller begins until `use` has ended. */
export type InTurn = <Result>(
  signal: AbortSignal,
  use: (begin: () => Promise<void>) => Promise<Result>,
) => Promise<Result>;

/** In the order in which they ask to begin. Who waits gives up with the reason of its signal. */
export const createTurns = (): InTurn => {
  let last: Promise<unknown> = Promise.resolve();
  const next = (signal: AbortSignal, over: Promise<void>): Promise<void> => {
    const before = last;
    last = before.then(() => over);
    const { promise: aborted, reject } = Promise.withResolvers<never>();
    const abort = (): void => reject(signal.reason);
    signal.addEventListener('abort', abort, { once: true });
    const begun = before.then(() => signal.throwIfAborted());
    return Promise.race([begun, aborted]).finally(() => signal.removeEventListener('abort', abort));
  };
  return async (signal, use) => {
    const { promise: over, resolve: end } = Promise.withResolvers<void>();
    let begun: Promise<void> | undefined;
    try {
      return await use(() => (begun ??= next(signal, over)));
    } finally {
      end();
    }
  };
};
