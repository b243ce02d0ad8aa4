import type { Change, Target } from '../../engine/change.ts';
import type { Clock } from '../../engine/clock.ts';
import type { Finding, Verdict } from '../../engine/finding.ts';
import type { JsonObject } from '../../engine/json.ts';
import type { Progress } from '../../engine/procedure.ts';

/** What an adapter needs from the step that calls it. A step's context is one of these. */
export interface Call {
  readonly signal: AbortSignal;
  readonly clock: Clock;
  /** Marks what the call starts, so that a later session finds it: `<session>/<step>`. */
  readonly mark: string;
  readonly report: (progress: Progress) => void;
}

export interface Instance {
  readonly id: string;
  readonly state: 'running' | 'starting' | 'stopping' | 'stopped' | 'unknown';
  readonly health: Verdict;
  /** Why `health` is what it is: "HTTP 503", "connection refused". */
  readonly detail?: string;
  readonly version?: string;
  /** ISO 8601 with the precision that the platform gives; absent where the platform does not tell. */
  readonly startedAt?: string;
}

export interface WorkloadStatus {
  readonly target: Target;
  /** How many instances there should be. */
  readonly desired: number;
  readonly instances: readonly Instance[];
  /** What the platform says in its own words, where it says something. */
  readonly note?: string;
}

/** What a rolling restart takes in one go: a batch of instances, or a whole Deployment that the platform rolls by itself. */
export interface RestartUnit extends JsonObject {
  readonly id: string;
  readonly instances: readonly string[];
}

/**
 * One thing that can be done to a workload, in the shape of an action: `plan` and `verify` only read.
 * Errors: `RunbookError` of kind `refused` where a guard says no, `unreachable` where the platform does not answer,
 * `failed` where it answers that it did not work, `unknown` where a change was sent and its outcome cannot be seen.
 */
export interface Operation<Input> {
  /** `interrupted` is the change of a session that was cut off while it applied it. */
  plan(input: Input, call: Call, interrupted?: Change): Promise<Change>;
  apply(change: Change, call: Call): Promise<void>;
  /** Waits, within the configured time, while the change is visibly under way; ok: done, critical: not done, unknown: cannot tell. */
  verify(change: Change, call: Call): Promise<Finding>;
}

export type NoInput = Readonly<Record<string, never>>;

/** The service's running instances and what can be done to them. */
export interface Workload {
  status(call: Pick<Call, 'signal'>): Promise<WorkloadStatus>;
  /** In the order in which they should be restarted. `batch` is the number of instances at a time, at least 1. */
  restartUnits(batch: number, call: Pick<Call, 'signal'>): Promise<readonly RestartUnit[]>;
  readonly restart: Operation<RestartUnit>;
  readonly restartInstance: Operation<{ readonly id: string }>;
  /** Stops everything, waits for the drain, starts as many as there were. Starts again even if the wait fails. */
  readonly stopAndStart: Operation<NoInput>;
  /** `expected` is the count that the caller saw: a different present count is a refusal. */
  readonly scale: Operation<{ readonly to: number; readonly expected: number }>;
  /** Back to the version before; absent where the configuration names no way to do it. */
  readonly rollback?: Operation<NoInput>;
}
