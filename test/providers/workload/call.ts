import type { Clock } from '../../../src/engine/clock.ts';
import type { Change } from '../../../src/engine/change.ts';
import type { AnyFinding } from '../../../src/engine/finding.ts';
import type { Progress } from '../../../src/engine/procedure/context.ts';
import type { Call, Operation } from '../../../src/providers/workload/port.ts';

const clock: Clock = {
  now: () => new Date(),
  monotonic: () => performance.now(),
  sleep: (ms, signal) =>
    new Promise((resolve, reject) => {
      signal?.throwIfAborted();
      const timer = setTimeout(() => {
        signal?.removeEventListener('abort', abort);
        resolve();
      }, ms);
      const abort = () => {
        clearTimeout(timer);
        reject(signal?.reason as Error);
      };
      signal?.addEventListener('abort', abort, { once: true });
    }),
};

/** A step's call, with what it reported. Each has a mark of its own unless one is given. */
export const newCall = (
  options: { readonly signal?: AbortSignal; readonly mark?: string } = {},
): Call & { readonly reported: Progress[]; notes(): string } => {
  const reported: Progress[] = [];
  return {
    signal: options.signal ?? new AbortController().signal,
    clock,
    mark: options.mark ?? `test-${process.pid}/${Math.random().toString(36).slice(2)}`,
    report: (progress) => void reported.push(progress),
    reported,
    notes: () => reported.flatMap(({ note }) => note ?? []).join('\n'),
  };
};

/** Applies a change and verifies it in one process: what ECS or a command answered is still known. */
export const carriedOut = async <Input>(
  operation: Pick<Operation<Input>, 'apply' | 'verify'>,
  change: Change,
  call: Call,
): Promise<AnyFinding> => operation.verify(change, call, await operation.apply(change, call));
