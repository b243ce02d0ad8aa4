import {
  CreateScheduleCommand,
  DeleteScheduleCommand,
  GetScheduleCommand,
  SchedulerClient,
  UpdateScheduleCommand,
} from '@aws-sdk/client-scheduler';
import type { CreateScheduleInput, GetScheduleOutput } from '@aws-sdk/client-scheduler';
import { hasCode } from '../../../../clients/aws/failure.ts';
import type { AwsSession } from '../../../../clients/aws/session.ts';
import type { Call } from '../../port.ts';

type Writing = Pick<Call, 'signal' | 'clock'>;

/** What is asked of EventBridge Scheduler. Errors: those of `AwsSession`. */
export interface SchedulerApi {
  /** Undefined where there is none of that name. */
  find(name: string, call: Pick<Call, 'signal'>): Promise<GetScheduleOutput | undefined>;
  create(schedule: CreateScheduleInput, call: Writing): Promise<void>;
  /** The whole schedule: what is not given is set back. */
  replace(schedule: CreateScheduleInput, call: Writing): Promise<void>;
  remove(name: string, call: Writing): Promise<void>;
}

export const openSchedulerApi = async (session: AwsSession): Promise<SchedulerApi> => {
  const { reads, writes } = await session.connect('Scheduler', (settings) => new SchedulerClient(settings));
  return {
    find: async (Name, call) => {
      try {
        return await session.read(
          'scheduler:GetSchedule',
          () => reads.send(new GetScheduleCommand({ Name }), until(call)),
          call,
        );
      } catch (error) {
        if (hasCode(error, 'ResourceNotFoundException')) return undefined;
        throw error;
      }
    },
    create: async (schedule, call) => {
      await session.write(
        'scheduler:CreateSchedule',
        () => writes.send(new CreateScheduleCommand(schedule), until(call)),
        call,
      );
    },
    replace: async (schedule, call) => {
      await session.write(
        'scheduler:UpdateSchedule',
        () => writes.send(new UpdateScheduleCommand(schedule), until(call)),
        call,
      );
    },
    remove: async (Name, call) => {
      await session.write(
        'scheduler:DeleteSchedule',
        () => writes.send(new DeleteScheduleCommand({ Name }), until(call)),
        call,
      );
    },
  };
};

const until = ({ signal }: Pick<Call, 'signal'>) => ({ abortSignal: signal });
