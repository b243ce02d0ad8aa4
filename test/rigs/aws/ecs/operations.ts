import type {
  DescribeServiceDeploymentsRequest,
  DescribeServiceRevisionsRequest,
  DescribeServicesRequest,
  DescribeTasksRequest,
  DescribeClustersRequest,
  Failure,
  ListServiceDeploymentsRequest,
  ListServicesRequest,
  ListTasksRequest,
} from '@aws-sdk/client-ecs';
import { page } from '../services/page.ts';
import type { Operations } from '../services/played-service.ts';
import { serviceUpdates } from './changes.ts';
import {
  clusterArn,
  describeService,
  describeServiceDeployment,
  describeTask,
  serviceArn,
  taskArn,
} from './describe.ts';
import { findService, findTask, inThisCluster, limit, present } from './find.ts';
import type { EcsWorld, PlayedService, PlayedTask } from './state.ts';
import { tagOperations, withTags } from './tags.ts';
import { taskDefinitionOperations } from './task-definitions.ts';

/** Splits what was asked for into what is there and what is MISSING. */
const split = <Thing>(
  world: EcsWorld,
  kind: string,
  names: readonly string[],
  find: (name: string) => Thing | undefined,
): { found: Thing[]; failures: Failure[] } => {
  const found: Thing[] = [];
  const failures: Failure[] = [];
  for (const name of names) {
    const thing = find(name);
    if (thing !== undefined) found.push(thing);
    else {
      const arn = name.startsWith('arn:') ? name : world.identifiers.arn('ecs', `${kind}/${world.clusterName}/${name}`);
      failures.push({ arn, reason: 'MISSING' });
    }
  }
  return { found, failures };
};

/** The first reads after an update come from a copy that has not seen it. */
const describeOrStale = (world: EcsWorld, service: PlayedService) => {
  if (service.stale === undefined || service.stale.reads === 0) return describeService(world, service);
  service.stale.reads -= 1;
  return service.stale.service;
};

const taskOrStale = (world: EcsWorld, task: PlayedTask) => {
  if (task.stale === undefined || task.stale.reads === 0) return describeTask(world, task);
  task.stale.reads -= 1;
  return task.stale.task;
};

const historyOrStale = (service: PlayedService) => {
  if (service.stale === undefined || service.stale.lists === 0) return service.history;
  service.stale.lists -= 1;
  return service.stale.history;
};

const everyService = (world: EcsWorld): PlayedService[] => [...world.services.values()];

/** What Amazon ECS answers, of what an operator of a service asks. */
export const ecsOperations = (world: EcsWorld): Operations => ({
  ...serviceUpdates(world),
  ...tagOperations(world),
  ...taskDefinitionOperations(world),

  DescribeClusters: ({ clusters = ['default'] }: DescribeClustersRequest) => {
    const { found, failures } = split(world, 'cluster', clusters, (name) =>
      name === world.clusterName || name === clusterArn(world) ? name : undefined,
    );
    const active = everyService(world).filter(({ status }) => status === 'ACTIVE').length;
    const cluster = {
      clusterArn: clusterArn(world),
      clusterName: world.clusterName,
      status: 'ACTIVE',
      activeServicesCount: active,
    };
    return { clusters: found.map(() => cluster), failures };
  },

  ListServices: ({ cluster, maxResults, nextToken }: ListServicesRequest) => {
    inThisCluster(world, cluster);
    const arns = everyService(world)
      .filter(({ status }) => status !== 'INACTIVE')
      .map((service) => serviceArn(world, service));
    const { items, next } = page(arns, maxResults ?? 10, nextToken);
    return { serviceArns: items, nextToken: next };
  },

  DescribeServices: ({ cluster, services = [], include = [] }: DescribeServicesRequest) => {
    inThisCluster(world, cluster);
    limit('services', services.length, 10);
    const { found, failures } = split(world, 'service', services, (name) => findService(world, name));
    return {
      services: found.map((service) => {
        const described = describeOrStale(world, service);
        return include.includes('TAGS') ? withTags(service, described) : described;
      }),
      failures,
    };
  },

  ListTasks: (input: ListTasksRequest) => {
    inThisCluster(world, input.cluster);
    if (input.serviceName !== undefined) present(world, input.serviceName);
    limit('maxResults', input.maxResults ?? 1, 100);
    // RUNNING, the default, means those that are meant to run: tasks that are being stopped are in the other list.
    const desired = input.desiredStatus ?? 'RUNNING';
    const arns = world.tasks
      .filter((task) => input.serviceName === undefined || findService(world, input.serviceName)?.name === task.service)
      .filter((task) => input.startedBy === undefined || task.deployment === input.startedBy)
      .filter((task) => input.family === undefined || task.taskDefinition.includes(`task-definition/${input.family}:`))
      .filter((task) => task.desired === desired)
      .map((task) => taskArn(world, task));
    const { items, next } = page(arns, input.maxResults ?? 100, input.nextToken);
    return { taskArns: items, nextToken: next };
  },

  DescribeTasks: ({ cluster, tasks = [] }: DescribeTasksRequest) => {
    inThisCluster(world, cluster);
    limit('tasks', tasks.length, 100);
    const { found, failures } = split(world, 'task', tasks, (name) => findTask(world, name));
    return { tasks: found.map((task) => taskOrStale(world, task)), failures };
  },

  ListServiceDeployments: (input: ListServiceDeploymentsRequest) => {
    inThisCluster(world, input.cluster);
    const service = present(world, input.service ?? '');
    const { status, createdAt } = input;
    const entries = historyOrStale(service)
      .filter((entry) => status === undefined || status.length === 0 || status.includes(entry.status))
      .filter((entry) => createdAt?.after === undefined || entry.createdAt > createdAt.after)
      .filter((entry) => createdAt?.before === undefined || entry.createdAt < createdAt.before);
    const { items, next } = page(entries, input.maxResults ?? 20, input.nextToken);
    return {
      serviceDeployments: items.map((entry) => ({
        serviceDeploymentArn: entry.serviceDeploymentArn,
        serviceArn: entry.serviceArn,
        clusterArn: entry.clusterArn,
        createdAt: entry.createdAt,
        startedAt: entry.startedAt,
        finishedAt: entry.finishedAt,
        targetServiceRevisionArn: entry.targetServiceRevision?.arn,
        status: entry.status,
        statusReason: entry.statusReason,
      })),
      nextToken: next,
    };
  },

  DescribeServiceDeployments: ({ serviceDeploymentArns = [] }: DescribeServiceDeploymentsRequest) => {
    limit('serviceDeploymentArns', serviceDeploymentArns.length, 20);
    const all = everyService(world).flatMap((service) =>
      service.history.map((entry) => describeServiceDeployment(world, service, entry)),
    );
    const { found, failures } = split(world, 'service-deployment', serviceDeploymentArns, (arn) =>
      all.find((each) => each.serviceDeploymentArn === arn),
    );
    return { serviceDeployments: found, failures };
  },

  DescribeServiceRevisions: ({ serviceRevisionArns = [] }: DescribeServiceRevisionsRequest) => {
    limit('serviceRevisionArns', serviceRevisionArns.length, 20);
    const all = everyService(world).flatMap(({ revisions }) => revisions);
    const { found, failures } = split(world, 'service-revision', serviceRevisionArns, (arn) =>
      all.find((each) => each.serviceRevisionArn === arn),
    );
    return { serviceRevisions: found, failures };
  },
});
