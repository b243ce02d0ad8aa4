import type { Change, Target } from '../../engine/change.ts';
import type { Clock } from '../../engine/clock.ts';
import type { AnyFinding, DataFinding, Verdict } from '../../engine/finding.ts';
import type { JsonObject } from '../../engine/json.ts';
import type { Progress } from '../../engine/procedure/context.ts';
import type { Revisions } from './shared/views.ts';

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
  /** How often the platform has started it again since then; absent where the platform does not count. */
  readonly restarts?: number;
}

export interface WorkloadStatus {
  readonly target: Target;
  /** How many instances there should be. */
  readonly desired: number;
  /** `desired` is only the number of instances that were listed: nothing says how many there should be. */
  readonly desiredIs?: 'listed';
  /** How many of them serve; set where a brief look counts them and lists none. */
  readonly healthy?: number;
  readonly instances: readonly Instance[];
  /** What the platform says in its own words, where it says something. */
  readonly note?: string;
}

/** What a rolling restart takes in one go: a batch of instances, or a whole Deployment that the platform rolls by itself. */
export interface RestartUnit extends JsonObject {
  readonly id: string;
  readonly instances: readonly string[];
}

declare const made: unique symbol;
/** What `apply` returned: opaque to everyone but the operation that made it. */
export interface Receipt {
  readonly [made]: never;
}

/**
 * One thing that can be done to a workload, in the shape of an action: `plan` and `verify` only read. Adapters make it with `operation`
 * (operation.ts), which keeps the change's data and the receipt typed inside the adapter.
 * Errors: `RunbookError` of kind `refused` where a guard says no, `unreachable` where the platform does not answer,
 * `failed` where it answers that it did not work, `unknown` where a change was sent and its outcome cannot be seen.
 */
export interface Operation<Input> {
  /** `interrupted` is the change of a session that was cut off while it applied it. */
  plan(input: Input, call: Call, interrupted?: Change): Promise<Change>;
  apply(change: Change, call: Call): Promise<Receipt>;
  /**
   * Waits, within the configured time, while the change is visibly under way; ok: done, critical: not done, unknown: cannot tell.
   * `receipt` is absent where another process applied the change.
   */
  verify(change: Change, call: Call, receipt?: Receipt): Promise<AnyFinding>;
  /**
   * Whether the platform has taken the change and carries it out by itself: what `--no-wait` ends with. Reads nothing where the
   * receipt says so. Absent where nothing goes on without `rb`.
   */
  accepted?(change: Change, call: Call, receipt?: Receipt): Promise<AnyFinding>;
}

export type NoInput = Readonly<Record<string, never>>;

/** What sets the number of instances by itself: a HorizontalPodAutoscaler, a KEDA ScaledObject, Application Auto Scaling. */
export interface Autoscaler {
  /** "HorizontalPodAutoscaler checkout". */
  readonly name: string;
  readonly min: number;
  readonly max: number;
  /** It would change the number: it is not suspended, paused or switched off. */
  readonly active: boolean;
  /** It starts instances also where there are none. Absent: at 0 it does nothing. */
  readonly wakesAtZero?: true;
}

export interface Autoscaling {
  /** Undefined where there is none. */
  find(call: Pick<Call, 'signal'>): Promise<Autoscaler | undefined>;
  /** Moves its limits so that the number of instances becomes `to`: the minimum upwards, the maximum downwards. */
  readonly setLimits: Operation<{ readonly to: number; readonly expected: number }>;
}

export interface Schedule {
  readonly id: string;
  /** As the platform writes it: `0 *\/6 * * *`, `rate(6 hours)`. */
  readonly expression: string;
  readonly suspended: boolean;
  /** ISO 8601; absent where it never ran or the platform does not tell. */
  readonly lastRunAt?: string;
  /** What became of the last run, in words: "done", "skipped: a rollout was active". */
  readonly lastResult?: string;
}

/** Restarts at fixed times, on the platform's own engine: never a timer in `rb`. */
export interface Scheduling {
  /** Those that `rb` made for this workload. */
  list(call: Pick<Call, 'signal'>): Promise<readonly Schedule[]>;
  /** One for each workload: another interval replaces the present one. Errors: `usage` where the platform cannot express the interval. */
  readonly add: Operation<{ readonly everyMs: number }>;
  readonly remove: Operation<NoInput>;
}

/** What a platform can tell beside the instances themselves; each is one look. */
export interface WorkloadViews {
  /** Under way, complete, failed and why, paused. */
  rollout(call: Pick<Call, 'signal' | 'clock'>): Promise<AnyFinding>;
  /** ok where there is none. */
  autoscaler(call: Pick<Call, 'signal' | 'clock'>): Promise<AnyFinding>;
  /** The newest ones first, each once. */
  events(call: Pick<Call, 'signal' | 'clock'>): Promise<AnyFinding>;
  /** What changed last and when: the newest revision first. */
  revisions(call: Pick<Call, 'signal' | 'clock'>): Promise<DataFinding<Revisions>>;
}

/** The service's running instances and what can be done to them. */
export interface Workload {
  /** `brief`: what the fewest reads can tell, at least `healthy`; where that is not enough for the instances, they are left out. */
  status(call: Pick<Call, 'signal'>, depth?: 'brief' | 'full'): Promise<WorkloadStatus>;
  /** In the order in which they should be restarted. `batch` is the number of instances at a time, at least 1; `usage` for more where the platform decides that itself. */
  restartUnits(batch: number, call: Pick<Call, 'signal'>): Promise<readonly RestartUnit[]>;
  readonly restart: Operation<RestartUnit>;
  readonly restartInstance: Operation<{ readonly id: string }>;
  /**
   * Stops everything, waits for the drain, starts as many as there were. Starts again even if the wait fails. An autoscaler
   * is held meanwhile and given back afterwards.
   */
  readonly stopAndStart: Operation<NoInput>;
  /** `expected` is the count that the caller saw: a different present count is a refusal. */
  readonly scale: Operation<{ readonly to: number; readonly expected: number }>;
  /** Back to the previous version, or to the named revision; absent where the configuration names no way to do it. */
  readonly rollback?: Operation<{ readonly revision?: string }>;
  readonly autoscaling?: Autoscaling;
  readonly scheduling?: Scheduling;
  readonly views?: WorkloadViews;
}
