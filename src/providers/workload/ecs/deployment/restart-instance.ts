import type { Task } from '@aws-sdk/client-ecs';
import * as z from 'zod/mini';
import type { Change } from '../../../../engine/change.ts';
import { RunbookError } from '../../../../engine/errors.ts';
import type { AnyFinding } from '../../../../engine/finding.ts';
import { hasCode } from '../../../../clients/aws/failure.ts';
import { age, instancesTable } from '../../shared/instances-table.ts';
import { operation } from '../../shared/operation.ts';
import type { Call, Instance, Operation } from '../../port.ts';
import { staleForMs } from '../count/await-count.ts';
import type { Serving } from '../count/await-count.ts';
import { serveByCount, taskId, toInstance } from '../tasks/instances.ts';
import type { LoadBalancer } from '../tasks/load-balancer.ts';
import { noted, Noted } from '../tasks/noted.ts';
import type { EcsService } from '../service.ts';
import { areChecked } from '../tasks/task-definition.ts';
import type { TaskDefinitions } from '../tasks/task-definition.ts';
import { allTasks, instancesOf } from '../tasks/tasks.ts';
import { watch } from '../rollout/watch.ts';
import type { Judgement, Look } from '../rollout/watch.ts';
import { unended } from '../words.ts';
import { listing } from '../../../../words/listing.ts';
import { counted } from '../../../../words/counts.ts';

const StopTaskData = z.object({
  /** The task's short id. */
  task: z.string(),
  /** It had stopped by itself when this was planned: only the replacement is waited for. */
  stopped: z.boolean(),
  /** All tasks that there were. */
  tasks: z.array(z.string()),
  noted: Noted,
});
type StopTaskData = z.output<typeof StopTaskData>;

/** Stops one task; ECS starts another in its place, and that one is waited for. */
export const restartInstanceOperation = (
  service: EcsService,
  loadBalancer: LoadBalancer,
  definitions: TaskDefinitions,
): Operation<{ readonly id: string }> =>
  operation({
    change: StopTaskData,
    plan: ({ id }, call) => planStop(service, loadBalancer, id, call),
    apply: async ({ data: { task, stopped } }, call) => {
      if (stopped) return false;
      service.forget();
      const api = await service.api();
      try {
        await api.stopTask(service.config.cluster, task, `rb ${call.mark}`.slice(0, 255), call);
      } catch (error) {
        call.signal.throwIfAborted();
        // It went by itself, or no answer came: whether it is gone is seen by `verify`.
        if (
          !hasCode(error, 'InvalidParameterException') &&
          !(error instanceof RunbookError && error.kind === 'unknown')
        )
          throw error;
        call.report({ note: error.message });
      }
      return true;
    },
    // Right after StopTask the reads may still show it as it was.
    verify: ({ data }, call, sent = false) =>
      verifyReplacement(service, { loadBalancer, definitions }, data, sent ? staleForMs : 0, call),
  });

const planStop = async (
  service: EcsService,
  loadBalancer: LoadBalancer,
  id: string,
  call: Call,
): Promise<Change<StopTaskData>> => {
  const seen = await service.look(call, 'plan');
  const instances = await instancesOf(service, loadBalancer, seen, call);
  const found = instances.find((one) => one.id === id) ?? oneThatBegins(instances, id);
  if (!found)
    throw new RunbookError(
      'usage',
      `there is no task ${JSON.stringify(id)} of ${service.config.service}; there are: ${listing(instances.map((one) => one.id))}`,
    );
  const others = instances.filter((one) => one.id !== found.id && one.state === 'running');
  const stopped = found.state === 'stopped' || found.state === 'stopping';
  const data = { task: found.id, stopped, tasks: instances.map((one) => one.id), noted: noted(seen, call.clock.now()) };
  const raises = [
    ...(found.health === 'ok' ? [`${found.id} is healthy`] : []),
    ...(others.length === 0 && !stopped ? ['no other task is running'] : []),
  ];
  return {
    summary: stopped
      ? `wait for the task in place of ${described(found, call)}, which has stopped already`
      : `restart ${described(found, call)}: stop it, and ECS starts another in its place`,
    target: { ...service.target(seen), task: found.id },
    blastRadius: [`1 of ${counted(seen.desired, 'task')}; ${counted(others.length, 'task')} go on running`],
    equivalent: [
      service.session.command(
        'ecs',
        'stop-task',
        '--cluster',
        service.config.cluster,
        '--task',
        found.id,
        '--reason',
        `rb ${call.mark}`,
      ),
    ],
    undo: 'none needed: ECS starts another task of the same task definition',
    ...(raises.length === 0 ? {} : { raises }),
    basis: { task: found.id, startedAt: found.startedAt ?? null },
    data,
  };
};

/** The beginning of an id is enough, as long as it is one task's. */
const oneThatBegins = (instances: readonly Instance[], start: string): Instance | undefined => {
  const those = instances.filter(({ id }) => start.length >= 6 && id.startsWith(start));
  return those.length === 1 ? those[0] : undefined;
};

const described = ({ id, version, startedAt, detail, health }: Instance, call: Call): string => {
  const up = startedAt === undefined ? undefined : `up ${age(call.clock.now().getTime() - Date.parse(startedAt))}`;
  const facts = [version, up, health === 'critical' ? detail : undefined].filter((fact) => fact !== undefined);
  return facts.length === 0 ? id : `${id} (${facts.join(', ')})`;
};

const verifyReplacement = async (
  service: EcsService,
  { loadBalancer, definitions }: Serving,
  { task, tasks, stopped, noted: { events } }: StopTaskData,
  behindForMs: number,
  call: Call,
): Promise<AnyFinding> => {
  // ECS lists for an hour what has stopped: only what was made since the plan, by AWS's own clock, is a replacement.
  const since = events === null ? Number.POSITIVE_INFINITY : Date.parse(events);
  let instances: readonly Instance[] = [];

  const isNew = (one: Task) => !tasks.includes(taskId(one)) && (one.createdAt?.getTime() ?? 0) > since;
  const judge = async ({ seen, waitedMs }: Look): Promise<Judgement> => {
    const [found, targets] = await Promise.all([allTasks(service, call), loadBalancer.targetsIfSeen(seen, call)]);
    const around = { servingContainer: seen.servingContainer, targets: targets?.byId };
    instances = found.present.map((one) => toInstance(one, around));
    call.report({ table: instancesTable(instances, call.clock.now()) });
    const it = found.present.find((one) => taskId(one) === task);
    if (it && it.desiredStatus !== 'STOPPED' && !stopped && waitedMs < behindForMs) return { bad: true };
    if (it && it.desiredStatus !== 'STOPPED' && !stopped)
      return { over: { verdict: 'critical', summary: `${task} was not restarted: it is still running` } };
    const lost = found.stopped.filter(isNew);
    const reasons = new Set(lost.map((one) => unended(one.stoppedReason ?? 'stopped')));
    if (lost.length >= hopeless)
      return {
        over: {
          verdict: 'critical',
          summary: `the tasks in place of ${task} do not stay up: ${[...reasons].join('; ')}`,
        },
      };
    const running = instances.filter(({ state }) => state === 'running');
    const replacement = running.find(({ id }) => !tasks.includes(id));
    if (!replacement || running.length < seen.desired) return { bad: true };
    const serves = replacement.health === 'unknown' && serveByCount(found.present, targets, seen.desired);
    if (replacement.health === 'ok' || serves)
      return { over: { verdict: 'ok', summary: `${replacement.id} runs in place of ${task} and is healthy` } };
    const checked = targets !== undefined || (await areChecked(definitions, found.present, call));
    return checked
      ? { bad: true }
      : {
          over: {
            verdict: 'warn',
            summary: `${replacement.id} runs in place of ${task}; healthy or not is not known, because the service has no health check`,
          },
        };
  };
  const finding = await watch(service, call, {
    judge,
    late: ({ seen, waitedMs }) => ({
      verdict: 'critical',
      summary: `no healthy task in place of ${task} after ${age(waitedMs)}: ${seen.running} of ${counted(seen.desired, 'task')} running`,
    }),
    justSent: false,
    sooner: true,
    ownTable: true,
    eventsSince: events,
  });
  return { evidence: instancesTable(instances, call.clock.now()), ...finding };
};

const hopeless = 3;
