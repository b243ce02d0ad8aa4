import { RunbookError } from '../errors.ts';

/** How a run is asked to stop. */
export interface Stop {
  /** No new step; reads end at once, a change that is under way is finished and verified. */
  readonly soft: AbortSignal;
  /** Stop waiting for the change under way: its outcome is then unknown. */
  readonly hard: AbortSignal;
}

export interface StopControl extends Stop {
  /** The first request stops softly, the second hard. Returns which it was. */
  request(reason: RunbookError): 'soft' | 'hard';
  /** Both at once. */
  abort(reason: RunbookError): void;
}

export const createStop = (): StopControl => {
  const soft = new AbortController();
  const hard = new AbortController();
  return {
    soft: soft.signal,
    hard: hard.signal,
    request(reason) {
      if (!soft.signal.aborted) {
        soft.abort(reason);
        return 'soft';
      }
      hard.abort(reason);
      return 'hard';
    },
    abort(reason) {
      soft.abort(reason);
      hard.abort(reason);
    },
  };
};

/** What a rejected call means: the reason of the signal that ended it, else the error itself. */
export const causeOf = (error: unknown, signal: AbortSignal): unknown =>
  signal.aborted && !(error instanceof RunbookError) ? signal.reason : error;
