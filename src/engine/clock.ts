/** Time as a dependency, so that tests need not wait. */
export interface Clock {
  /** Wall time. */
  now(): Date;
  /** Milliseconds on a clock that never jumps. */
  monotonic(): number;
  /** Resolves after `ms`; rejects with the signal's reason as soon as it aborts. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}
