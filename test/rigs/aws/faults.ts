import { AwsError } from './protocol/aws-error.ts';

/** What goes wrong with one request. Without a code its connection is cut, and no answer comes. */
export interface Failure {
  readonly code?: string;
  readonly message?: string;
  /** HTTP status. Default: 400. */
  readonly status?: number;
  /** The service does what it was asked for, and the caller never hears of it. Default: it does not. */
  readonly applied?: boolean;
}

/**
 * By count: every n-th request. By rate: a bucket of `burst` requests that fills again with `perSecond` of the played time, as
 * https://docs.aws.amazon.com/AmazonECS/latest/APIReference/request-throttling.html describes.
 */
export type Throttle = ({ readonly every: number } | { readonly perSecond: number; readonly burst: number }) & {
  /** Default: every operation. */
  readonly operations?: readonly string[];
};

export interface Faults {
  throttle(wanted: Throttle | undefined): void;
  /** The next `times` requests of an operation fail in this way. */
  failNext(operation: string, failure: Failure, times: number): void;
  /** What is left of them is taken back. */
  failNoMore(operation: string): void;
  /** What is to go wrong with this request. */
  take(operation: string, now: number): Failure | undefined;
  /** Failures that were asked for and did not happen. */
  unused(): readonly string[];
}

export const errorOf = ({ code = '', message, status }: Failure): AwsError =>
  new AwsError(code, message ?? `${code}, as the scenario wants it.`, status);

/** Whether a request comes at a moment at which the service takes no more. */
const createThrottle = (wanted: Throttle): ((operation: string, now: number) => boolean) => {
  let seen = 0;
  // It was filled last before all times: it is full at first.
  let bucket = { tokens: 0, filledAt: 0 };
  return (operation, now) => {
    if (wanted.operations?.includes(operation) === false) return false;
    if ('every' in wanted) return ++seen % wanted.every === 0;
    const filled = bucket.tokens + ((now - bucket.filledAt) / 1000) * wanted.perSecond;
    const tokens = Math.min(wanted.burst, filled);
    bucket = { tokens: Math.max(0, tokens - 1), filledAt: now };
    return tokens < 1;
  };
};

export const createFaults = (): Faults => {
  const waiting = new Map<string, readonly Failure[]>();
  let throttled: ((operation: string, now: number) => boolean) | undefined;
  return {
    throttle: (wanted) => {
      throttled = wanted === undefined ? undefined : createThrottle(wanted);
    },
    failNext: (operation, failure, times) => {
      waiting.set(operation, [...(waiting.get(operation) ?? []), ...Array.from({ length: times }, () => failure)]);
    },
    failNoMore: (operation) => void waiting.delete(operation),
    take: (operation, now) => {
      const [first, ...rest] = waiting.get(operation) ?? [];
      if (first !== undefined) {
        waiting.set(operation, rest);
        return first;
      }
      return throttled?.(operation, now) === true
        ? { code: 'ThrottlingException', message: 'Rate exceeded' }
        : undefined;
    },
    unused: () =>
      [...waiting].flatMap(([operation, left]) =>
        left.length === 0 ? [] : [`${operation} was to fail ${left.length} times more and was not called`],
      ),
  };
};
