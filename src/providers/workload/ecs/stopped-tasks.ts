import type { Container, Task } from '@aws-sdk/client-ecs';
import type { Cell, Table } from '../../../engine/finding.ts';
import { taskId } from './instances.ts';
import { unended } from './words.ts';

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
    container?.reason === undefined ? undefined : unended(container.reason),
  ].filter((fact) => fact !== undefined);
  const where = container && facts.length > 0 ? ` (${container.name}: ${facts.join(', ')})` : '';
  const why = reasonOf(task);
  return `task ${taskId(task)}${where} ${/health check/i.test(why) ? 'unhealthy' : 'stopped'}: ${why}`;
};

const reasonOf = (task: Task): string => unended(task.stoppedReason ?? task.stopCode ?? 'stopped');

/** The tasks that stopped, the one that says most first, with the last lines of its log. */
export const stoppedTable = (worst: Task, log: readonly string[], tasks: readonly Task[]): Table => ({
  columns: [
    { title: 'Stopped task' },
    { title: 'Exit code', align: 'right' },
    { title: 'Reason' },
    { title: 'Last lines of its log' },
  ],
  rows: [
    [...cells(worst), log[0] ?? null],
    ...log.slice(1).map((line): readonly Cell[] => ['', '', '', line]),
    ...tasks.filter((task) => task !== worst).map((task): readonly Cell[] => [...cells(task), null]),
  ],
});

const cells = (task: Task): readonly Cell[] => [
  taskId(task),
  exitCodeOf(task) ?? null,
  [reasonOf(task), failedContainer(task)?.reason].filter((part) => part !== undefined).join('; '),
];
