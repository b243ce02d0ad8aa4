import type { TaskBehaviour } from './behaviour.ts';
import { healthy } from './behaviour.ts';
import type { EcsWorld, PlayedDeployment, PlayedRevision, PlayedService, PlayedServiceDeployment } from './state.ts';

/**
 * The life of a deployment. Its states and what they mean:
 * https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_Deployment.html, API_ServiceDeployment.html and
 * https://docs.aws.amazon.com/AmazonECS/latest/developerguide/deployment-circuit-breaker.html
 */
export const serviceEvent = (world: EcsWorld, service: PlayedService, message: string) => {
  const event = {
    id: world.identifiers.event(),
    createdAt: new Date(world.now),
    message: `(service ${service.name}) ${message}`,
  };
  service.events = [event, ...service.events].slice(0, 100);
};

const resource = (world: EcsWorld, kind: string, service: PlayedService): string =>
  world.identifiers.arn('ecs', `${kind}/${world.clusterName}/${service.name}/${world.identifiers.serviceDeployment()}`);

const addRevision = (world: EcsWorld, service: PlayedService, taskDefinition: string): string => {
  const revision: PlayedRevision = {
    serviceRevisionArn: resource(world, 'service-revision', service),
    serviceArn: world.identifiers.arn('ecs', `service/${world.clusterName}/${service.name}`),
    clusterArn: world.identifiers.arn('ecs', `cluster/${world.clusterName}`),
    taskDefinition,
    launchType: 'FARGATE',
    platformVersion: '1.4.0',
    createdAt: new Date(world.now),
  };
  service.revisions = [revision, ...service.revisions];
  return revision.serviceRevisionArn;
};

const addToHistory = (world: EcsWorld, service: PlayedService, revision: string): PlayedServiceDeployment => {
  const source = service.deployments[0]?.revision;
  const entry: PlayedServiceDeployment = {
    serviceDeploymentArn: resource(world, 'service-deployment', service),
    serviceArn: world.identifiers.arn('ecs', `service/${world.clusterName}/${service.name}`),
    clusterArn: world.identifiers.arn('ecs', `cluster/${world.clusterName}`),
    createdAt: new Date(world.now),
    updatedAt: new Date(world.now),
    status: 'PENDING',
    sourceServiceRevisions: source === undefined ? [] : [{ arn: source }],
    targetServiceRevision: { arn: revision },
  };
  service.history = [entry, ...service.history];
  return entry;
};

export const historyOf = (service: PlayedService, deployment: PlayedDeployment): PlayedServiceDeployment => {
  const entry = service.history.find((each) => each.serviceDeploymentArn === deployment.serviceDeployment);
  if (entry === undefined) throw new Error(`${deployment.id} has no entry in the history of ${service.name}`);
  return entry;
};

/** What a new deployment of the service is to do. */
interface NewDeployment {
  readonly taskDefinition: string;
  readonly behaviour?: TaskBehaviour;
}

/** A new PRIMARY. The one that was under way, if any, is stopped; what runs of it is replaced. */
export const beginDeployment = (world: EcsWorld, service: PlayedService, wanted: NewDeployment): PlayedDeployment => {
  const before = service.deployments[0];
  if (before?.rollout === 'IN_PROGRESS') {
    const entry = historyOf(service, before);
    entry.status = 'STOPPED';
    entry.stoppedAt = entry.finishedAt = entry.updatedAt = new Date(world.now);
    entry.statusReason = 'Service deployment was stopped because a new service deployment was started.';
  }
  const revision = addRevision(world, service, wanted.taskDefinition);
  const id = world.identifiers.deployment();
  const definition = world.taskDefinitions.get(wanted.taskDefinition)?.behaviour ?? healthy;
  const deployment: PlayedDeployment = {
    id,
    taskDefinition: wanted.taskDefinition,
    behaviour: wanted.behaviour ?? definition,
    createdAt: world.now,
    updatedAt: world.now,
    revision,
    serviceDeployment: addToHistory(world, service, revision).serviceDeploymentArn,
    isRollback: false,
    rollout: 'IN_PROGRESS',
    reason: `ECS deployment ${id} in progress.`,
    failedTasks: 0,
  };
  service.deployments = [deployment, ...service.deployments];
  service.taskDefinition = wanted.taskDefinition;
  service.launchesAfter = world.now;
  service.steady = false;
  return deployment;
};

export const completeDeployment = (world: EcsWorld, service: PlayedService, deployment: PlayedDeployment) => {
  deployment.rollout = 'COMPLETED';
  deployment.reason = `ECS deployment ${deployment.id} completed.`;
  deployment.updatedAt = world.now;
  const entry = historyOf(service, deployment);
  entry.status = deployment.isRollback ? 'ROLLBACK_SUCCESSFUL' : 'SUCCESSFUL';
  entry.finishedAt = entry.updatedAt = new Date(world.now);
  serviceEvent(world, service, `(deployment ${deployment.id}) deployment completed.`);
};

const breaker = 'ECS deployment circuit breaker:';

/** The deployment before becomes PRIMARY again, as a deployment of its own or as the one it was. */
const rollBack = (world: EcsWorld, service: PlayedService, failed: PlayedDeployment, good: PlayedRevision) => {
  const { taskDefinition } = good;
  const entry = historyOf(service, failed);
  const present = service.deployments.find((each) => each.revision === good.serviceRevisionArn);
  const reused = world.rollbackDeployment === 'same' ? present : undefined;
  const id = reused?.id ?? world.identifiers.deployment();
  const rollback: PlayedDeployment = {
    id,
    taskDefinition,
    behaviour: reused?.behaviour ?? world.taskDefinitions.get(taskDefinition)?.behaviour ?? healthy,
    createdAt: reused?.createdAt ?? world.now,
    updatedAt: world.now,
    revision: good.serviceRevisionArn,
    serviceDeployment: failed.serviceDeployment,
    isRollback: true,
    rollout: 'IN_PROGRESS',
    reason: `${failed.reason.startsWith(breaker) ? breaker : 'ECS deployment:'} rolling back to deploymentId ${id}.`,
    failedTasks: 0,
  };
  service.deployments = [rollback, ...service.deployments.filter((each) => each !== reused)];
  service.taskDefinition = taskDefinition;
  service.launchesAfter = world.now;
  serviceEvent(world, service, `rolling back to deployment ${id}.`);
  entry.status = 'ROLLBACK_IN_PROGRESS';
  entry.rollback = {
    reason: failed.reason,
    startedAt: new Date(world.now),
    serviceRevisionArn: good.serviceRevisionArn,
  };
};

/** The revision that was deployed successfully last: what a rollback goes back to. */
const lastGood = (service: PlayedService): PlayedRevision | undefined => {
  const arn = service.history.find(({ status }) => status === 'SUCCESSFUL')?.targetServiceRevision?.arn;
  return service.revisions.find(({ serviceRevisionArn }) => serviceRevisionArn === arn);
};

const end = (
  world: EcsWorld,
  service: PlayedService,
  deployment: PlayedDeployment,
  status: 'STOPPED' | 'ROLLBACK_FAILED',
) => {
  const entry = historyOf(service, deployment);
  entry.status = status;
  entry.stoppedAt = entry.finishedAt = entry.updatedAt = new Date(world.now);
};

/** The circuit breaker: the deployment starts nothing any more, and is rolled back where the service is configured so. */
export const failDeployment = (world: EcsWorld, service: PlayedService, deployment: PlayedDeployment) => {
  deployment.rollout = 'FAILED';
  deployment.reason = `${breaker} tasks failed to start.`;
  deployment.updatedAt = world.now;
  serviceEvent(world, service, `(deployment ${deployment.id}) deployment failed: tasks failed to start.`);
  const entry = historyOf(service, deployment);
  const good = lastGood(service);
  if (deployment.isRollback) return end(world, service, deployment, 'ROLLBACK_FAILED');
  if (service.circuitBreaker.rollback === true && good !== undefined) {
    entry.statusReason = 'Service deployment rolled back because the circuit breaker threshold was exceeded.';
    return rollBack(world, service, deployment, good);
  }
  entry.statusReason = 'Service deployment failed because the circuit breaker threshold was exceeded.';
  return end(world, service, deployment, 'STOPPED');
};

/** Somebody stopped it with StopServiceDeployment. */
export const stopDeployment = (
  world: EcsWorld,
  service: PlayedService,
  deployment: PlayedDeployment,
  back: boolean,
) => {
  deployment.rollout = 'FAILED';
  deployment.reason = `ECS deployment ${deployment.id} was stopped by a user.`;
  deployment.updatedAt = world.now;
  const entry = historyOf(service, deployment);
  entry.statusReason = 'Service deployment was stopped by a user.';
  const good = lastGood(service);
  return back && good !== undefined
    ? rollBack(world, service, deployment, good)
    : end(world, service, deployment, 'STOPPED');
};
