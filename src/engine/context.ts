import type { Clock } from './clock.ts';
import type { EventBody, Subject } from './events.ts';
import type { Finding } from './finding.ts';
import type { Operator } from './operator.ts';
import type { PlannedStep } from './plan-hash.ts';
import type { Context, Procedure } from './procedure.ts';
import type { SessionState } from './session-state.ts';
import type { Stop } from './stop.ts';

export interface RunOptions<Input, Ports> {
  readonly procedure: Procedure<Input, Ports>;
  readonly input: Input;
  readonly ports: Ports;
  readonly session: string;
  readonly subject: Subject;
  readonly operator: Operator;
  /** Records, then shows. Throws `RunbookError('unrecorded')` where the record could not be written: nothing may be changed after that. */
  readonly emit: (event: EventBody) => void;
  readonly clock: Clock;
  readonly stop: Stop;
  readonly dryRun: boolean;
  /** What an earlier run of this session did. */
  readonly history?: SessionState;
  /** With `--plan`: what was planned under its hash. What is planned before the first change must be that. */
  readonly expected?: readonly PlannedStep[];
}

/** The state of one run. Steps are known by their path: the ids of the groups around them and their own, joined by `/`. */
export interface Run<Input, Ports> extends RunOptions<Input, Ports> {
  readonly findings: Map<string, Finding>;
  readonly planned: PlannedStep[];
  readonly undone: string[];
  /** When the first change began, on the monotonic clock: from here on plans may differ from `expected` by our own doing. */
  changedAt?: number;
  failedStep?: string;
  /** What failed was taken back by its undo. */
  takenBack?: true;
  /** Set once a record could not be written: nothing is recorded, so nothing is changed, after it. */
  readonly recording: { readonly failed: boolean; readonly failure?: unknown };
}

/** What a step sees. `signal` is the soft one for reads, the hard one for a change under way. */
export const contextOf = <Input, Ports>(
  run: RunOptions<Input, Ports> & { readonly findings: ReadonlyMap<string, Finding> },
  path: string,
  signal: AbortSignal,
): Context<Input, Ports> => ({
  ...run.ports,
  input: run.input,
  subject: run.subject,
  mark: `${run.session}/${path}`,
  findings: run.findings,
  clock: run.clock,
  signal,
  report: (progress) => {
    try {
      run.emit({ type: 'step.progress', step: path, ...progress });
    } catch {
      // Progress is worth no change that is broken off half-way: the log stays degraded, and the step's result will say so.
    }
  },
});
