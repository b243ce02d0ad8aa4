import type { Task } from '@aws-sdk/client-ecs';
import type { Call } from '../../port.ts';
import { taskId } from '../tasks/instances.ts';
import type { LogStream } from './logs-api.ts';
import { lastPart } from '../tasks/seen.ts';
import type { EcsService } from '../service.ts';

const lines = 10;

/** The end of what a task's container wrote; none where it does not write to CloudWatch Logs, or wrote nothing. */
export const lastLines = async (
  service: EcsService,
  task: Task,
  container: string,
  call: Pick<Call, 'signal'>,
): Promise<readonly string[]> => {
  const stream = await streamOf(service, task, container, call);
  if (!stream) return [];
  const { openLogsApi } = await import('./logs-api.ts');
  return openLogsApi(service.session).tail(stream, lines, call);
};

/** The awslogs driver names a stream by its prefix, the container and the task; without a prefix its name cannot be known. */
const streamOf = async (
  service: EcsService,
  task: Task,
  name: string,
  call: Pick<Call, 'signal'>,
): Promise<LogStream | undefined> => {
  const definition = await (await service.api()).taskDefinition(lastPart(task.taskDefinitionArn ?? ''), call);
  const log = definition.containerDefinitions?.find((one) => one.name === name)?.logConfiguration;
  const { 'awslogs-group': group, 'awslogs-stream-prefix': prefix, 'awslogs-region': region } = log?.options ?? {};
  if (log?.logDriver !== 'awslogs' || group === undefined || prefix === undefined) return undefined;
  return { region: region ?? service.config.region, group, stream: `${prefix}/${name}/${taskId(task)}` };
};
