import type { Call } from '../../port.ts';
import { sentence } from './diagnosis.ts';
import { lastLines } from './last-lines.ts';
import type { Service } from '../service.ts';
import type { Trouble } from './trouble.ts';

/** A crash that is soon followed by the verdict comes with its log there; for a slow one nobody should have to wait for the log. */
const logAfterMs = 1500;

/** Tells of each kind of doubt once: the sentence at once, the log of what ended a little later, unless `over` comes first. */
export const tellDoubts = (service: Service, call: Call, over: AbortSignal) => {
  const toldOf = new Set<string>();
  const signal = AbortSignal.any([call.signal, over]);

  const tellLog = async (doubt: Trouble): Promise<void> => {
    await call.clock.sleep(logAfterMs, signal);
    // Meanwhile it was most likely started again: what has ended is then the run before.
    const ended = { ...doubt, restarts: Math.max(1, doubt.restarts) };
    const lines = await lastLines(service, ended, { signal, clock: call.clock });
    if (lines && lines.length > 0 && !signal.aborted)
      call.report({ note: [`the last lines of ${doubt.pod}:`, ...lines.map((line) => `  ${line}`)].join('\n') });
  };

  return (doubts: readonly Trouble[]): void => {
    for (const doubt of doubts) {
      const key = `${doubt.reason} ${doubt.container}`;
      if (toldOf.has(key)) continue;
      toldOf.add(key);
      call.report({ note: `${sentence(doubt, doubts)}; still waiting` });
      tellLog(doubt).catch(() => undefined);
    }
  };
};
