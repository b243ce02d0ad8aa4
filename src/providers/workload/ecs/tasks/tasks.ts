import type { Task } from '@aws-sdk/client-ecs';
import type { Call, Instance } from '../../port.ts';
import { taskId, toInstance } from './instances.ts';
import type { LoadBalancer } from './load-balancer.ts';
import type { Seen } from './seen.ts';
import type { EcsService } from '../service.ts';

/** Those that are there: wanted ones, and those that are being stopped and are not gone yet; and those that stopped within the last hour, the last one first. */
export const allTasks = async (
  service: EcsService,
  call: Pick<Call, 'signal'>,
): Promise<{ readonly present: readonly Task[]; readonly stopped: readonly Task[] }> => {
  const api = await service.api();
  const [wanted, unwanted] = await Promise.all([
    api.tasks(service.place, 'RUNNING', call),
    api.tasks(service.place, 'STOPPED', call),
  ]);
  // A task may change sides between the two questions: that it is to stop is the newer answer.
  const byId = new Map([...wanted, ...unwanted].map((task) => [taskId(task), task]));
  const all = [...byId.values()];
  return {
    present: all.filter((task) => !isGone(task)),
    stopped: all.filter(isGone).toSorted((a, b) => stoppedAt(b) - stoppedAt(a)),
  };
};

const isGone = ({ lastStatus }: Task): boolean => lastStatus === 'STOPPED' || lastStatus === 'DELETED';
const stoppedAt = (task: Task): number => (task.stoppedAt ?? task.stoppingAt)?.getTime() ?? 0;

/** One that ECS or a person stopped is no loss; one that ended by itself is. */
export const endedByItself = ({ stopCode }: Task): boolean =>
  stopCode !== undefined && stopCode !== 'ServiceSchedulerInitiated' && stopCode !== 'UserInitiated';

/** The tasks as instances, those that run longest first; in the places of those that are missing, the last ones that ended by themselves. */
export const instancesOf = async (
  service: EcsService,
  loadBalancer: LoadBalancer,
  seen: Seen,
  call: Pick<Call, 'signal'>,
): Promise<readonly Instance[]> => {
  const [{ present, stopped }, targets] = await Promise.all([
    allTasks(service, call),
    loadBalancer.targetsIfSeen(seen, call),
  ]);
  const lost = stopped.filter(endedByItself).slice(0, Math.max(0, seen.desired - present.length));
  const around = { servingContainer: seen.servingContainer, targets: targets?.byId };
  return [...present, ...lost]
    .map((task) => toInstance(task, around))
    .toSorted((a, b) => (a.startedAt ?? '9').localeCompare(b.startedAt ?? '9') || a.id.localeCompare(b.id));
};
