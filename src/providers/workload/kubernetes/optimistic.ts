import { RunbookError } from '../../../engine/errors.ts';
import { isStatus } from '../../kubernetes/failure.ts';
import type { Call } from '../port.ts';

/** Every write of an object's status makes a newer version of it: so often one may come in between. */
const attempts = 8;
const pauseMs = 50;

/** Reads, looks whether the change still holds, and writes with the version that was read; again where a newer one came in between. */
export const optimistically = async <Result>(
  { clock, signal }: Pick<Call, 'clock' | 'signal'>,
  readAndWrite: () => Promise<Result>,
): Promise<Result> => {
  for (let attempt = 1; ; attempt++) {
    try {
      return await readAndWrite();
    } catch (error) {
      if (!isStatus(error, 409) || attempt === attempts) throw error;
    }
    await clock.sleep(pauseMs, signal);
  }
};

const triesForMs = 30_000;
const tryEveryMs = 1000;

/** For what must be given back: goes on for half a minute while the cluster does not answer. */
export const persistently = async (
  { clock, signal }: Pick<Call, 'clock' | 'signal'>,
  work: () => Promise<void>,
): Promise<void> => {
  const until = clock.monotonic() + triesForMs;
  for (;;) {
    try {
      return await work();
    } catch (error) {
      const mayPass = error instanceof RunbookError && (error.kind === 'unreachable' || error.kind === 'unknown');
      if (!mayPass || clock.monotonic() > until) throw error;
    }
    await clock.sleep(tryEveryMs, signal);
  }
};
