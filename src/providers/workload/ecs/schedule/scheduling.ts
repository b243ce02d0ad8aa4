import type { CreateScheduleInput, GetScheduleOutput } from '@aws-sdk/client-scheduler';
import * as z from 'zod/mini';
import type { Change } from '../../../../engine/change.ts';
import { RunbookError } from '../../../../engine/errors.ts';
import { hasCode } from '../../../../clients/aws/failure.ts';
import { operation } from '../../shared/operation.ts';
import type { Call, Scheduling } from '../../port.ts';
import { rateOf, scheduleName } from './schedule-words.ts';
import type { SchedulerApi } from './scheduler-api.ts';
import { requireOwnDeployments } from '../service.ts';
import type { EcsService } from '../service.ts';
import { requireRole } from './schedule-role.ts';

const AddData = z.object({ expression: z.string(), everyMs: z.number(), role: z.string() });
type AddData = z.output<typeof AddData>;

/** EventBridge Scheduler calls ecs:UpdateService by itself: no program of ours has to run at that time. */
const universalTarget = 'arn:aws:scheduler:::aws-sdk:ecs:updateService';

/**
 * Restarts at fixed intervals, by EventBridge Scheduler. One schedule for each service, in the group `default`, known by its name.
 * A schedule cannot look first: it also restarts while a deployment is under way, which that deployment then replaces.
 */
export const openScheduling = (service: EcsService): Scheduling => {
  let opened: Promise<SchedulerApi> | undefined;
  const api = () =>
    (opened ??= import('./scheduler-api.ts').then((module) => module.openSchedulerApi(service.session)));
  const name = scheduleName(service.config.cluster, service.config.service);
  const find = async (call: Pick<Call, 'signal'>) => (await api()).find(name, call);

  return {
    list: async (call) => {
      const found = await find(call);
      return found
        ? [{ id: name, expression: found.ScheduleExpression ?? '', suspended: found.State === 'DISABLED' }]
        : [];
    },
    add: operation({
      change: AddData,
      plan: async ({ everyMs }, call) => planAdd(service, name, everyMs, await find(call), call),
      apply: async ({ data }, call) => {
        const present = await find(call);
        const schedule = scheduleFor(service, { name, ...data }, call.clock.now());
        if (present) await (await api()).replace(schedule, call);
        else await (await api()).create(schedule, call);
      },
      verify: async ({ data: { expression, role } }, call) => {
        const found = await find(call);
        if (!found) return { verdict: 'critical', summary: `there is no schedule ${name}` };
        const why = differs(service, found, { expression, role });
        if (why !== undefined)
          return { verdict: 'critical', summary: `the schedule ${name} is not as planned: ${why}` };
        return {
          verdict: 'ok',
          summary: `EventBridge Scheduler restarts ${service.config.service}: ${expression}, for the first time ${found.StartDate === undefined ? 'soon' : `at ${found.StartDate.toISOString()}`}`,
          data: { name, expression, firstAt: found.StartDate?.toISOString() ?? null },
        };
      },
    }),
    remove: operation({
      change: z.null(),
      plan: async (_, call) => planRemove(service, name, await find(call), call),
      apply: async (_, call) => {
        try {
          await (await api()).remove(name, call);
        } catch (error) {
          if (!hasCode(error, 'ResourceNotFoundException')) throw error;
        }
      },
      verify: async (_, call) =>
        (await find(call))
          ? { verdict: 'critical', summary: `the schedule ${name} is still there` }
          : { verdict: 'ok', summary: `${service.config.service} is not restarted by a schedule any more` },
    }),
  };
};

/** One of the same name and interval may have been there before: it does nothing where it is switched off, or may not, or means another. */
const differs = (
  { config }: EcsService,
  { ScheduleExpression, State, Target }: GetScheduleOutput,
  { expression, role }: Pick<AddData, 'expression' | 'role'>,
): string | undefined => {
  if (ScheduleExpression !== expression) return `it is ${ScheduleExpression}, not ${expression}`;
  if (State !== 'ENABLED') return `it is ${State}`;
  if (Target?.RoleArn !== role) return `its role is ${Target?.RoleArn}`;
  return Target.Arn === universalTarget && Target.Input === inputFor(config)
    ? undefined
    : `it does not restart ${config.service}`;
};

const inputFor = ({ cluster, service }: EcsService['config']): string =>
  JSON.stringify({ Cluster: cluster, Service: service, ForceNewDeployment: true });

const scheduleFor = (
  { config }: EcsService,
  { name, expression, everyMs, role }: AddData & { readonly name: string },
  now: Date,
): CreateScheduleInput => ({
  Name: name,
  Description: `Restarts the ECS service ${config.service} in ${config.cluster}; made by rb`,
  ScheduleExpression: expression,
  // Without a start a rate begins at once, with a restart that was not requested.
  StartDate: new Date(now.getTime() + everyMs),
  FlexibleTimeWindow: { Mode: 'OFF' },
  State: 'ENABLED',
  Target: {
    Arn: universalTarget,
    RoleArn: role,
    Input: inputFor(config),
    // A restart that could not be begun within minutes is worth less than the next one.
    RetryPolicy: { MaximumRetryAttempts: 2, MaximumEventAgeInSeconds: 300 },
  },
});

const planAdd = async (
  service: EcsService,
  name: string,
  everyMs: number,
  present: GetScheduleOutput | undefined,
  call: Call,
): Promise<Change<AddData>> => {
  const expression = rateOf(everyMs);
  const seen = await service.look(call, 'plan');
  requireOwnDeployments(seen, 'restart it');
  const role = requireRole(service.config.scheduleRole, seen.account);
  const schedule = scheduleFor(service, { name, expression, everyMs, role }, call.clock.now());
  const was = present?.ScheduleExpression;
  return {
    summary: `restart ${service.config.service} again and again: ${expression}${was === undefined ? '' : `, in place of ${was}`}`,
    target: { ...service.target(seen), schedule: name },
    blastRadius: [
      `each time ECS replaces all ${seen.desired} tasks, one after another; for the first time at ${schedule.StartDate?.toISOString()}`,
      'EventBridge Scheduler does not look first: it also restarts while a deployment is under way',
    ],
    equivalent: [
      service.session.command(
        'scheduler',
        was === undefined ? 'create-schedule' : 'update-schedule',
        '--name',
        name,
        '--schedule-expression',
        expression,
        '--start-date',
        schedule.StartDate?.toISOString() ?? '',
        '--flexible-time-window',
        'Mode=OFF',
        '--target',
        JSON.stringify(schedule.Target),
      ),
    ],
    undo: was === undefined ? 'rb restart --unschedule' : `the interval before: ${was}`,
    basis: {
      present: present
        ? { expression: was ?? null, state: present.State ?? null, role: present.Target?.RoleArn ?? null }
        : null,
      expression,
      role,
    },
    affects: ['present'],
    data: { expression, everyMs, role },
  };
};

const planRemove = async (
  service: EcsService,
  name: string,
  present: GetScheduleOutput | undefined,
  call: Call,
): Promise<Change<null>> => {
  const seen = await service.look(call, 'plan');
  if (!present)
    throw new RunbookError('refused', `${service.config.service} is not restarted by a schedule (${name})`, {
      next: ['rb restart schedules'],
    });
  return {
    summary: `restart ${service.config.service} no longer by a schedule (${present.ScheduleExpression})`,
    target: { ...service.target(seen), schedule: name },
    blastRadius: ['the schedule is deleted; no task is touched'],
    equivalent: [service.session.command('scheduler', 'delete-schedule', '--name', name)],
    undo: `make it again: ${present.ScheduleExpression}`,
    basis: { present: present.ScheduleExpression ?? null },
    affects: ['present'],
    data: null,
  };
};
