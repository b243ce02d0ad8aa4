import { RunbookError } from '../../../engine/errors.ts';
import type { Call } from '../port.ts';

const triesForMs = 30_000;
const tryEveryMs = 1000;

/** No answer, or none that could be understood: asked again, it may be another. */
export const mayPass = (error: unknown): boolean =>
  error instanceof RunbookError && (error.kind === 'unreachable' || error.kind === 'unknown');

/** For what must be given back, and may be done twice: goes on for half a minute while `passes` says that it may still succeed. */
export const persistently = async (
  { clock, signal }: Pick<Call, 'clock' | 'signal'>,
  work: () => Promise<unknown>,
  passes: (error: unknown) => boolean = mayPass,
): Promise<void> => {
  const until = clock.monotonic() + triesForMs;
  for (;;) {
    try {
      await work();
      return;
    } catch (error) {
      if (!passes(error) || clock.monotonic() > until) throw error;
    }
    await clock.sleep(tryEveryMs, signal);
  }
};
