import type {
  CreateScheduleInput,
  DeleteScheduleInput,
  GetScheduleInput,
  GetScheduleOutput,
  ListSchedulesInput,
} from '@aws-sdk/client-scheduler';
import type { EcsWorld } from '../ecs/state.ts';
import { AwsError } from '../protocol/aws-error.ts';
import { page } from './page.ts';
import { checkTarget } from './universal-target.ts';
import type { Operations } from './played-service.ts';

export type PlayedSchedule = Omit<GetScheduleOutput, 'Name' | 'GroupName' | 'CreationDate'> & {
  readonly Name: string;
  readonly GroupName: string;
  readonly CreationDate: Date;
};

/** By group and name. */
export type Schedules = Map<string, PlayedSchedule>;

const key = (group: string | undefined, name: string | undefined): string => `${group ?? 'default'}/${name ?? ''}`;

const expression =
  /^(rate\([1-9]\d* (minutes?|hours?|days?)\)|cron\(\S+( \S+){5}\)|at\(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\))$/;

const checkExpression = (text: string) => {
  if (!expression.test(text)) throw new AwsError('ValidationException', `Invalid Schedule Expression ${text}.`);
};

/** EventBridge Scheduler: what a schedule is when it is made is checked, and it fires when the test says so. */
export const schedulerOperations = (world: EcsWorld, schedules: Schedules): Operations => {
  const existing = (input: { GroupName?: string | undefined; Name?: string | undefined }): PlayedSchedule => {
    const found = schedules.get(key(input.GroupName, input.Name));
    if (found === undefined)
      throw new AwsError('ResourceNotFoundException', `Schedule ${input.Name} does not exist.`, 404);
    return found;
  };
  const put = (input: CreateScheduleInput, createdAt: Date) => {
    checkExpression(input.ScheduleExpression ?? '');
    checkTarget(input.Target);
    const { ClientToken: _, Name = '', GroupName = 'default', ...rest } = input;
    const id = key(GroupName, Name);
    const arn = world.identifiers.arn('scheduler', `schedule/${id}`);
    schedules.set(id, {
      State: 'ENABLED',
      ScheduleExpressionTimezone: 'UTC',
      ActionAfterCompletion: 'NONE',
      ...rest,
      Name,
      GroupName,
      Arn: arn,
      CreationDate: createdAt,
      LastModificationDate: new Date(world.now),
    });
    return { ScheduleArn: arn };
  };
  return {
    CreateSchedule: (input: CreateScheduleInput) => {
      if (schedules.has(key(input.GroupName, input.Name)))
        throw new AwsError('ConflictException', `Schedule ${input.Name} already exists.`, 409);
      return put(input, new Date(world.now));
    },
    UpdateSchedule: (input: CreateScheduleInput) => put(input, existing(input).CreationDate),
    GetSchedule: (input: GetScheduleInput) => existing(input),
    DeleteSchedule: (input: DeleteScheduleInput) => {
      existing(input);
      schedules.delete(key(input.GroupName, input.Name));
      return {};
    },
    ListSchedules: (input: ListSchedulesInput) => {
      const all = [...schedules.values()]
        .filter(({ GroupName }) => input.GroupName === undefined || GroupName === input.GroupName)
        .filter(({ Name }) => input.NamePrefix === undefined || Name.startsWith(input.NamePrefix))
        .filter(({ State }) => input.State === undefined || State === input.State);
      const { items, next } = page(all, input.MaxResults ?? 100, input.NextToken);
      return {
        Schedules: items.map(({ Arn, Name, GroupName, State, CreationDate, LastModificationDate, Target }) => ({
          Arn,
          Name,
          GroupName,
          State,
          CreationDate,
          LastModificationDate,
          Target: { Arn: Target?.Arn },
        })),
        NextToken: next,
      };
    },
  };
};
