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
