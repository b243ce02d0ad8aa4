import type { StopServiceDeploymentRequest, StopTaskRequest, UpdateServiceRequest } from '@aws-sdk/client-ecs';
import { AwsError } from '../protocol/aws-error.ts';
import type { Operations } from '../services/played-service.ts';
import { describeService, describeTask } from './describe.ts';
import { findTask, inThisCluster, present } from './find.ts';
import { beginDeployment, stopDeployment } from './rollout.ts';
import type { EcsWorld, PlayedService } from './state.ts';
import { stopTask } from './task.ts';

/** The members that make ECS replace the tasks, of those that the rig plays. */
const startsDeployment = (input: Pick<UpdateServiceRequest, 'forceNewDeployment' | 'taskDefinition'>): boolean =>
  input.forceNewDeployment === true || input.taskDefinition !== undefined;

/** The full ARN of `family:revision`. Errors: ClientException where there is none. */
const taskDefinitionArn = (world: EcsWorld, name: string): string => {
  const arn = name.startsWith('arn:') ? name : world.identifiers.arn('ecs', `task-definition/${name}`);
  const known = world.taskDefinitions.get(arn);
  if (known === undefined) throw new AwsError('ClientException', 'TaskDefinition not found.');
  if (known.definition.status !== 'ACTIVE') throw new AwsError('ClientException', 'TaskDefinition is inactive');
  return arn;
};

/**
 * With another controller than ECS only the desired count and what does not replace tasks may be changed.
 * https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_UpdateService.html
 */
const refuseForeignController = (service: PlayedService, input: UpdateServiceRequest) => {
  if (service.controller === 'ECS' || !startsDeployment(input)) return;
  const what = input.forceNewDeployment === true ? 'force a new deployment' : 'update task definition';
  throw new AwsError(
    'InvalidParameterException',
    service.controller === 'CODE_DEPLOY'
      ? `Unable to ${what} on services with a CODE_DEPLOY deployment controller. Please use AWS CodeDeploy to trigger a new deployment.`
      : `Unable to ${what} on services with a EXTERNAL deployment controller. Please use CreateTaskSet to trigger a new deployment.`,
  );
};

const rememberForStaleReads = (world: EcsWorld, service: PlayedService) => {
  if (world.staleReads === 0) return;
  service.stale = {
    reads: world.staleReads,
    lists: world.staleReads,
    service: describeService(world, service),
    history: structuredClone(service.history),
  };
};

/** What UpdateService does, for the API and for somebody else behind the caller's back. */
export const updateService = (
  world: EcsWorld,
  service: PlayedService,
  input: Pick<UpdateServiceRequest, 'desiredCount' | 'taskDefinition' | 'forceNewDeployment'>,
) => {
  const taskDefinition =
    input.taskDefinition === undefined ? service.taskDefinition : taskDefinitionArn(world, input.taskDefinition);
  if (input.desiredCount !== undefined) service.desired = input.desiredCount;
  const { nextBehaviour } = service;
  if (startsDeployment(input)) {
    beginDeployment(world, service, {
      taskDefinition,
      ...(nextBehaviour === undefined ? {} : { behaviour: nextBehaviour }),
    });
    delete service.nextBehaviour;
  }
  service.steady = false;
};

export const serviceUpdates = (world: EcsWorld): Operations => ({
  UpdateService: (input: UpdateServiceRequest) => {
    inThisCluster(world, input.cluster);
    const service = present(world, input.service ?? '');
    if (service.status !== 'ACTIVE') throw new AwsError('ServiceNotActiveException', 'Service was not ACTIVE.');
    if (input.desiredCount !== undefined && input.desiredCount < 0)
      throw new AwsError('InvalidParameterException', 'desiredCount cannot be negative.');
    refuseForeignController(service, input);
    rememberForStaleReads(world, service);
    updateService(world, service, input);
    return { service: describeService(world, service) };
  },

  StopTask: (input: StopTaskRequest) => {
    inThisCluster(world, input.cluster);
    const task = findTask(world, input.task ?? '');
    if (task === undefined) throw new AwsError('InvalidParameterException', 'The referenced task was not found.');
    if (world.staleReads > 0) task.stale = { reads: world.staleReads, task: describeTask(world, task) };
    stopTask(task, world.now, 'UserInitiated', input.reason ?? 'Task stopped by user');
    return { task: describeTask(world, task) };
  },

  /** https://docs.aws.amazon.com/AmazonECS/latest/developerguide/stop-service-deployment.html */
  StopServiceDeployment: ({ serviceDeploymentArn = '', stopType = 'ROLLBACK' }: StopServiceDeploymentRequest) => {
    for (const service of world.services.values()) {
      const deployment = service.deployments.find(
        (each) => each.serviceDeployment === serviceDeploymentArn && each.rollout === 'IN_PROGRESS',
      );
      if (deployment === undefined) continue;
      stopDeployment(world, service, deployment, stopType === 'ROLLBACK');
      return { serviceDeploymentArn };
    }
    throw new AwsError('ServiceDeploymentNotFoundException', 'Service deployment not found.');
  },
});
