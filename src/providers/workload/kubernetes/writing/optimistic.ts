import { RunbookError } from '../../../../engine/errors.ts';
import { isStatus } from '../../../../clients/kubernetes/failure.ts';
import type { Call } from '../../port.ts';

/** Every write of an object's status makes a newer version of it: so often one may come in between. */
const attempts = 8;
const pauseMs = 50;
/** After a write whose answer was lost. */
const lookAgainMs = [500, 1500, 3000];

/**
 * Reads, looks whether the change still holds, and writes with the version that was read; again where a newer one came in between, or where
 * the answer to the write was lost: `mayBeDone` is then true, and what is read says whether it was made.
 */
export const optimistically = async <Result>(
  { clock, signal }: Pick<Call, 'clock' | 'signal'>,
  readAndWrite: (mayBeDone: boolean) => Promise<Result>,
): Promise<Result> => {
  let lost: RunbookError | undefined;
  let losses = 0;
  for (let attempt = 1; ; attempt++) {
    let pause = pauseMs;
    try {
      return await readAndWrite(lost !== undefined);
    } catch (error) {
      signal.throwIfAborted();
      if (isKind(error, 'unknown')) lost = error;
      else if (!isStatus(error, 409) && !(lost && isKind(error, 'unreachable'))) throw error;
      if (!isStatus(error, 409)) {
        pause = lookAgainMs[losses] ?? 0;
        losses += 1;
        if (pause === 0) throw lost ?? error;
      } else if (attempt >= attempts) throw error;
    }
    await clock.sleep(pause, signal);
  }
};

const isKind = (error: unknown, kind: RunbookError['kind']): error is RunbookError =>
  error instanceof RunbookError && error.kind === kind;
