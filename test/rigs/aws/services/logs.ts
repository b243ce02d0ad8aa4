import { logGroup } from '../ecs/world.ts';
import type { EcsWorld, PlayedTask } from '../ecs/state.ts';
import { AwsError } from '../protocol/aws-error.ts';
import type { Operations } from './played-service.ts';

interface GetLogEvents {
  readonly logGroupName?: string;
  readonly logGroupIdentifier?: string;
  readonly logStreamName: string;
  readonly limit?: number;
  readonly startFromHead?: boolean;
  readonly startTime?: number;
  readonly endTime?: number;
  readonly nextToken?: string;
}

/** The awslogs driver names a stream prefix/container/task. */
const streamOf = (task: PlayedTask): string => `app/app/${task.id}`;

const groupOf = (task: PlayedTask): string =>
  logGroup(/task-definition\/(.+):\d+$/.exec(task.taskDefinition)?.[1] ?? '');

const linesOf = (world: EcsWorld, task: PlayedTask) => {
  const { startedAt } = task;
  if (startedAt === undefined) return [];
  return task.behaviour.log
    .map((message, index) => ({ message, timestamp: startedAt + index * 100 }))
    .filter(({ timestamp }) => timestamp <= world.now)
    .map((line) => ({ ...line, ingestionTime: line.timestamp + 20 }));
};

/**
 * CloudWatch Logs: one stream for each task that ran. A page is followed by the same token when there is nothing more.
 * https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_GetLogEvents.html
 */
export const logsOperations = (world: EcsWorld): Operations => ({
  GetLogEvents: (input: GetLogEvents) => {
    const group = input.logGroupName ?? input.logGroupIdentifier?.split(':log-group:').at(-1);
    const inGroup = world.tasks.filter((task) => groupOf(task) === group);
    if (inGroup.length === 0)
      throw new AwsError('ResourceNotFoundException', 'The specified log group does not exist.');
    const task = inGroup.find((each) => streamOf(each) === input.logStreamName && each.startedAt !== undefined);
    if (task === undefined) throw new AwsError('ResourceNotFoundException', 'The specified log stream does not exist.');
    const lines = linesOf(world, task)
      .filter(({ timestamp }) => input.startTime === undefined || timestamp >= input.startTime)
      .filter(({ timestamp }) => input.endTime === undefined || timestamp < input.endTime);
    const size = input.limit ?? 10_000;
    const events = input.startFromHead === true ? lines.slice(0, size) : lines.slice(-size);
    const paged = input.nextToken === undefined ? events : [];
    return { events: paged, nextForwardToken: `f/${task.id}`, nextBackwardToken: `b/${task.id}` };
  },
});
