import { RunbookError } from '../errors.ts';
import type { Reads } from '../procedure/context.ts';
import { keyOf } from '../procedure/tree.ts';
import type { AnyContext, AnyStep } from '../procedure/tree.ts';
import { DependsOn } from './depends.ts';
import { numberOf } from './frame.ts';
import type { Frame } from './frame.ts';
import { portsOf } from './ports.ts';

/** What a step sees. `signal` is the soft one for reads, the hard one for a change under way. */
export const contextOf = (frame: Frame, path: string, signal: AbortSignal): AnyContext => {
  const { run } = frame;
  return {
    ...readsOf(frame),
    input: frame.input,
    ports: portsOf(frame.procedure, run.ports),
    subject: run.subject,
    approved: run.expected?.approved,
    clock: run.clock,
    get mark() {
      return `${run.session}/${numberOf(run, path)}`;
    },
    signal,
    report: (progress) => {
      try {
        run.emit({ type: 'step.progress', step: path, ...progress });
      } catch {
        // Progress is worth no change that is broken off half-way: the log stays degraded, and the step's result will say so.
      }
    },
  };
};

/** What the steps of one call can see of each other. */
export const readsOf = (frame: Frame): Reads => {
  const available = (key: AnyStep): AnyStep => {
    if (frame.pending.has(key)) throw new DependsOn(key.title);
    return key;
  };
  return {
    read: (step) => {
      const key = available(keyOf(step));
      const data = frame.data.get(key);
      if (data === undefined) throw unread(frame, key);
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the schema of this very step has parsed it
      return data as never;
    },
    seen: (step) => frame.seen.get(available(keyOf(step))),
    items: (group) => (frame.items.get(available(keyOf(group))) ?? []).map(({ id, finding }) => ({ id, finding })),
  };
};

const unread = (frame: Frame, key: AnyStep): RunbookError => {
  const seen = frame.seen.get(key);
  return new RunbookError(
    'refused',
    seen
      ? `"${key.title}" could not be seen: ${seen.summary.replace(/^cannot see: /, '')}.`
      : `"${key.title}" has not run.`,
  );
};
