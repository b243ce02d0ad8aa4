import type { GetScheduleOutput, Target } from '@aws-sdk/client-scheduler';
import { AwsError } from '../protocol/aws-error.ts';
import type { Operations } from './played-service.ts';

/**
 * The universal target `arn:aws:scheduler:::aws-sdk:<service>:<action>`: its Input is the request of that action, with every name
 * beginning with a capital letter, whatever the API's own spelling is. ECS writes `cluster`, the target wants `Cluster`; with the
 * former CreateSchedule answers that required fields are missing. Only the targets that the rig plays are known here.
 * https://docs.aws.amazon.com/scheduler/latest/UserGuide/managing-targets-universal.html
 */
const updateService = 'arn:aws:scheduler:::aws-sdk:ecs:updateService';

const members = ['Cluster', 'Service', 'DesiredCount', 'TaskDefinition', 'ForceNewDeployment'];

const refuse = (reason: string): never => {
  throw new AwsError('ValidationException', `Invalid RequestJson provided. Reason ${reason}`);
};

const inputOf = (target: Target): Record<string, unknown> => {
  try {
    return JSON.parse(target.Input ?? '{}') as Record<string, unknown>;
  } catch {
    return refuse('The request payload is no JSON.');
  }
};

/** Errors: ValidationException, as CreateSchedule answers it. */
export const checkTarget = (target: Target | undefined) => {
  if (target?.Arn !== updateService) return refuse(`The rig knows no target ${target?.Arn}.`);
  const names = Object.keys(inputOf(target));
  if (!names.includes('Service')) return refuse('Request payload is missing the following field(s): Service.');
  const unknown = names.filter((name) => !members.includes(name));
  return unknown.length > 0 ? refuse(`The field(s) ${unknown.join(', ')} are not supported.`) : undefined;
};

/** Calls the target, with the names as the API writes them. */
export const fireSchedule = (
  { Target: target, State }: Pick<GetScheduleOutput, 'Target' | 'State'>,
  ecs: Operations,
) => {
  if (State === 'DISABLED' || target === undefined) return;
  const input = Object.entries(inputOf(target)).map(([name, value]) => [name[0]?.toLowerCase() + name.slice(1), value]);
  ecs['UpdateService']?.(Object.fromEntries(input));
};
