import { openAutoscaling } from './ecs/count/autoscaling.ts';
import type { Surroundings } from '../capability.ts';
import type { SettingsOf } from './capability.ts';
import { ecsReadyTimeoutFor } from './ecs/config.ts';
import type { EcsWorkloadConfig, EcsWorkloadDeps } from './ecs/config.ts';
import { openLoadBalancer } from './ecs/tasks/load-balancer.ts';
import { restartInstanceOperation } from './ecs/deployment/restart-instance.ts';
import { restartOperation, restartUnits } from './ecs/deployment/restart.ts';
import { rollbackOperation } from './ecs/deployment/rollback.ts';
import { openScalableTarget } from './ecs/count/scalable-target.ts';
import { scaleOperation } from './ecs/count/scale.ts';
import { openScheduling } from './ecs/schedule/scheduling.ts';
import { primaryOf } from './ecs/tasks/seen.ts';
import type { Seen } from './ecs/tasks/seen.ts';
import { openEcsService } from './ecs/service.ts';
import { stopAndStartOperation } from './ecs/emergency/stop-and-start.ts';
import { openTaskDefinitions } from './ecs/tasks/task-definition.ts';
import { instancesOf } from './ecs/tasks/tasks.ts';
import { openViews } from './ecs/views/views.ts';
import type { Workload } from './port.ts';

/**
 * A service of Amazon ECS. Asks nothing before the first call, and loads the client of an AWS service when it is first needed.
 * The configuration it needs is in `EcsWorkloadConfig`; credentials are found as the AWS CLI finds them.
 * A restart that goes well takes one DescribeServices before it, UpdateService, and one DescribeServices every 15 s.
 */
export const openEcsWorkload = (config: EcsWorkloadConfig, deps: EcsWorkloadDeps): Workload => {
  const service = openEcsService(config, deps);
  const loadBalancer = openLoadBalancer(service);
  const definitions = openTaskDefinitions(service);
  const scalable = openScalableTarget(service);
  const serving = { loadBalancer, definitions };
  return {
    // Briefly: ECS counts the tasks that run, and stops those that fail their health check.
    status: async (call, depth = 'full') => {
      const seen = await service.look(call, 'shared');
      const common = { target: service.target(seen), desired: seen.desired, ...noteOf(seen) };
      return depth === 'brief'
        ? { ...common, healthy: Math.min(seen.running, seen.desired), instances: [] }
        : { ...common, instances: await instancesOf(service, loadBalancer, seen, call) };
    },
    restartUnits: async (batch) => restartUnits(service, batch),
    restart: restartOperation(service),
    restartInstance: restartInstanceOperation(service, loadBalancer, definitions),
    stopAndStart: stopAndStartOperation(service, scalable, serving),
    scale: scaleOperation(service, serving),
    rollback: rollbackOperation(service, definitions),
    autoscaling: openAutoscaling(service, scalable, serving),
    scheduling: openScheduling(service),
    views: openViews(service, scalable, definitions),
  };
};

/** The service that the configuration names. */
export const openConfigured = async (
  config: SettingsOf<'ecs'>,
  { environment, env, clock, remember, resolve }: Surroundings,
): Promise<Workload> => {
  const { restart, scaling } = environment;
  const { provider: _, ...service } = await resolve(config);
  return openEcsWorkload(
    {
      ...service,
      drainMs: restart.drainSeconds * 1000,
      readyTimeoutMs: ecsReadyTimeoutFor(restart.expectedMinutes),
      scaling,
      scheduleRole: restart.schedule?.role,
    },
    { clock, environment: env, remember },
  );
};

/** What one would not expect of a service that is as it should be. */
const noteOf = (seen: Seen): { readonly note?: string } => {
  const primary = primaryOf(seen);
  if (primary?.rollout === 'FAILED')
    return { note: `deployment ${primary.id} failed${primary.reason === undefined ? '' : `: ${primary.reason}`}` };
  if (primary?.rollout === 'IN_PROGRESS')
    return { note: `deployment ${primary.id} (${primary.taskDefinition}) is under way` };
  return {};
};
