import type { Task, TaskDefinition } from '@aws-sdk/client-ecs';
import type { Call } from '../../port.ts';
import { imageVersion } from './instances.ts';
import { lastPart } from './seen.ts';
import type { Seen } from './seen.ts';
import type { EcsService } from '../service.ts';

/** Reads a task definition; each is immutable, so each is read once. */
export const openTaskDefinitions = (service: EcsService) => {
  const read = new Map<string, Promise<TaskDefinition>>();
  return async (name: string, call: Pick<Call, 'signal'>): Promise<TaskDefinition> => {
    const known = read.get(name);
    if (known) return known;
    const asked = (await service.api()).taskDefinition(name, call);
    read.set(name, asked);
    asked.catch(() => read.delete(name));
    return asked;
  };
};
export type TaskDefinitions = ReturnType<typeof openTaskDefinitions>;

/** Whether ECS checks the health of its essential containers by itself. */
const hasHealthCheck = (definition: TaskDefinition): boolean =>
  (definition.containerDefinitions ?? []).some(
    ({ healthCheck, essential }) => healthCheck !== undefined && essential !== false,
  );

/** Whether any of these tasks is checked so, by their own task definitions: a service that another system deploys has none. */
export const areChecked = async (
  definitions: TaskDefinitions,
  tasks: readonly Task[],
  call: Pick<Call, 'signal'>,
): Promise<boolean> => {
  const names = new Set(
    tasks.flatMap(({ taskDefinitionArn }) => (taskDefinitionArn ? [lastPart(taskDefinitionArn)] : [])),
  );
  const found = await Promise.all([...names].map((name) => definitions(name, call)));
  return found.some(hasHealthCheck);
};

/** As the tasks of it show it: the tag of the image that serves, else `family:revision`. */
export const versionOf = (definition: TaskDefinition, seen: Pick<Seen, 'servingContainer'>): string => {
  const name = `${definition.family}:${definition.revision}`;
  return imageVersion(definition.containerDefinitions ?? [], seen.servingContainer) ?? name;
};
