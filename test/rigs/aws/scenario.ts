import type { DeploymentCircuitBreaker, DeploymentControllerType } from '@aws-sdk/client-ecs';
import type { TaskBehaviour } from './ecs/behaviour.ts';

/** One revision of a task definition, with one container `app` that writes to CloudWatch Logs. */
export interface TaskDefinitionScenario {
  /** `family:revision`. */
  readonly name: string;
  readonly image?: string;
  readonly status?: 'ACTIVE' | 'INACTIVE';
  /** The container has a health check of its own. Default: no. */
  readonly healthCheck?: boolean;
  /** Default: awslogs. */
  readonly logDriver?: 'awslogs' | 'none';
  readonly behaviour?: TaskBehaviour;
}

/** A service that has been steady for an hour. */
export interface ServiceScenario {
  readonly name: string;
  readonly desired: number;
  /** `family:revision`; one that the scenario does not describe is added with what is usual. */
  readonly taskDefinition: string;
  /** Revisions that were deployed before, the oldest first: the service's history. */
  readonly earlier?: readonly string[];
  readonly status?: 'ACTIVE' | 'DRAINING' | 'INACTIVE';
  readonly maximumPercent?: number;
  readonly minimumHealthyPercent?: number;
  readonly circuitBreaker?: DeploymentCircuitBreaker;
  readonly controller?: DeploymentControllerType;
  /** Behind a load balancer with this name of a target group. */
  readonly targetGroup?: string;
  /** A second target group, in which its tasks get healthy a minute later. */
  readonly slowTargetGroup?: string;
  /** The other target group of blue/green deployments, which is the one that has its tasks at present. */
  readonly alternateTargetGroup?: string;
  /** Blue/green deployments: the tasks of before stay for so many minutes after the new ones serve. */
  readonly bakeMinutes?: number;
  /** Its tasks use ports of their EC2 instance and have no address of their own. */
  readonly hostPorts?: boolean;
}

export interface ScalableTargetScenario {
  readonly service: string;
  readonly min: number;
  readonly max: number;
  readonly suspended?: boolean;
  /** Scheduled actions: name, schedule expression, new limits. */
  readonly scheduledActions?: readonly {
    readonly name: string;
    readonly schedule: string;
    readonly min?: number;
    readonly max?: number;
  }[];
}

/**
 * - `manual`: time stands still until `advance`, or until a program sleeps on `clock`: runs are the same each time
 * - a factor: so many played seconds go by in a real one, for programs that bring their own clock
 */
export type PlayedTime = 'manual' | { readonly factor: number };

export interface Scenario {
  readonly time?: PlayedTime;
  /** When the played time begins. Default: now. */
  readonly start?: Date;
  readonly account?: string;
  readonly region?: string;
  readonly cluster?: string;
  readonly taskDefinitions?: readonly TaskDefinitionScenario[];
  readonly services?: readonly ServiceScenario[];
  readonly scalableTargets?: readonly ScalableTargetScenario[];
}
