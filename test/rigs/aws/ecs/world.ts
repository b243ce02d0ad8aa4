import type { Scenario, ServiceScenario, TaskDefinitionScenario } from '../scenario.ts';
import { healthy } from './behaviour.ts';
import { createIdentifiers } from './identifiers.ts';
import { beginDeployment, completeDeployment, historyOf, serviceEvent } from './rollout.ts';
import { createTask, schedule } from './scheduler.ts';
import type { EcsWorld, PlayedService } from './state.ts';
import { advanceTask } from './task.ts';

const hour = 3_600_000;

export const logGroup = (family: string): string => `/ecs/${family}`;

const addTaskDefinition = (world: EcsWorld, scenario: TaskDefinitionScenario) => {
  const [family = '', revision = '1'] = scenario.name.split(':');
  const arn = world.identifiers.arn('ecs', `task-definition/${scenario.name}`);
  const options = {
    'awslogs-group': logGroup(family),
    'awslogs-region': world.identifiers.region,
    'awslogs-stream-prefix': 'app',
  };
  const definition = {
    taskDefinitionArn: arn,
    family,
    revision: Number(revision),
    status: scenario.status ?? ('ACTIVE' as const),
    networkMode: 'awsvpc' as const,
    requiresCompatibilities: ['FARGATE' as const],
    cpu: '256',
    memory: '512',
    registeredAt: new Date(world.now - 2 * hour),
    containerDefinitions: [
      {
        name: 'app',
        image: scenario.image ?? `registry.example.com/${family}:1.${revision}.0`,
        essential: true,
        portMappings: [{ containerPort: 8080, hostPort: 8080, protocol: 'tcp' as const }],
        ...(scenario.logDriver === 'none' ? {} : { logConfiguration: { logDriver: 'awslogs' as const, options } }),
        ...(scenario.healthCheck === true
          ? { healthCheck: { command: ['CMD-SHELL', 'test -e /ready'], interval: 30, timeout: 5, retries: 3 } }
          : {}),
      },
    ],
  };
  world.taskDefinitions.set(arn, { definition, behaviour: scenario.behaviour ?? healthy });
};

const targetGroupArn = (world: EcsWorld, name: string): string =>
  world.identifiers.arn('elasticloadbalancing', `targetgroup/${name}/73e2d6bc24d8a067`);

const targetGroupsOf = (world: EcsWorld, scenario: ServiceScenario) =>
  Object.fromEntries(
    (['targetGroup', 'slowTargetGroup', 'alternateTargetGroup'] as const).flatMap((which) =>
      scenario[which] === undefined ? [] : [[which, targetGroupArn(world, scenario[which])] as const],
    ),
  );

/** Deploys without waiting for anything: what has been there for an hour. */
const settleDeployment = (world: EcsWorld, service: PlayedService, name: string) => {
  const taskDefinition = world.identifiers.arn('ecs', `task-definition/${name}`);
  const deployment = beginDeployment(world, service, { taskDefinition });
  service.deployments = [deployment];
  historyOf(service, deployment).startedAt = new Date(world.now);
  completeDeployment(world, service, deployment);
  return deployment;
};

const addService = (world: EcsWorld, scenario: ServiceScenario) => {
  for (const name of [...(scenario.earlier ?? []), scenario.taskDefinition])
    if (!world.taskDefinitions.has(world.identifiers.arn('ecs', `task-definition/${name}`)))
      addTaskDefinition(world, { name });
  const service: PlayedService = {
    name: scenario.name,
    createdAt: world.now - 24 * hour,
    controller: scenario.controller ?? 'ECS',
    maximumPercent: scenario.maximumPercent ?? 200,
    minimumHealthyPercent: scenario.minimumHealthyPercent ?? 100,
    circuitBreaker: scenario.circuitBreaker ?? { enable: false, rollback: false },
    ...targetGroupsOf(world, scenario),
    hostPorts: scenario.hostPorts ?? false,
    ...(scenario.bakeMinutes === undefined ? {} : { bakeMinutes: scenario.bakeMinutes }),
    status: 'ACTIVE',
    desired: scenario.desired,
    taskDefinition: '',
    deployments: [],
    events: [],
    history: [],
    revisions: [],
    launchesAfter: 0,
    steady: true,
  };
  world.services.set(service.name, service);
  for (const name of scenario.earlier ?? []) {
    settleDeployment(world, service, name);
    world.now += 60_000;
  }
  const deployment = settleDeployment(world, service, scenario.taskDefinition);
  service.steady = true;
  serviceEvent(world, service, 'has reached a steady state.');
  service.status = scenario.status ?? 'ACTIVE';
  if (service.status === 'INACTIVE') return;
  for (let count = 0; count < scenario.desired; count += 1) {
    const task = createTask(world, service, deployment);
    task.status = 'RUNNING';
    task.startedAt = task.since = world.now + task.behaviour.startsIn * 1000;
    world.tasks.push(task);
  }
};

/** The cluster as the scenario tells it, at `now`. */
export const createWorld = (scenario: Scenario, now: number): EcsWorld => {
  const world: EcsWorld = {
    identifiers: createIdentifiers(scenario.account ?? '111122223333', scenario.region ?? 'eu-central-1'),
    clusterName: scenario.cluster ?? 'prod',
    now: now - hour,
    services: new Map(),
    taskDefinitions: new Map(),
    tasks: [],
    taskCount: 0,
    staleReads: 0,
    rollbackDeployment: 'new',
  };
  for (const definition of scenario.taskDefinitions ?? []) addTaskDefinition(world, definition);
  for (const service of scenario.services ?? []) {
    world.now = now - hour;
    addService(world, service);
  }
  world.now = now;
  return world;
};

/** Takes the cluster on to `now`, second by second. Stopped tasks are forgotten after an hour, as ECS does. */
export const advanceWorld = (world: EcsWorld, now: number) => {
  while (now - world.now >= 1000) {
    world.now += 1000;
    for (const task of world.tasks)
      advanceTask(task, world.now, world.services.get(task.service)?.targetGroup !== undefined);
    for (const service of world.services.values()) schedule(world, service);
    world.tasks = world.tasks.filter(({ stoppedAt }) => stoppedAt === undefined || world.now - stoppedAt < hour);
  }
};
