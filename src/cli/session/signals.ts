import { RunbookError } from '../../engine/errors.ts';
import type { StopControl } from '../../engine/session/stop.ts';

/**
 * Ctrl-C, SIGTERM and a lost terminal ask the run to stop: the first time after the present step, the second time at once.
 * `say` tells the person; what it says depends on whether a change is under way. Returns the function that lets the signals go again.
 */
export const stopOnSignals = (
  stop: StopControl,
  { say, changing }: { readonly say: (text: string) => void; readonly changing: () => boolean },
): (() => void) => {
  const request = (signal: NodeJS.Signals) => {
    const kind = stop.request(
      new RunbookError('interrupted', `Stopped by ${signal === 'SIGINT' ? 'Ctrl-C' : signal}.`),
    );
    if (!changing()) return;
    if (kind === 'hard') say('No longer waiting: the outcome is unknown, and rb resume settles it.');
    else {
      say('Stopping after this step.');
      say('Press Ctrl-C again to stop waiting (the outcome will be unknown).');
    }
  };
  // A terminal that is gone must not be told twice: what is under way is finished, then the session waits for `rb resume`.
  const hangUp = () => {
    if (!stop.soft.aborted) stop.request(new RunbookError('interrupted', 'Stopped: the terminal was closed.'));
  };
  process.on('SIGINT', request);
  process.on('SIGTERM', request);
  process.on('SIGHUP', hangUp);
  return () => {
    process.off('SIGINT', request);
    process.off('SIGTERM', request);
    process.off('SIGHUP', hangUp);
  };
};
