import { AwsError } from '../protocol/aws-error.ts';
import { clusterArn, serviceArn, taskArn } from './describe.ts';
import type { EcsWorld, PlayedService, PlayedTask } from './state.ts';

/** By name or ARN. */
export const findService = (world: EcsWorld, name: string): PlayedService | undefined =>
  [...world.services.values()].find((service) => service.name === name || serviceArn(world, service) === name);

/** By id or ARN. */
export const findTask = (world: EcsWorld, name: string): PlayedTask | undefined =>
  world.tasks.find((task) => task.id === name || taskArn(world, task) === name);

/** Errors: ServiceNotFoundException. */
export const present = (world: EcsWorld, name: string): PlayedService => {
  const service = findService(world, name);
  if (service === undefined) throw new AwsError('ServiceNotFoundException', 'Service not found.');
  return service;
};

/** Errors: ClusterNotFoundException, also where no cluster is named, since the played one is not called `default`. */
export const inThisCluster = (world: EcsWorld, cluster = 'default') => {
  if (cluster !== world.clusterName && cluster !== clusterArn(world))
    throw new AwsError('ClusterNotFoundException', 'Cluster not found.');
};

/** Limits that the documentation gives in words and the model does not. Errors: InvalidParameterException. */
export const limit = (name: string, size: number, most: number) => {
  if (size < 1 || size > most)
    throw new AwsError('InvalidParameterException', `${name} must have between 1 and ${most} entries, not ${size}.`);
};
