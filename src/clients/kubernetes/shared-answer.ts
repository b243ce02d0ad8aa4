interface Running<Value> {
  readonly answer: Promise<Value>;
  readonly stop: AbortController;
  waiting: number;
}

/** Several who ask at the same time get one answer. Who is told to stop leaves the others waiting; when nobody waits any more, the asking ends. */
export const sharedAnswer = <Value>(
  ask: (signal: AbortSignal) => Promise<Value>,
): ((signal: AbortSignal) => Promise<Value>) => {
  let running: Running<Value> | undefined;
  const start = (): Running<Value> => {
    const stop = new AbortController();
    return { answer: ask(stop.signal), stop, waiting: 0 };
  };
  return async (signal) => {
    signal.throwIfAborted();
    const joined = (running ??= start());
    joined.waiting += 1;
    const told = Promise.withResolvers<never>();
    const leave = (): void => told.reject(signal.reason);
    signal.addEventListener('abort', leave, { once: true });
    try {
      return await Promise.race([joined.answer, told.promise]);
    } finally {
      signal.removeEventListener('abort', leave);
      joined.waiting -= 1;
      if (joined.waiting === 0) {
        if (running === joined) running = undefined;
        joined.stop.abort();
      }
    }
  };
};
