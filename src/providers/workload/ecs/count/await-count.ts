import type { Task } from '@aws-sdk/client-ecs';
import type { AnyFinding, Finding } from '../../../../engine/finding.ts';
import { age, instancesTable } from '../../shared/instances-table.ts';
import type { Call, Instance } from '../../port.ts';
import { diagnose } from '../rollout/diagnosis.ts';
import type { LoadBalancer, Targets } from '../tasks/load-balancer.ts';
import { serveByCount, taskId, toInstance } from '../tasks/instances.ts';
import type { Seen } from '../tasks/seen.ts';
import type { EcsService } from '../service.ts';
import { areChecked } from '../tasks/task-definition.ts';
import type { TaskDefinitions } from '../tasks/task-definition.ts';
import { allTasks, endedByItself } from '../tasks/tasks.ts';
import { watch } from '../rollout/watch.ts';
import type { Judgement, Look } from '../rollout/watch.ts';
import { unended } from '../words.ts';
import { listing } from '../../../../words/listing.ts';
import { counted } from '../../../../words/counts.ts';

/** A count has no circuit breaker: so many new tasks that end by themselves, and none that serves, are enough. */
const hopelessTasks = 3;
/** For so long a list of tasks may be behind. */
export const staleForMs = 30_000;

/** What is asked besides ECS, to know whether tasks serve. */
export interface Serving {
  readonly loadBalancer: LoadBalancer;
  readonly definitions: TaskDefinitions;
}

interface Awaited {
  readonly to: number;
  /** The limits of an autoscaler that acts: between them the count is its own. */
  readonly within?: { readonly min: number; readonly max: number } | undefined;
  /** For so long the reads may still show another desired count. */
  readonly desiredWithinMs: number;
  readonly notDone: (desired: number) => string;
  readonly done: (to: string) => string;
  readonly eventsSince: string | null;
  /** Tasks that must not run any more; what hangs on its way out does no harm. */
  readonly old?: readonly string[];
}

/** Waits until so many tasks are wanted, run and serve: healthy by their health check, and in the load balancer where there is one. */
export const awaitCount = async (
  service: EcsService,
  serving: Serving,
  awaited: Awaited,
  call: Call,
): Promise<AnyFinding> => {
  const { to, within, old = [] } = awaited;
  let count = to;
  let instances: readonly Instance[] = [];
  let shown = '';
  let targets: Targets | undefined;
  // By AWS's own clock; where it has told nothing yet, no task is known to be new.
  const since = awaited.eventsSince === null ? Number.POSITIVE_INFINITY : Date.parse(awaited.eventsSince);

  const judge = async ({ seen, waitedMs }: Look): Promise<Judgement> => {
    // None at all is never an autoscaler's doing here, but a read that is behind.
    const isItsOwn = within && seen.desired >= Math.max(1, within.min) && seen.desired <= within.max;
    count = isItsOwn ? seen.desired : to;
    if (seen.desired !== count)
      return waitedMs < awaited.desiredWithinMs
        ? { bad: true }
        : { over: { verdict: 'critical', summary: awaited.notDone(seen.desired) } };
    const [found, inLoadBalancer] = await Promise.all([
      allTasks(service, call),
      serving.loadBalancer.targetsIfSeen(seen, call),
    ]);
    targets = inLoadBalancer;
    const around = { servingContainer: seen.servingContainer, targets: targets?.byId };
    instances = found.present.map((task) => toInstance(task, around));
    const key = JSON.stringify(instances);
    if (key !== shown) call.report({ table: instancesTable(instances, call.clock.now()) });
    shown = key;
    const running = instances.filter(({ state }) => state === 'running');
    const kept = running.filter(({ id }) => old.includes(id));
    if (running.length !== count || kept.length > 0) {
      // As many run as are wanted: nothing would stop these any more.
      if (running.length === count && waitedMs >= staleForMs)
        return { over: await bad(`${counted(kept.length, 'task')} did not stop and run as before`, seen) };
      const isNew = (task: Task) => (task.createdAt?.getTime() ?? 0) > since && !old.includes(taskId(task));
      const comesUp = found.present.some((task) => isNew(task) && toInstance(task, around).health === 'ok');
      const lost = found.stopped.filter((task) => isNew(task) && endedByItself(task));
      if (comesUp || lost.length < hopelessTasks) return { bad: true };
      return { over: await bad(`the new tasks do not come up: ${counted(lost.length, 'task')} failed`, seen) };
    }
    const serve =
      running.every(({ health }) => health === 'ok') ||
      (running.every(({ health }) => health !== 'critical') && serveByCount(found.present, targets, count));
    if (serve) return { over: { verdict: 'ok', summary: done('and healthy') } };
    if (seen.targetGroups.length > 0 && targets === undefined)
      return { over: { verdict: 'warn', summary: done('; what the load balancer says of them cannot be seen') } };
    const checked = targets !== undefined || (await areChecked(serving.definitions, found.present, call));
    return checked
      ? { bad: true }
      : {
          over: {
            verdict: 'warn',
            summary: done('; healthy or not is not known, because the service has no health check'),
          },
        };
  };

  const done = (how: string): string => {
    if (to === 0) return 'no instance is running';
    const hanging = instances.filter(({ id, state }) => old.includes(id) && state === 'stopping');
    const left = hanging.length === 0 ? '' : `; still on the way out: ${listing(hanging.map(({ id }) => id))}`;
    const moved = count === to ? '' : `; the autoscaler has changed the count from ${to}`;
    return `${awaited.done(`${counted(count, 'instance')} running ${how}`.replace(' ;', ';'))}${moved}${left}`;
  };

  const bad = async (what: string, seen: Seen): Promise<Finding> => {
    const createdAt = awaited.eventsSince === null ? undefined : new Date(since);
    const { firstTask, evidence } = await diagnose(service, { createdAt }, call);
    const ill = instances.filter(({ health }) => health === 'critical');
    const last = seen.events[0]?.message;
    const parts = [
      what,
      ...ill.map(({ id, detail }) => `${id} unhealthy: ${detail}`),
      ...(targets === undefined ? [] : [`load balancer: ${targets.summary}`]),
      ...(firstTask === undefined ? (last === undefined ? [] : [`last event: ${unended(last)}`]) : [firstTask]),
    ];
    return { verdict: 'critical', summary: parts.join('; '), ...(evidence ? { evidence } : {}) };
  };

  const late = ({ seen, waitedMs }: Look): Promise<Finding> =>
    bad(`${seen.running} of ${counted(count, 'instance')} running after ${age(waitedMs)}`, seen);

  const finding = await watch(service, call, {
    judge,
    late,
    justSent: false,
    sooner: true,
    ownTable: true,
    eventsSince: awaited.eventsSince,
  });
  return { evidence: instancesTable(instances, call.clock.now()), ...finding };
};
