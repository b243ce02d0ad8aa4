import type {
  DeploymentCircuitBreaker,
  DeploymentControllerType,
  DeploymentRolloutState,
  Service,
  Task,
  ServiceDeployment,
  ServiceDeploymentStatus,
  ServiceEvent,
  ServiceRevision,
  TaskDefinition,
  TaskStopCode,
} from '@aws-sdk/client-ecs';
import type { TaskBehaviour } from './behaviour.ts';
import type { Identifiers } from './identifiers.ts';

/** https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-lifecycle-explanation.html */
export type TaskStatus =
  | 'PROVISIONING'
  | 'PENDING'
  | 'ACTIVATING'
  | 'RUNNING'
  | 'DEACTIVATING'
  | 'STOPPING'
  | 'DEPROVISIONING'
  | 'STOPPED';

export interface PlayedTask {
  readonly id: string;
  readonly service: string;
  readonly deployment: string;
  readonly taskDefinition: string;
  behaviour: TaskBehaviour;
  readonly address: string;
  readonly zone: string;
  readonly createdAt: number;
  status: TaskStatus;
  /** When it entered `status`. */
  since: number;
  desired: 'RUNNING' | 'STOPPED';
  startedAt?: number;
  stoppingAt?: number;
  stoppedAt?: number;
  stopCode?: TaskStopCode;
  stoppedReason?: string;
  exitCode?: number;
  containerReason?: string;
  /** The scheduler has counted it as a failure of its deployment. */
  counted: boolean;
  /** So many answers of DescribeTasks still show it as it was before StopTask. */
  stale?: { reads: number; readonly task: Task };
}

export interface PlayedDeployment {
  readonly id: string;
  readonly taskDefinition: string;
  readonly behaviour: TaskBehaviour;
  readonly createdAt: number;
  readonly revision: string;
  /** The service deployment it carries out, which a rollback shares with the deployment that failed. */
  readonly serviceDeployment: string;
  readonly isRollback: boolean;
  updatedAt: number;
  rollout: DeploymentRolloutState;
  reason: string;
  failedTasks: number;
}

/** The timestamps and states of one entry of the service's history, in the shape in which it is answered. */
export type PlayedServiceDeployment = ServiceDeployment & {
  readonly serviceDeploymentArn: string;
  readonly createdAt: Date;
  status: ServiceDeploymentStatus;
};

/** What a deployment brings to the tasks. */
export type PlayedRevision = ServiceRevision & {
  readonly serviceRevisionArn: string;
  readonly taskDefinition: string;
};

export interface PlayedService {
  readonly name: string;
  readonly createdAt: number;
  readonly controller: DeploymentControllerType;
  readonly maximumPercent: number;
  readonly minimumHealthyPercent: number;
  readonly circuitBreaker: DeploymentCircuitBreaker;
  readonly targetGroup?: string;
  readonly slowTargetGroup?: string;
  readonly alternateTargetGroup?: string;
  readonly hostPorts: boolean;
  readonly bakeMinutes?: number;
  /** Since when the tasks of a blue/green deployment all serve. */
  greenSince?: number | undefined;
  status: 'ACTIVE' | 'DRAINING' | 'INACTIVE';
  desired: number;
  taskDefinition: string;
  /** The newest first: the first one is PRIMARY. */
  deployments: PlayedDeployment[];
  /** The newest first, at most 100. */
  events: ServiceEvent[];
  /** The newest first. */
  history: PlayedServiceDeployment[];
  revisions: PlayedRevision[];
  /** The scheduler starts nothing before. */
  launchesAfter: number;
  steady: boolean;
  tags?: Map<string, string>;
  /** For the tasks of the next deployment instead of their task definition's. */
  nextBehaviour?: TaskBehaviour;
  stale?: { reads: number; lists: number; readonly service: Service; readonly history: PlayedServiceDeployment[] };
}

export interface PlayedTaskDefinition {
  readonly definition: TaskDefinition;
  readonly behaviour: TaskBehaviour;
}

/** One cluster in one region of one account. Times are milliseconds since 1970, of the played time. */
export interface EcsWorld {
  readonly identifiers: Identifiers;
  readonly clusterName: string;
  now: number;
  readonly services: Map<string, PlayedService>;
  /** By ARN. */
  readonly taskDefinitions: Map<string, PlayedTaskDefinition>;
  tasks: PlayedTask[];
  /** How many tasks there ever were. */
  taskCount: number;
  /** So many reads after an UpdateService still show the service as it was before. */
  staleReads: number;
  /** Whether a rollback is a new deployment, or makes the one before PRIMARY again. */
  rollbackDeployment: 'new' | 'same';
}
