import type { Deployment, HealthStatus, Service, ServiceDeployment, Task, TaskSet } from '@aws-sdk/client-ecs';
import { failureThreshold } from './scheduler.ts';
import type { EcsWorld, PlayedDeployment, PlayedService, PlayedServiceDeployment, PlayedTask } from './state.ts';
import { isAlive, isServing } from './task.ts';

export const clusterArn = (world: EcsWorld): string => world.identifiers.arn('ecs', `cluster/${world.clusterName}`);

export const serviceArn = (world: EcsWorld, service: PlayedService): string =>
  world.identifiers.arn('ecs', `service/${world.clusterName}/${service.name}`);

export const taskArn = (world: EcsWorld, task: PlayedTask): string =>
  world.identifiers.arn('ecs', `task/${world.clusterName}/${task.id}`);

/** As DescribeServices counts: tasks that are stopping are neither running nor pending. */
const counts = (tasks: readonly PlayedTask[]) => ({
  runningCount: tasks.filter(({ status }) => status === 'RUNNING').length,
  pendingCount: tasks.filter(({ status }) => ['PROVISIONING', 'PENDING', 'ACTIVATING'].includes(status)).length,
});

const tasksOf = (world: EcsWorld, deployment: PlayedDeployment): PlayedTask[] =>
  world.tasks.filter((task) => task.deployment === deployment.id);

const network = {
  awsvpcConfiguration: { subnets: ['subnet-0a1b2c3d4e5f60718'], assignPublicIp: 'DISABLED' as const },
};

const describeDeployment = (
  world: EcsWorld,
  service: PlayedService,
  deployment: PlayedDeployment,
  index: number,
): Deployment => ({
  id: deployment.id,
  status: index === 0 ? 'PRIMARY' : 'ACTIVE',
  taskDefinition: deployment.taskDefinition,
  desiredCount: index === 0 ? service.desired : tasksOf(world, deployment).filter(isAlive).length,
  ...counts(tasksOf(world, deployment)),
  failedTasks: deployment.failedTasks,
  createdAt: new Date(deployment.createdAt),
  updatedAt: new Date(deployment.updatedAt),
  launchType: 'FARGATE',
  platformVersion: '1.4.0',
  platformFamily: 'Linux',
  networkConfiguration: network,
  rolloutState: deployment.rollout,
  rolloutStateReason: deployment.reason,
});

/** With the CODE_DEPLOY and EXTERNAL controllers a service has task sets and no deployments of its own. */
const describeTaskSet = (world: EcsWorld, service: PlayedService, deployment: PlayedDeployment): TaskSet => ({
  id: deployment.id,
  taskSetArn: world.identifiers.arn('ecs', `task-set/${world.clusterName}/${service.name}/${deployment.id}`),
  serviceArn: serviceArn(world, service),
  clusterArn: clusterArn(world),
  startedBy: service.controller === 'CODE_DEPLOY' ? 'CODE_DEPLOY' : 'deployer',
  status: 'PRIMARY',
  taskDefinition: deployment.taskDefinition,
  computedDesiredCount: service.desired,
  ...counts(tasksOf(world, deployment)),
  createdAt: new Date(deployment.createdAt),
  updatedAt: new Date(deployment.updatedAt),
  launchType: 'FARGATE',
  platformVersion: '1.4.0',
  scale: { value: 100, unit: 'PERCENT' },
  stabilityStatus: service.steady ? 'STEADY_STATE' : 'STABILIZING',
});

export const describeService = (world: EcsWorld, service: PlayedService): Service => {
  const rolls = service.controller === 'ECS';
  const alive = service.status !== 'INACTIVE';
  return {
    serviceArn: serviceArn(world, service),
    serviceName: service.name,
    clusterArn: clusterArn(world),
    status: service.status,
    desiredCount: service.status === 'ACTIVE' ? service.desired : 0,
    ...counts(world.tasks.filter((task) => task.service === service.name)),
    launchType: 'FARGATE',
    platformVersion: 'LATEST',
    platformFamily: 'Linux',
    // With the EXTERNAL controller the task sets have one, and the service none.
    ...(service.controller === 'EXTERNAL' ? {} : { taskDefinition: service.taskDefinition }),
    deploymentConfiguration: {
      deploymentCircuitBreaker: service.circuitBreaker,
      maximumPercent: service.maximumPercent,
      minimumHealthyPercent: service.minimumHealthyPercent,
      ...(!rolls
        ? {}
        : service.bakeMinutes === undefined
          ? { strategy: 'ROLLING' as const }
          : { strategy: 'BLUE_GREEN' as const, bakeTimeInMinutes: service.bakeMinutes }),
    },
    ...(rolls ? {} : { taskSets: service.deployments.map((each) => describeTaskSet(world, service, each)) }),
    deployments:
      rolls && alive ? service.deployments.map((each, index) => describeDeployment(world, service, each, index)) : [],
    ...(rolls && service.history[0] !== undefined
      ? { currentServiceDeployment: service.history[0].serviceDeploymentArn }
      : {}),
    ...(rolls
      ? { currentServiceRevisions: service.deployments.map((each) => revisionCounts(world, service, each)) }
      : {}),
    events: service.events,
    createdAt: new Date(service.createdAt),
    loadBalancers: [service.slowTargetGroup, service.targetGroup]
      .filter((group) => group !== undefined)
      .map((targetGroupArn) => ({
        targetGroupArn,
        containerName: 'app',
        containerPort: 8080,
        ...(service.alternateTargetGroup === undefined
          ? {}
          : { advancedConfiguration: { alternateTargetGroupArn: service.alternateTargetGroup } }),
      })),
    serviceRegistries: [],
    placementConstraints: [],
    placementStrategy: [],
    networkConfiguration: network,
    ...(service.targetGroup === undefined ? {} : { healthCheckGracePeriodSeconds: 30 }),
    schedulingStrategy: 'REPLICA',
    deploymentController: { type: service.controller },
    enableECSManagedTags: true,
    propagateTags: 'NONE',
    enableExecuteCommand: false,
  };
};

const revisionCounts = (world: EcsWorld, service: PlayedService, deployment: PlayedDeployment) => {
  const { runningCount, pendingCount } = counts(tasksOf(world, deployment));
  const primary = service.deployments[0] === deployment;
  return {
    arn: deployment.revision,
    requestedTaskCount: primary ? service.desired : 0,
    runningTaskCount: runningCount,
    pendingTaskCount: pendingCount,
  };
};

export const describeServiceDeployment = (
  world: EcsWorld,
  service: PlayedService,
  entry: PlayedServiceDeployment,
): ServiceDeployment => {
  const current = service.deployments.find(
    (each) => each.serviceDeployment === entry.serviceDeploymentArn && !each.isRollback,
  );
  const { enable } = service.circuitBreaker;
  const triggered = entry.statusReason?.includes('circuit breaker') === true;
  const done = entry.finishedAt !== undefined;
  return {
    ...entry,
    ...(current === undefined ? {} : { targetServiceRevision: revisionCounts(world, service, current) }),
    deploymentConfiguration: {
      deploymentCircuitBreaker: service.circuitBreaker,
      maximumPercent: service.maximumPercent,
      minimumHealthyPercent: service.minimumHealthyPercent,
      strategy: 'ROLLING',
    },
    deploymentCircuitBreaker: {
      status: enable !== true ? 'DISABLED' : triggered ? 'TRIGGERED' : done ? 'MONITORING_COMPLETE' : 'MONITORING',
      failureCount: triggered ? failureThreshold(service) : (current?.failedTasks ?? 0),
      threshold: failureThreshold(service),
    },
  };
};

const health = (world: EcsWorld, task: PlayedTask): HealthStatus => {
  if (world.taskDefinitions.get(task.taskDefinition)?.definition.containerDefinitions?.[0]?.healthCheck === undefined)
    return 'UNKNOWN';
  if (isServing(task, world.now)) return 'HEALTHY';
  return task.behaviour.unhealthy === true && task.startedAt !== undefined ? 'UNHEALTHY' : 'UNKNOWN';
};

const ended = (task: PlayedTask): boolean => task.status === 'STOPPED' || task.status === 'DEPROVISIONING';

const optionalTimes = (task: PlayedTask) => ({
  ...(task.startedAt === undefined
    ? {}
    : { startedAt: new Date(task.startedAt), pullStoppedAt: new Date(task.startedAt - 1000) }),
  ...(task.stoppingAt === undefined ? {} : { stoppingAt: new Date(task.stoppingAt) }),
  ...(task.stoppedAt === undefined ? {} : { stoppedAt: new Date(task.stoppedAt) }),
  ...(task.stopCode === undefined ? {} : { stopCode: task.stopCode }),
  ...(task.stoppedReason === undefined ? {} : { stoppedReason: task.stoppedReason }),
});

export const describeTask = (world: EcsWorld, task: PlayedTask): Task => {
  const containers = world.taskDefinitions.get(task.taskDefinition)?.definition.containerDefinitions ?? [];
  const arn = taskArn(world, task);
  const hostPorts = world.services.get(task.service)?.hostPorts === true;
  return {
    taskArn: arn,
    clusterArn: clusterArn(world),
    taskDefinitionArn: task.taskDefinition,
    group: `service:${task.service}`,
    startedBy: task.deployment,
    lastStatus: task.status,
    desiredStatus: task.desired,
    healthStatus: health(world, task),
    createdAt: new Date(task.createdAt),
    ...optionalTimes(task),
    launchType: 'FARGATE',
    platformVersion: '1.4.0',
    platformFamily: 'Linux',
    availabilityZone: task.zone,
    cpu: '256',
    memory: '512',
    connectivity: 'CONNECTED',
    version: 4,
    overrides: { containerOverrides: [] },
    attachments: hostPorts
      ? []
      : [
          {
            id: `${task.id}-eni`,
            type: 'ElasticNetworkInterface',
            status: ended(task) ? 'DELETED' : 'ATTACHED',
            details: [{ name: 'privateIPv4Address', value: task.address }],
          },
        ],
    containers: containers.map((container) => ({
      containerArn: world.identifiers.arn('ecs', `container/${world.clusterName}/${task.id}/${container.name}`),
      taskArn: arn,
      name: container.name,
      image: container.image,
      ...(task.startedAt === undefined ? {} : { runtimeId: `${task.id}-${container.name}` }),
      lastStatus: ended(task) ? 'STOPPED' : task.startedAt === undefined ? 'PENDING' : 'RUNNING',
      ...(task.exitCode === undefined || !ended(task) ? {} : { exitCode: task.exitCode }),
      ...(task.containerReason === undefined ? {} : { reason: task.containerReason }),
      healthStatus: health(world, task),
      networkInterfaces: hostPorts ? [] : [{ attachmentId: `${task.id}-eni`, privateIpv4Address: task.address }],
    })),
  };
};
