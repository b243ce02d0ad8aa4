import { messageOf, RunbookError } from '../../errors.ts';
import type { StepOutcome } from '../../session/events.ts';
import type { AnyFinding } from '../../finding.ts';
import type { Json } from '../../json.ts';
import type { AnyStep, StepKind } from '../../procedure/tree.ts';
import { causeOf } from '../../session/stop.ts';
import { DependsOn } from '../depends.ts';
import { numberOf } from '../frame.ts';
import type { Frame } from '../frame.ts';
import { outcomeOf } from '../outcome.ts';
import { withWhatWasDone } from '../change/refusal.ts';

/** How a step ended that threw nothing. `data` is what later steps read. */
export interface Ended {
  readonly result: StepOutcome;
  readonly finding?: AnyFinding;
  readonly data?: Json;
}

/** Of steps side by side: ends when those before it have been shown. */
export type Turn = () => Promise<unknown>;

export interface Stepping {
  readonly kind: StepKind;
  readonly turn?: Turn | undefined;
  /** The step that failed, where it is not this one: an item is that of its group. */
  readonly failsAs?: { readonly step: AnyStep; readonly item: string };
}

/** Wraps the work of a step in its `step.started` and `step.result`, and keeps what it has seen for later steps. */
export const stepped = async (
  frame: Frame,
  step: AnyStep,
  path: string,
  work: () => Promise<Ended>,
  { kind, turn, failsAs }: Stepping = { kind: step.kind },
): Promise<void> => {
  const { run } = frame;
  const began = run.clock.monotonic();
  let tookMs: number | undefined;
  const ms = () => Math.round(tookMs ?? run.clock.monotonic() - began);
  const worked = async () => {
    try {
      run.stop.soft.throwIfAborted();
      return await work();
    } finally {
      tookMs = run.clock.monotonic() - began;
      await turn?.();
    }
  };
  let done = false;
  try {
    run.emit({ type: 'step.started', step: path, n: numberOf(run, path), kind, title: step.title });
    const { data, ...ended } = await worked();
    keep(frame, step, ended.finding, data);
    // From here on only the record can fail: the step is done all the same.
    done = true;
    run.emit({ type: 'step.result', step: path, ms: ms(), ...ended });
  } catch (raised) {
    if (raised instanceof DependsOn) {
      run.emit({ type: 'step.depends', step: path, title: step.title, on: raised.on });
      run.emit({ type: 'step.result', step: path, ms: ms(), result: 'skipped' });
      throw raised;
    }
    const error = withWhatWasDone(causeOf(raised, run.stop.soft), run);
    frame.failed ??= failsAs ?? { step };
    // What is inside a group or a call says for itself what was not done, once it has begun.
    if (!done && !run.undone.some((one) => one.path.startsWith(`${path}/`)))
      run.undone.unshift({ path, title: step.title });
    // A log that cannot be written has said so already; the reason must not be replaced by a second failure.
    if (!run.recording.failed)
      run.emit({
        type: 'step.result',
        step: path,
        ms: ms(),
        result: outcomeOf(error),
        error: messageOf(error),
        ...(error instanceof RunbookError ? { cause: error.kind } : {}),
      });
    throw error;
  }
};

/** Keeps what a step has seen for the steps after it. */
export const keep = (frame: Frame, step: AnyStep, finding: AnyFinding | undefined, data: Json | undefined): void => {
  if (finding) frame.seen.set(step, finding);
  if (data !== undefined) frame.data.set(step, data);
};
