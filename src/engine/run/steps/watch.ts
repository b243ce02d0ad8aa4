import { RunbookError } from '../../errors.ts';
import type { AnyFinding } from '../../finding.ts';
import type { Json } from '../../json.ts';
import type { AnyContext, WatchStep } from '../../procedure/tree.ts';
import { causeOf } from '../../session/stop.ts';
import { parsed } from '../data.ts';
import type { Frame } from '../frame.ts';
import { keep } from './stepped.ts';
import type { Ended } from './stepped.ts';

/** How long a watch bears that nothing can be seen; a shorter outage does not end the watch of what was seen before. */
const blindForMs = 60_000;

/** Samples until the time is over, a sample is critical, or the operator stops the watch. */
export const runWatch = async (frame: Frame, step: WatchStep, path: string, context: AnyContext): Promise<Ended> => {
  const { run } = frame;
  const [everyMs, forMs] = await Promise.all([step.everyMs(context), step.forMs(context)]);
  if (run.dryRun) {
    context.report({ note: `would watch every ${everyMs / 1000} s for ${forMs / 1000} s` });
    return { result: 'skipped' };
  }
  const samples: Json[] = [];
  const until = run.clock.monotonic() + forMs;
  let finding: AnyFinding | undefined;
  let blindSince: number | undefined;
  const tolerate = (error: unknown): void => {
    const now = run.clock.monotonic();
    const passing = error instanceof RunbookError && error.kind === 'unreachable' && samples.length > 0;
    if (!passing || run.stop.soft.aborted || now - (blindSince ?? now) >= blindForMs) throw error;
    if (blindSince === undefined)
      context.report({
        note: `cannot see for now, and looks again for up to ${blindForMs / 1000} s: ${error.message}`,
      });
    blindSince ??= now;
  };
  /* oxlint-disable no-await-in-loop -- samples are taken one after another */
  try {
    for (;;) {
      run.stop.soft.throwIfAborted();
      try {
        const sample = parsed(step.title, step.data, await step.sample(context));
        blindSince = undefined;
        samples.push(sample);
        if (step.keep !== undefined) samples.splice(0, samples.length - step.keep);
        run.emit({ type: 'sample', step: path, sample });
        finding = await step.judge(context, samples);
      } catch (error) {
        tolerate(error);
      }
      const seen = blindSince === undefined ? finding : undefined;
      if (seen?.verdict === 'critical' && step.endsWhenCritical) {
        keep(frame, step, seen, undefined);
        throw new RunbookError('failed', `${step.title}: ${seen.summary}.`);
      }
      // What it was like at the end must have been seen.
      if (seen && run.clock.monotonic() + everyMs > until) return { result: 'ok', finding: seen };
      await run.clock.sleep(everyMs, context.signal);
    }
  } catch (raised) {
    throw watchEnded(causeOf(raised, run.stop.soft), finding, run.changedAt !== undefined);
  }
  /* oxlint-enable no-await-in-loop */
};

/** Ctrl-C ends the watch, not what is watched: say what state was left. */
const watchEnded = (error: unknown, last: AnyFinding | undefined, changed: boolean): unknown => {
  if (!(error instanceof RunbookError) || error.kind !== 'interrupted') return error;
  const seen = last ? `Last seen: ${last.summary}.` : 'Nothing had been seen yet.';
  return new RunbookError(
    'interrupted',
    `${error.message}${changed ? ' Only the watch has ended: the change stays as it is.' : ''} ${seen}`,
    { next: error.next, cause: error },
  );
};
