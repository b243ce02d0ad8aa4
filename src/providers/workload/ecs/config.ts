import type { Clock } from '../../../engine/clock.ts';
import type { Environment } from '../../../clients/process/environment.ts';

/** One ECS service. Where each value comes from in runbook.config.yaml is said beside it. */
export interface EcsWorkloadConfig {
  /** `workload.region`. */
  readonly region: string;
  /** `workload.profile`; it wins over AWS_PROFILE. Absent: as the AWS CLI finds its credentials. */
  readonly profile?: string | undefined;
  /** `workload.account`, 12 digits. A service in another account is refused before anything is changed. */
  readonly account?: string | undefined;
  /** `workload.cluster`. */
  readonly cluster: string;
  /** `workload.service`. */
  readonly service: string;
  /** How long tasks may take to end when everything is stopped: `restart.drainSeconds`. */
  readonly drainMs: number;
  /** How long a deployment, or tasks that start, may take; see `ecsReadyTimeoutFor`. */
  readonly readyTimeoutMs: number;
  /** `scaling`, shown beside a change of the count. */
  readonly scaling?: { readonly min?: number | undefined; readonly max?: number | undefined } | undefined;
  /** `restart.schedule.role`: the ARN of the IAM role with which EventBridge Scheduler calls ecs:UpdateService. */
  readonly scheduleRole?: string | undefined;
}

export interface EcsWorkloadDeps {
  /** For how long an answer of AWS may be used again. */
  readonly clock: Pick<Clock, 'monotonic'>;
  /** The environment of this process: AWS_ENDPOINT_URL and keys. The SDK reads more of it by itself. */
  readonly environment: Environment;
  /** Given every secret before it is used, so that no output can show it. */
  readonly remember: (name: string, secret: string) => void;
}

/** Milliseconds. Ten minutes, as `aws ecs wait services-stable`, or three times what the configuration expects where that is more. */
export const ecsReadyTimeoutFor = (expectedMinutes: number | undefined): number =>
  Math.max(10, 3 * (expectedMinutes ?? 0)) * 60_000;
