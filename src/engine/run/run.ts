import { RunbookError } from '../errors.ts';
import type { AnyProcedure, AnyStep } from '../procedure/tree.ts';
import { appliedIn } from '../session/session-state.ts';
import type { SessionState } from '../session/session-state.ts';
import { openFrame } from './steps/call.ts';
import { createEffects } from './change/expected.ts';
import type { Frame, Run, RunOptions } from './frame.ts';
import { missingIn, requirePorts } from './ports.ts';
import { requireAnswerable } from './questions.ts';
import { runSequence } from './steps/sequence.ts';

export interface RunResult {
  /** That of the procedure which the session runs. */
  readonly frame: Frame;
  /** Why it ended early; absent when every step ran. */
  readonly error?: unknown;
}

/** Runs the steps of a procedure, and of those it calls. Never rejects. */
export const runProcedure = async (options: RunOptions): Promise<RunResult> => {
  const { procedure, input, history } = options;
  const numbers = numbersIn(history);
  const run: Run = {
    ...options,
    ...failClosed(options),
    root: procedure,
    numbers,
    planned: [],
    undone: [],
    effects: createEffects(),
    chosen: new Set(),
    manyCalls: changingCalls(procedure.steps) > 1,
    ...leftBy(history),
    left: [],
    counters: { intents: 0, steps: Math.max(0, ...numbers.values()) },
  };
  const frame = openFrame(run, { procedure, input, path: '' });
  try {
    requireAnswerable(options.operator.answers, procedure.steps, options.ports, history);
    await requireAvailable(procedure, options);
    await runSequence(frame, procedure.steps, '');
    return { frame };
  } catch (error) {
    if (run.undone.length === 0 && frame.seen.size === 0)
      run.undone.push(
        ...procedure.steps
          .filter(({ id }) => history?.steps.get(id)?.result !== 'ok')
          .map(({ id, title }) => ({ path: id, title })),
      );
    // Of several checks side by side that failed, the log that cannot be written counts most.
    return { frame, error: run.recording.failed ? run.recording.failure : error };
  }
};

/** After one record that could not be written every further one fails, also where the recorder would take it. */
const failClosed = ({ emit, requireRecord }: RunOptions): Pick<Run, 'emit' | 'requireRecord' | 'recording'> => {
  const recording: Run['recording'] = { failed: false };
  const closing =
    <Arguments extends readonly unknown[]>(act: (...given: Arguments) => void) =>
    (...given: Arguments): void => {
      try {
        act(...given);
      } catch (error) {
        if (!recording.failed) Object.assign(recording, { failed: true, failure: error });
      }
      if (recording.failed) throw recording.failure;
    };
  return { recording, emit: closing(emit), requireRecord: closing(requireRecord) };
};

/** What cannot be called here is refused before the first step, unless it is behind a question or a condition. */
const requireAvailable = async ({ required, steps }: AnyProcedure, { ports }: RunOptions): Promise<void> => {
  await requirePorts(required, ports);
  const lacks = missingIn(steps, ports);
  if (lacks !== undefined) throw new RunbookError('usage', `This cannot be run here: ${lacks}.`);
};

const numbersIn = (history: SessionState | undefined): Map<string, number> =>
  new Map([...(history?.steps ?? [])].flatMap(([path, { n }]) => (n === undefined ? [] : [[path, n]])));

/** What earlier runs of the session made, and what they left open. */
export const leftBy = (history: SessionState | undefined): Pick<Run, 'applied' | 'unsettled'> => {
  const begun = [...(history?.steps ?? [])].filter(([, { intentAt }]) => intentAt !== undefined);
  return {
    applied: history ? appliedIn(history) : 0,
    unsettled: new Set(begun.flatMap(([path, { unsettled }]) => (unsettled ? [path] : []))),
  };
};

/** How many calls of the tree may change something; one for each item of a group counts as two. */
const changingCalls = (steps: readonly AnyStep[]): number => steps.reduce((sum, step) => sum + callsIn(step), 0);

const callsIn = (step: AnyStep): number => {
  switch (step.kind) {
    case 'decision':
      return Object.values(step.options).reduce((sum, option) => sum + changingCalls(option.steps), 0);
    case 'call':
    case 'eachCall': {
      if (step.procedure.does === 'reads') return 0;
      return (step.kind === 'call' ? 1 : 2) + changingCalls(step.procedure.steps);
    }
    default:
      return 0;
  }
};
