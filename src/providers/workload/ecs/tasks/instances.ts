import type { Task } from '@aws-sdk/client-ecs';
import type { Verdict } from '../../../../engine/finding.ts';
import type { Instance } from '../../port.ts';
import { lastPart } from './seen.ts';

/** How the load balancer judges a task, by the task's private address. */
export interface TargetHealth {
  readonly verdict: Verdict;
  readonly detail: string;
}

/** What is known besides the tasks themselves. */
export interface Surroundings {
  /** The container that the load balancer talks to: its image is the version. */
  readonly servingContainer: string | undefined;
  readonly targets?: ReadonlyMap<string, TargetHealth> | undefined;
}

/** A task's short id, as the console and `aws ecs` show it. */
export const taskId = (task: Task): string => lastPart(task.taskArn ?? '');

/** A task as an instance of the service. Its health is what ECS and the load balancer say; where neither does it is unknown. */
export const toInstance = (task: Task, around: Surroundings): Instance => {
  const state = stateOf(task);
  const version = versionOf(task, around.servingContainer);
  return {
    id: taskId(task),
    state,
    ...healthOf(task, state, around.targets),
    ...(version === undefined ? {} : { version }),
    ...(task.startedAt === undefined ? {} : { startedAt: task.startedAt.toISOString() }),
  };
};

/** The task life cycle: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-lifecycle-explanation.html */
const states: Readonly<Record<string, Instance['state']>> = {
  PROVISIONING: 'starting',
  PENDING: 'starting',
  ACTIVATING: 'starting',
  RUNNING: 'running',
  DEACTIVATING: 'stopping',
  STOPPING: 'stopping',
  DEPROVISIONING: 'stopping',
  STOPPED: 'stopped',
  DELETED: 'stopped',
};

const stateOf = ({ lastStatus, desiredStatus }: Task): Instance['state'] => {
  const state = states[lastStatus ?? ''] ?? 'unknown';
  return desiredStatus === 'STOPPED' && (state === 'running' || state === 'starting') ? 'stopping' : state;
};

const healthOf = (
  task: Task,
  state: Instance['state'],
  targets: Surroundings['targets'],
): Pick<Instance, 'health' | 'detail'> => {
  if (state === 'stopped') return { health: 'critical', detail: task.stoppedReason ?? 'stopped' };
  if (state === 'stopping') return { health: 'unknown', detail: onItsWay(task) };
  if (state !== 'running') return { health: 'unknown', detail: task.lastStatus ?? 'no status' };
  if (task.healthStatus === 'UNHEALTHY') return { health: 'critical', detail: 'its health check fails' };
  const target = targets?.get(addressOf(task) ?? '');
  if (target && target.verdict !== 'ok') return { health: target.verdict, detail: target.detail };
  if (task.healthStatus === 'HEALTHY' || target) return { health: 'ok' };
  return { health: 'unknown', detail: 'running; no health check, or no result yet' };
};

/** How far it is, and why unless ECS only makes room: `STOPPING`, `DEACTIVATING: Task failed container health checks`. */
const onItsWay = ({ lastStatus, stoppedReason }: Task): string =>
  [lastStatus ?? 'stopping', ...(stoppedReason?.startsWith('Scaling activity') === false ? [stoppedReason] : [])].join(
    ': ',
  );

/**
 * Whether as many targets are healthy as tasks should serve: all that can be told of tasks that use ports of their EC2 instance, because
 * a load balancer knows them by that alone.
 */
export const serveByCount = (
  tasks: readonly Task[],
  targets: { readonly healthy: number } | undefined,
  count: number,
): boolean => targets !== undefined && targets.healthy >= count && tasks.every((task) => addressOf(task) === undefined);

/** The address under which a load balancer knows a task with a network interface of its own. */
const addressOf = (task: Task): string | undefined =>
  task.containers?.flatMap((one) => one.networkInterfaces ?? []).find((one) => one.privateIpv4Address !== undefined)
    ?.privateIpv4Address;

/** The tag of the image that serves, else the revision of the task definition. */
const versionOf = (task: Task, servingContainer: string | undefined): string | undefined =>
  imageVersion(task.containers ?? [], servingContainer) ??
  (task.taskDefinitionArn === undefined ? undefined : lastPart(task.taskDefinitionArn));

/** Undefined where it is not clear which container serves, or where its tag is one that moves: such a tag tells nothing. */
export const imageVersion = (
  containers: readonly { readonly name?: string | undefined; readonly image?: string | undefined }[],
  servingContainer: string | undefined,
): string | undefined => {
  const serving =
    containers.find(({ name }) => name === servingContainer) ?? (containers.length === 1 ? containers[0] : undefined);
  const tag = /:(\w[\w.-]*)(?:@|$)/.exec(lastPart(serving?.image ?? ''))?.[1];
  return tag === undefined || moving.has(tag) ? undefined : tag;
};

const moving = new Set(['latest', 'stable', 'main', 'master', 'production', 'prod', 'staging', 'release']);
