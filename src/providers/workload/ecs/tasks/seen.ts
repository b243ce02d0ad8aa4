import { shortText } from '../../../../words/short-text.ts';
import type { Deployment, Service } from '@aws-sdk/client-ecs';
import { shiftingOf } from '../deployment/shifting.ts';
import type { Shifting } from '../deployment/shifting.ts';

/** A deployment of the service: one set of tasks that ECS brings up or takes down. */
export interface Deployed {
  /** `ecs-svc/1234567890123456789`. */
  readonly id: string;
  /** PRIMARY: the newest one; ACTIVE: being replaced; INACTIVE: replaced. */
  readonly status: string;
  /** `family:revision`. */
  readonly taskDefinition: string;
  readonly desired: number;
  readonly running: number;
  readonly pending: number;
  /** In a row; back to zero with the first task that runs. */
  readonly failed: number;
  readonly createdAt: Date | undefined;
  /** IN_PROGRESS, COMPLETED, FAILED; ECS does not tell behind a Classic Load Balancer, nor for other deployment controllers. */
  readonly rollout: string | undefined;
  readonly reason: string | undefined;
}

export interface SeenEvent {
  readonly id: string;
  readonly at: Date | undefined;
  readonly message: string;
}

/** What one DescribeServices tells. */
export interface Seen {
  readonly arn: string;
  readonly account: string;
  readonly status: string;
  readonly desired: number;
  readonly running: number;
  readonly pending: number;
  /** `family:revision`. */
  readonly taskDefinition: string;
  /** The newest first. */
  readonly deployments: readonly Deployed[];
  /** The newest first. */
  readonly events: readonly SeenEvent[];
  /** ECS, CODE_DEPLOY or EXTERNAL. */
  readonly controller: string;
  readonly daemon: boolean;
  readonly minimumHealthyPercent: number | undefined;
  readonly maximumPercent: number | undefined;
  readonly circuitBreaker: boolean;
  readonly shifting: Shifting | undefined;
  /** Each task is in one of each: blue/green deployments go to and fro between two target groups. */
  readonly targetGroups: readonly (readonly string[])[];
  /** The container that the load balancer talks to. */
  readonly servingContainer: string | undefined;
}

/** `family:revision` of a task definition's ARN; a task's, cluster's or service's name of theirs. */
export const lastPart = (arn: string): string => arn.slice(arn.lastIndexOf('/') + 1);

export const seenService = (service: Service): Seen => {
  const arn = service.serviceArn ?? '';
  const rolling = service.deploymentConfiguration;
  return {
    arn,
    account: arn.split(':')[4] ?? '',
    status: service.status ?? '',
    desired: service.desiredCount ?? 0,
    running: service.runningCount ?? 0,
    pending: service.pendingCount ?? 0,
    taskDefinition: lastPart(service.taskDefinition ?? ''),
    deployments: (service.deployments ?? []).map(deployed).toSorted((a, b) => time(b.createdAt) - time(a.createdAt)),
    events: (service.events ?? [])
      .map(({ id, createdAt, message = '' }) => ({
        id: id ?? message,
        at: createdAt,
        message: ofService(shortText(message)),
      }))
      .toSorted((a, b) => time(b.at) - time(a.at)),
    controller: service.deploymentController?.type ?? 'ECS',
    daemon: service.schedulingStrategy === 'DAEMON',
    minimumHealthyPercent: rolling?.minimumHealthyPercent,
    maximumPercent: rolling?.maximumPercent,
    circuitBreaker: rolling?.deploymentCircuitBreaker?.enable === true,
    shifting: shiftingOf(rolling),
    targetGroups: (service.loadBalancers ?? []).flatMap(({ targetGroupArn, advancedConfiguration }) =>
      targetGroupArn === undefined
        ? []
        : [[targetGroupArn, advancedConfiguration?.alternateTargetGroupArn].filter((group) => group !== undefined)],
    ),
    servingContainer: service.loadBalancers?.find(({ containerName }) => containerName !== undefined)?.containerName,
  };
};

/** ECS begins each event with the name of the service, which whoever reads it knows. */
const ofService = (message: string): string => message.replace(/^\(service [^\s,)]+\) /, '');

const time = (at: Date | undefined): number => at?.getTime() ?? 0;

const deployed = (deployment: Deployment): Deployed => ({
  id: deployment.id ?? '',
  status: deployment.status ?? '',
  taskDefinition: lastPart(deployment.taskDefinition ?? ''),
  desired: deployment.desiredCount ?? 0,
  running: deployment.runningCount ?? 0,
  pending: deployment.pendingCount ?? 0,
  failed: deployment.failedTasks ?? 0,
  createdAt: deployment.createdAt,
  rollout: deployment.rolloutState,
  reason: deployment.rolloutStateReason,
});

export const primaryOf = (seen: Seen): Deployed | undefined =>
  seen.deployments.find(({ status }) => status === 'PRIMARY');
