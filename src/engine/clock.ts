/**
 * Milliseconds on a clock that never jumps. Not `performance.now()`: its first use loads modules of Node and builds timings, which
 * takes 2 ms (docs/decisions/start-up.md).
 */
export const monotonicMs = (): number => Number(process.hrtime.bigint()) / 1e6;

/** Time as a dependency, so that tests need not wait. */
export interface Clock {
  /** Wall time. */
  now(): Date;
  /** Milliseconds on a clock that never jumps. */
  monotonic(): number;
  /** Resolves after `ms`; rejects with the signal's reason as soon as it aborts. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}
