import { completeDeployment, failDeployment, historyOf, serviceEvent } from './rollout.ts';
import type { EcsWorld, PlayedDeployment, PlayedService, PlayedTask } from './state.ts';
import { failsHealthChecks, isAlive, isServing, stopTask } from './task.ts';

/** After a task that failed, ECS waits before it starts the next one: "service throttle logic" in its documentation. */
const pauseAfterFailure = 10_000;

const tasksOf = (world: EcsWorld, service: PlayedService): PlayedTask[] =>
  world.tasks.filter((task) => task.service === service.name);

const named = (tasks: readonly PlayedTask[]): string => tasks.map(({ id }) => `(task ${id})`).join(' ');

const stopAll = (world: EcsWorld, service: PlayedService, tasks: readonly PlayedTask[], reason: string) => {
  if (tasks.length === 0) return;
  for (const task of tasks) stopTask(task, world.now, 'ServiceSchedulerInitiated', reason);
  if (service.targetGroup !== undefined)
    serviceEvent(world, service, `has begun draining connections on ${tasks.length} tasks.`);
  serviceEvent(world, service, `has stopped ${tasks.length} running tasks: ${named(tasks)}.`);
};

/** https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ThresholdConfiguration.html */
export const failureThreshold = ({ circuitBreaker, desired }: PlayedService): number => {
  const { type = 'BOUNDED_PERCENT', value = 50 } = circuitBreaker.thresholdConfiguration ?? {};
  if (type === 'COUNT') return value;
  const share = Math.ceil((value / 100) * desired);
  return type === 'UNBOUNDED_PERCENT' ? share : Math.min(200, Math.max(3, share));
};

/** Failures count only while their deployment is under way, and start again at 0 with the first healthy task. */
const countFailures = (world: EcsWorld, service: PlayedService, primary: PlayedDeployment) => {
  const own = tasksOf(world, service).filter((task) => task.deployment === primary.id);
  const failed = own.filter((task) => !task.counted && task.desired === 'STOPPED' && hasFailed(task));
  for (const task of failed) task.counted = true;
  if (failed.length > 0) service.launchesAfter = world.now + pauseAfterFailure;
  for (const { stoppedReason } of failed.filter((task) => task.stopCode === 'TaskFailedToStart'))
    serviceEvent(world, service, `was unable to place a task. Reason: ${stoppedReason}.`);
  if (primary.rollout !== 'IN_PROGRESS') return;
  if (primary.failedTasks < 3 && primary.failedTasks + failed.length >= 3)
    serviceEvent(world, service, 'is unable to consistently start tasks successfully.');
  primary.failedTasks += failed.length;
  const resets = service.circuitBreaker.resetOnHealthyTask ?? true;
  if (resets && own.some((task) => isServing(task, world.now))) primary.failedTasks = 0;
  if (service.circuitBreaker.enable === true && primary.failedTasks >= failureThreshold(service))
    failDeployment(world, service, primary);
};

const hasFailed = (task: PlayedTask): boolean =>
  task.stopCode === 'TaskFailedToStart' ||
  task.stopCode === 'EssentialContainerExited' ||
  (task.stopCode === 'ServiceSchedulerInitiated' && task.stoppedReason?.includes('health checks') === true);

const replaceUnhealthy = (world: EcsWorld, service: PlayedService) => {
  for (const task of tasksOf(world, service).filter((each) => failsHealthChecks(each, world.now))) {
    if (service.targetGroup === undefined) {
      serviceEvent(world, service, `(task ${task.id}) failed container health checks.`);
      stopAll(world, service, [task], 'Task failed container health checks');
    } else {
      const where = `(target-group ${service.targetGroup})`;
      serviceEvent(
        world,
        service,
        `(task ${task.id}) (port 8080) is unhealthy in ${where} due to (reason Health checks failed with these codes: [503]).`,
      );
      stopAll(world, service, [task], `Task failed ELB health checks in ${where}`);
    }
  }
};

/** https://docs.aws.amazon.com/AmazonECS/latest/developerguide/blue-green-deployment-how-it-works.html */
const isBaking = (world: EcsWorld, service: PlayedService, green: readonly PlayedTask[]): boolean => {
  if (service.bakeMinutes === undefined) return false;
  const serve = green.filter((task) => isServing(task, world.now)).length >= service.desired;
  service.greenSince = serve ? (service.greenSince ?? world.now) : undefined;
  return service.greenSince === undefined || world.now - service.greenSince < service.bakeMinutes * 60_000;
};

/** What may be stopped without going below minimumHealthyPercent; tasks that do not serve go first. */
const stopSurplus = (world: EcsWorld, service: PlayedService, primary: PlayedDeployment) => {
  const alive = tasksOf(world, service).filter(isAlive);
  const own = alive.filter((task) => task.deployment === primary.id);
  const excess = own.toSorted((a, b) => Number(isServing(a, world.now)) - Number(isServing(b, world.now)));
  stopAll(
    world,
    service,
    excess.slice(0, Math.max(0, own.length - service.desired)),
    `Scaling activity initiated by (deployment ${primary.id})`,
  );
  if (primary.rollout === 'FAILED') return;
  const old = alive.filter((task) => task.deployment !== primary.id);
  if (old.length > 0 && isBaking(world, service, own)) return;
  const idle = old.filter((task) => !isServing(task, world.now));
  const floor = Math.ceil((service.desired * service.minimumHealthyPercent) / 100);
  const serving = alive.filter((task) => isServing(task, world.now)).length;
  const busy = old.filter((task) => isServing(task, world.now)).slice(0, Math.max(0, serving - floor));
  stopAll(world, service, [...idle, ...busy], `Scaling activity initiated by (deployment ${primary.id})`);
};

export const createTask = (world: EcsWorld, service: PlayedService, deployment: PlayedDeployment): PlayedTask => {
  const number = world.taskCount++;
  return {
    id: world.identifiers.task(),
    service: service.name,
    deployment: deployment.id,
    taskDefinition: deployment.taskDefinition,
    behaviour: deployment.behaviour,
    address: `10.0.${Math.floor(number / 250) % 250}.${(number % 250) + 4}`,
    zone: `${world.identifiers.region}${'abc'[number % 3]}`,
    createdAt: world.now,
    status: 'PROVISIONING',
    since: world.now,
    desired: 'RUNNING',
    counted: false,
  };
};

const startMissing = (world: EcsWorld, service: PlayedService, primary: PlayedDeployment) => {
  if (primary.rollout === 'FAILED' || world.now < service.launchesAfter) return;
  const alive = tasksOf(world, service).filter(isAlive);
  const ceiling = Math.max(1, Math.floor((service.desired * service.maximumPercent) / 100));
  const missing = service.desired - alive.filter((task) => task.deployment === primary.id).length;
  const count = Math.min(missing, ceiling - alive.length);
  if (count <= 0) return;
  const started = Array.from({ length: count }, () => {
    const task = createTask(world, service, primary);
    world.tasks.push(task);
    return task;
  });
  serviceEvent(world, service, `has started ${count} tasks: ${named(started)}.`);
};

const settle = (world: EcsWorld, service: PlayedService, primary: PlayedDeployment) => {
  const tasks = tasksOf(world, service);
  // An old deployment leaves the list when nothing of it runs any more; tasks that are still stopping are not counted. One that
  // failed is shown until the rollback is through.
  service.deployments = service.deployments.filter(
    ({ id, rollout }) =>
      id === primary.id ||
      (rollout === 'FAILED' && primary.isRollback && primary.rollout === 'IN_PROGRESS') ||
      tasks.some((task) => task.deployment === id && (isAlive(task) || task.status === 'RUNNING')),
  );
  const serving = tasks.filter((task) => task.deployment === primary.id && isServing(task, world.now)).length;
  const others = service.deployments.filter(({ id, rollout }) => id !== primary.id && rollout !== 'FAILED');
  const steady = others.length === 0 && serving === service.desired && primary.rollout !== 'FAILED';
  if (steady && primary.rollout === 'IN_PROGRESS') {
    completeDeployment(world, service, primary);
    service.deployments = [primary];
  }
  if (steady && !service.steady) serviceEvent(world, service, 'has reached a steady state.');
  service.steady = steady;
};

/** One look of the service scheduler. https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs_services.html */
export const schedule = (world: EcsWorld, service: PlayedService) => {
  const primary = service.deployments[0];
  if (primary === undefined) return;
  if (service.status === 'DRAINING') {
    const tasks = tasksOf(world, service).filter(({ status }) => status !== 'STOPPED');
    stopAll(world, service, tasks.filter(isAlive), 'Service deleted');
    if (tasks.length === 0) service.status = 'INACTIVE';
  }
  if (service.status !== 'ACTIVE') return;
  const entry = historyOf(service, primary);
  if (entry.status === 'PENDING') {
    entry.status = 'IN_PROGRESS';
    entry.startedAt = entry.updatedAt = new Date(world.now);
  }
  countFailures(world, service, primary);
  // The circuit breaker may just have put another one in its place.
  const [now = primary] = service.deployments;
  replaceUnhealthy(world, service);
  stopSurplus(world, service, now);
  startMissing(world, service, now);
  settle(world, service, now);
};
