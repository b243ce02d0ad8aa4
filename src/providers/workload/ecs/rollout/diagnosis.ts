import type { ServiceDeploymentBrief, Task } from '@aws-sdk/client-ecs';
import { messageOf, RunbookError } from '../../../../engine/errors.ts';
import type { Table } from '../../../../engine/finding.ts';
import type { Call } from '../../port.ts';
import { lastLines } from './last-lines.ts';
import type { EcsService } from '../service.ts';
import { described, exitCodeOf, failedContainer, logTable, stoppedTable } from './stopped-tasks.ts';
import { unended } from '../words.ts';
import { counted } from '../../../../words/counts.ts';

/** Why a deployment did not work. */
export interface Diagnosis {
  /** "task 1a2b3c (app: exit code 1): Essential container in task exited"; undefined where no task of it stopped or they cannot be seen. */
  readonly firstTask?: string;
  /** What ECS keeps about the deployment: "ROLLBACK_SUCCESSFUL: Service deployment rolled back because ...". */
  readonly record?: string;
  readonly evidence?: Table;
  /** The last lines of that task; why there are none, where they cannot be read. */
  readonly log: readonly string[];
}

interface Subject {
  /** `ecs-svc/...`; undefined where only its time is known. */
  readonly deployment?: string | undefined;
  readonly createdAt: Date | undefined;
}

/** Looks at the tasks that stopped and at ECS's record of the deployment. What cannot be seen is left out: the verdict stands without it. */
export const diagnose = async (
  service: EcsService,
  subject: Subject,
  call: Pick<Call, 'signal'>,
): Promise<Diagnosis> => {
  const [stopped, record] = await Promise.all([
    unlessBlind(() => stoppedTasks(service, subject, call)),
    unlessBlind(() => recordOf(service, subject, call)),
  ]);
  const worst = worstOf(stopped ?? []);
  const log = worst ? await logOf(service, worst, call) : [];
  const others = (stopped?.length ?? 0) - 1;
  return {
    ...(worst
      ? { firstTask: `${described(worst)}${others > 0 ? `; ${counted(others, 'more task')} stopped` : ''}` }
      : {}),
    ...(record?.status ? { record: recordSaid(record) } : {}),
    ...(worst && stopped ? { evidence: log.length > 0 ? logTable(worst, log) : stoppedTable(stopped) } : {}),
    log,
  };
};

const logWithinMs = 5000;

/** The verdict is not kept waiting for long, nor changed, by a log that cannot be had. */
const logOf = async (service: EcsService, task: Task, call: Pick<Call, 'signal'>): Promise<readonly string[]> => {
  const late = AbortSignal.timeout(logWithinMs);
  try {
    const signal = AbortSignal.any([call.signal, late]);
    return await lastLines(service, task, failedContainer(task)?.name ?? '', { signal });
  } catch (error) {
    call.signal.throwIfAborted();
    return [late.aborted ? '(its log did not come in time)' : `(its log cannot be read: ${messageOf(error)})`];
  }
};

/** What became of the first task of it that failed, in one sentence; undefined where none is seen. */
export const failedTask = async (
  service: EcsService,
  subject: Subject,
  call: Pick<Call, 'signal'>,
): Promise<string | undefined> => {
  const stopped = await unlessBlind(() => stoppedTasks(service, subject, call));
  const worst = worstOf(stopped ?? []);
  return worst && described(worst);
};

/** The one that says most: a container that ended by itself. */
const worstOf = (stopped: readonly Task[]): Task | undefined =>
  stopped.find((task) => exitCodeOf(task) !== undefined) ?? stopped[0];

const unlessBlind = async <Answer>(ask: () => Promise<Answer>): Promise<Answer | undefined> => {
  try {
    return await ask();
  } catch (error) {
    if (error instanceof RunbookError) return undefined;
    throw error;
  }
};

/** Of this deployment, or where that is not known, since it was made; the last to stop first. Those that ECS stopped to make room are no failure. */
const stoppedTasks = async (
  service: EcsService,
  { deployment, createdAt }: Subject,
  call: Pick<Call, 'signal'>,
): Promise<readonly Task[]> => {
  const all = await (await service.api()).tasks(service.place, 'STOPPED', call);
  return all
    .filter((task) =>
      deployment === undefined
        ? (task.createdAt?.getTime() ?? 0) >= (createdAt?.getTime() ?? 0)
        : task.startedBy === deployment,
    )
    .filter(
      ({ stopCode, stoppedReason }) =>
        stopCode !== 'UserInitiated' && stoppedReason?.startsWith('Scaling activity') !== true,
    )
    .toSorted((a, b) => (b.stoppingAt ?? b.stoppedAt ?? 0).valueOf() - (a.stoppingAt ?? a.stoppedAt ?? 0).valueOf());
};

/** ECS's own record of a deployment, which outlives it: ROLLBACK_SUCCESSFUL, ROLLBACK_FAILED, STOPPED and why. */
export const recordOf = async (
  service: EcsService,
  { createdAt }: Pick<Subject, 'createdAt'>,
  call: Pick<Call, 'signal'>,
): Promise<ServiceDeploymentBrief | undefined> => {
  if (createdAt === undefined) return undefined;
  // The record and the deployment are made in one go, and have no name in common.
  const since = new Date(createdAt.getTime() - 1000);
  const records = await (await service.api()).serviceDeployments(service.place, 20, call, since);
  // The newest come first: of two of the same moment the later one in the list is the older one.
  const oldest = records
    .toReversed()
    .toSorted((a, b) => (a.createdAt ?? 0).valueOf() - (b.createdAt ?? 0).valueOf())[0];
  if (!oldest?.serviceDeploymentArn || oldest.statusReason) return oldest;
  const detail = await (await service.api()).serviceDeployment(oldest.serviceDeploymentArn, call);
  const reason = detail?.statusReason ?? detail?.rollback?.reason;
  return reason === undefined ? oldest : { ...oldest, statusReason: reason };
};

const recordSaid = ({ status, statusReason }: ServiceDeploymentBrief): string =>
  statusReason ? `${status}: ${unended(statusReason)}` : `${status}`;
