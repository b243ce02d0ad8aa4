import type { Container, Task } from '@aws-sdk/client-ecs';
import type { Cell, Table } from '../../../../engine/finding.ts';
import { taskId } from '../tasks/instances.ts';
import { unended } from '../words.ts';

/** Of the first container that ended by itself and not well. */
export const exitCodeOf = (task: Task): number | undefined =>
  task.containers?.find(({ exitCode }) => exitCode !== undefined && exitCode !== 0)?.exitCode;

/** The container that says why the task stopped; the only one where there is one. */
export const failedContainer = (task: Task): Container | undefined =>
  task.containers?.find(({ exitCode, reason }) => (exitCode ?? 0) !== 0 || reason !== undefined) ??
  (task.containers?.length === 1 ? task.containers[0] : undefined);

/** "task 1a2b3c (app: exit code 1) stopped: Essential container in task exited". */
export const described = (task: Task): string => {
  const container = failedContainer(task);
  const facts = [
    container?.exitCode === undefined || container.exitCode === 0 ? undefined : `exit code ${container.exitCode}`,
    moreOf(task),
  ].filter((fact) => fact !== undefined);
  const where = container && facts.length > 0 ? ` (${container.name}: ${facts.join(', ')})` : '';
  const reason = reasonOf(task);
  return `task ${taskId(task)}${where} ${/health check/i.test(reason) ? 'unhealthy' : 'stopped'}: ${reason}`;
};

/** What the container adds: ECS often says the same of both. */
const moreOf = (task: Task): string | undefined => {
  const { reason } = failedContainer(task) ?? {};
  return reason === undefined || unended(reason) === reasonOf(task) ? undefined : unended(reason);
};

const reasonOf = (task: Task): string => unended(task.stoppedReason ?? task.stopCode ?? 'stopped');

/** The end of its log has the whole width: what a program says last is what one wants to read. */
export const logTable = (task: Task, log: readonly string[]): Table => ({
  columns: [{ title: `Last lines of the log of task ${taskId(task)}` }],
  rows: log.map((line) => [line]),
});

const shownReasons = 10;

/** The tasks that stopped, those that did so for the same reason together. */
export const stoppedTable = (tasks: readonly Task[]): Table => ({
  columns: [{ title: 'Stopped task' }, { title: 'Exit code', align: 'right' }, { title: 'Reason' }],
  rows: alike(tasks)
    .slice(0, shownReasons)
    .map(([first, ...rest]): readonly Cell[] => [
      rest.length === 0 ? taskId(first) : `${taskId(first)} and ${rest.length} more`,
      ...why(first),
    ]),
});

/** Those that stopped for the same reason, together. */
const alike = (tasks: readonly Task[]): readonly (readonly [Task, ...Task[]])[] => {
  const groups = new Map<string, [Task, ...Task[]]>();
  for (const task of tasks) {
    const key = JSON.stringify(why(task));
    const group = groups.get(key);
    if (group) group.push(task);
    else groups.set(key, [task]);
  }
  return [...groups.values()];
};

const why = (task: Task): readonly Cell[] => [
  exitCodeOf(task) ?? null,
  [reasonOf(task), moreOf(task)].filter((part) => part !== undefined).join('; '),
];
