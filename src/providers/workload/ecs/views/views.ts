import type { AnyFinding } from '../../../../engine/finding.ts';
import { age } from '../../shared/instances-table.ts';
import type { Call, WorkloadViews } from '../../port.ts';
import { deploymentsTable } from '../rollout/deployments-table.ts';
import { isHeld } from '../count/scalable-target.ts';
import type { ScalableTarget } from '../count/scalable-target.ts';
import { primaryOf } from '../tasks/seen.ts';
import type { EcsService } from '../service.ts';
import type { TaskDefinitions } from '../tasks/task-definition.ts';
import { unended } from '../words.ts';
import { counted } from '../../../../words/counts.ts';

type ViewCall = Pick<Call, 'signal' | 'clock'>;

/** What ECS tells beside the tasks. The rollout and the events come with one DescribeServices. */
export const openViews = (
  service: EcsService,
  scalable: ScalableTarget,
  definitions: TaskDefinitions,
): WorkloadViews => ({
  rollout: (call) => rollout(service, call),
  autoscaler: (call) => autoscaler(scalable, call),
  events: (call) => events(service, call),
  revisions: async (call) => (await import('./revisions-view.ts')).revisionsView(service, definitions, call),
});

const rollout = async (service: EcsService, call: ViewCall): Promise<AnyFinding> => {
  const seen = await service.look(call, 'shared');
  const primary = primaryOf(seen);
  const evidence = deploymentsTable(seen);
  const data = {
    controller: seen.controller,
    deployments: seen.deployments.map(({ createdAt, rollout: state, reason, ...rest }) => ({
      ...rest,
      rollout: state ?? null,
      reason: reason ?? null,
      createdAt: createdAt?.toISOString() ?? null,
    })),
  };
  if (!primary)
    return {
      verdict: 'unknown',
      summary: `ECS lists no deployment (deployment controller ${seen.controller})`,
      evidence,
      data,
    };
  const since =
    primary.createdAt === undefined
      ? ''
      : `, begun ${age(call.clock.now().getTime() - primary.createdAt.getTime())} ago`;
  const what = `${primary.taskDefinition} (${primary.id}${since})`;
  const count = `${primary.running} of ${counted(primary.desired, 'task')} running`;
  const failed = seen.deployments.find((one) => one.rollout === 'FAILED');
  if (failed)
    return {
      verdict: 'critical',
      summary: `deployment ${failed.id} of ${failed.taskDefinition} failed: ${unended(failed.reason ?? 'ECS gives no reason')}`,
      evidence,
      data,
    };
  if (primary.rollout === 'IN_PROGRESS')
    return {
      verdict: 'warn',
      summary: `under way: ${what}, ${count}${primary.failed > 0 ? `, ${primary.failed} failed in a row` : ''}`,
      evidence,
      data,
    };
  const complete = primary.rollout === 'COMPLETED' || seen.deployments.length === 1;
  return {
    verdict: complete ? 'ok' : 'unknown',
    summary: `${complete ? 'complete' : 'not known'}: ${what}, ${count}`,
    evidence,
    data,
  };
};

const autoscaler = async (scalable: ScalableTarget, call: ViewCall): Promise<AnyFinding> => {
  const scaling = await scalable.find(call);
  if (!scaling) return { verdict: 'ok', summary: 'none: the desired count changes only by hand', data: null };
  const policies = await scalable.policies(call);
  const limits = `Application Auto Scaling between ${scaling.min} and ${scaling.max}`;
  const data = { ...scaling, policies: [...policies] };
  if (isHeld(scaling)) return { verdict: 'warn', summary: `${limits}, suspended`, data };
  const held = [
    ...(scaling.held.in ? ['scaling in'] : []),
    ...(scaling.held.out ? ['scaling out'] : []),
    ...(scaling.held.scheduled ? ['scheduled scaling'] : []),
  ];
  if (held.length > 0) return { verdict: 'warn', summary: `${limits}; suspended: ${held.join(', ')}`, data };
  const by = policies.length === 0 ? 'no policy' : policies.join(', ');
  return { verdict: 'ok', summary: `${limits} (${by})`, data };
};

/** An event that says that ECS could not do what it wants. */
const isBad = (message: string): boolean => /unable|unhealthy|failed|error|rolling back/i.test(message);

const events = async (service: EcsService, call: ViewCall): Promise<AnyFinding> => {
  const seen = await service.look(call, 'shared');
  const [newest] = seen.events;
  const now = call.clock.now().getTime();
  if (!newest) return { verdict: 'ok', summary: 'no events', data: [] };
  return {
    verdict: isBad(newest.message) ? 'warn' : 'ok',
    summary: unended(newest.message),
    evidence: {
      columns: [{ title: 'Age', align: 'right' }, { title: 'Event' }],
      rows: seen.events
        .slice(0, 20)
        .map(({ at, message }) => [
          at === undefined ? null : age(now - at.getTime()),
          isBad(message) ? { text: message, verdict: 'warn' } : message,
        ]),
    },
    data: seen.events.map(({ id, at, message }) => ({ id, at: at?.toISOString() ?? null, message })),
  };
};
