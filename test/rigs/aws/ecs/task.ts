import type { TaskStopCode } from '@aws-sdk/client-ecs';
import type { PlayedTask, TaskStatus } from './state.ts';

const enter = (task: PlayedTask, status: TaskStatus, now: number) => {
  task.status = status;
  task.since = now;
};

/** Tells a task to stop. What it was stopped for stays what it was first. */
export const stopTask = (task: PlayedTask, now: number, code: TaskStopCode, reason: string) => {
  if (task.desired === 'STOPPED') return;
  task.desired = 'STOPPED';
  task.stopCode = code;
  task.stoppedReason = reason;
  task.stoppingAt = now;
};

/** Its container ended by itself. */
export const exitTask = (task: PlayedTask, now: number, code: number, reason?: string) => {
  stopTask(task, now, 'EssentialContainerExited', 'Essential container in task exited');
  task.exitCode = code;
  if (reason !== undefined) task.containerReason = reason;
  enter(task, 'DEPROVISIONING', now);
};

const failToStart = (task: PlayedTask, now: number, reason: string) => {
  stopTask(task, now, 'TaskFailedToStart', reason);
  task.containerReason = reason;
  enter(task, 'DEPROVISIONING', now);
};

/** Counts against maximumPercent, and is meant to serve. */
export const isAlive = (task: PlayedTask): boolean => task.desired === 'RUNNING' && task.status !== 'STOPPED';

/** Runs and passes its health checks. */
export const isServing = (task: PlayedTask, now: number): boolean =>
  isAlive(task) &&
  task.status === 'RUNNING' &&
  task.behaviour.unhealthy !== true &&
  now - (task.startedAt ?? now) >= task.behaviour.healthyIn * 1000;

/** It has been given as long as it takes to become healthy, and is not. */
export const failsHealthChecks = (task: PlayedTask, now: number): boolean =>
  isAlive(task) &&
  task.status === 'RUNNING' &&
  task.behaviour.unhealthy === true &&
  now - (task.startedAt ?? now) >= task.behaviour.healthyIn * 1000;

const begin = (task: PlayedTask, now: number, loadBalanced: boolean, seconds: number) => {
  const { cannotStart, startsIn } = task.behaviour;
  if (task.desired === 'STOPPED') return enter(task, 'DEPROVISIONING', now);
  if (task.status === 'PROVISIONING') return seconds >= startsIn * 0.3 ? enter(task, 'PENDING', now) : undefined;
  if (task.status === 'PENDING' && seconds < startsIn * 0.6) return undefined;
  if (task.status === 'PENDING' && cannotStart !== undefined) return failToStart(task, now, cannotStart);
  if (task.status === 'PENDING' && loadBalanced) return enter(task, 'ACTIVATING', now);
  task.startedAt = now;
  return enter(task, 'RUNNING', now);
};

/** Takes the task on to `now`, along the life that AWS documents for it. Its smallest step is a second. */
export const advanceTask = (task: PlayedTask, now: number, loadBalanced: boolean): void => {
  const seconds = (now - task.since) / 1000;
  const { behaviour } = task;
  switch (task.status) {
    case 'PROVISIONING':
    case 'PENDING':
    case 'ACTIVATING':
      return begin(task, now, loadBalanced, seconds);
    case 'RUNNING':
      if (task.desired === 'STOPPED') return enter(task, 'DEACTIVATING', now);
      if (behaviour.exits !== undefined && seconds >= behaviour.exits.after)
        return exitTask(task, now, behaviour.exits.code, behaviour.exits.reason);
      return undefined;
    case 'DEACTIVATING':
      if (behaviour.hangsIn === 'DEACTIVATING' || seconds < behaviour.drainsIn) return undefined;
      return enter(task, 'STOPPING', now);
    case 'STOPPING':
      if (behaviour.hangsIn === 'STOPPING' || seconds < behaviour.stopsIn) return undefined;
      task.exitCode = 0;
      return enter(task, 'DEPROVISIONING', now);
    case 'DEPROVISIONING':
      if (seconds < 2) return undefined;
      task.stoppedAt = now;
      return enter(task, 'STOPPED', now);
    case 'STOPPED':
      return undefined;
  }
};
