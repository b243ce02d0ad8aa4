import type { ScalableTarget } from '@aws-sdk/client-application-auto-scaling';
import type { Service, Task } from '@aws-sdk/client-ecs';
import type { TaskBehaviour } from './ecs/behaviour.ts';
import { updateService } from './ecs/changes.ts';
import { describeService, describeTask } from './ecs/describe.ts';
import { findTask } from './ecs/find.ts';
import type { EcsWorld, PlayedService, PlayedTask } from './ecs/state.ts';
import { exitTask, isAlive } from './ecs/task.ts';
import type { Autoscaling } from './services/autoscaling.ts';
import { alarm, resourceId } from './services/autoscaling.ts';

/** One service as it is now, and what somebody else does to it. */
export interface ServiceHandle {
  /** As DescribeServices answers it, without a request. */
  describe(): Service;
  /** Those that are meant to run, and those that are not. */
  tasks(): readonly Task[];
  /** The tasks of the next deployment behave like this, whatever their task definition says. */
  nextDeployment(behaviour: TaskBehaviour): void;
  /** The tasks that there are behave like this from now on: a hanging one ends, a healthy one falls ill. */
  tasksBehave(behaviour: TaskBehaviour): void;
  scaleBehind(desired: number): void;
  /** Somebody else deploys: another task definition (`family:revision`), or the same one by force. */
  deployBehind(taskDefinition?: string): void;
  /** A running task, the given one or the oldest, ends by itself. */
  crashTask(code: number, id?: string): string;
  setStatus(status: 'ACTIVE' | 'DRAINING' | 'INACTIVE'): void;
  /** From now on it is MISSING. */
  remove(): void;
  scalableTarget(): ScalableTarget | undefined;
  /** Somebody takes it away from Application Auto Scaling. */
  deregister(): void;
  /** An alarm of the autoscaler goes off; false: it is suspended, and nothing happens. */
  alarm(direction: 'in' | 'out'): boolean;
}

export const createServiceHandle = (world: EcsWorld, autoscaling: Autoscaling, name: string): ServiceHandle => {
  const service = (): PlayedService => {
    const found = world.services.get(name);
    if (found === undefined) throw new Error(`the scenario has no service ${name}`);
    return found;
  };
  const own = (): PlayedTask[] => world.tasks.filter((task) => task.service === name);
  return {
    describe: () => describeService(world, service()),
    tasks: () => own().map((task) => describeTask(world, task)),
    nextDeployment: (behaviour) => {
      service().nextBehaviour = behaviour;
    },
    tasksBehave: (behaviour) => {
      for (const task of own()) task.behaviour = behaviour;
    },
    scaleBehind: (desired) => updateService(world, service(), { desiredCount: desired }),
    deployBehind: (taskDefinition) =>
      updateService(world, service(), taskDefinition === undefined ? { forceNewDeployment: true } : { taskDefinition }),
    crashTask: (code, id) => {
      const task =
        id === undefined ? own().find((each) => isAlive(each) && each.status === 'RUNNING') : findTask(world, id);
      if (task === undefined) throw new Error(`${name} has no such running task`);
      exitTask(task, world.now, code);
      return task.id;
    },
    setStatus: (status) => {
      service().status = status;
    },
    remove: () => {
      world.services.delete(name);
      world.tasks = world.tasks.filter((task) => task.service !== name);
    },
    scalableTarget: () => autoscaling.targets.get(resourceId(world, name)),
    deregister: () => void autoscaling.targets.delete(resourceId(world, name)),
    alarm: (direction) => alarm(world, autoscaling, name, direction),
  };
};
