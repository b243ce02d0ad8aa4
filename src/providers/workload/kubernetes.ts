import type { Kubernetes } from '../../clients/kubernetes/port.ts';
import type { KubernetesWorkloadConfig, KubernetesWorkloadDeps } from './kubernetes/config.ts';
import { deferred } from './kubernetes/writing/deferred.ts';
import { restartOperation, restartUnits } from './kubernetes/restart/restart.ts';
import { openService } from './kubernetes/service.ts';
import { statusOf } from './kubernetes/views/status.ts';
import type { Workload } from './port.ts';

/** A Deployment, a StatefulSet or a DaemonSet. What the fastest restart does not need is loaded when it is asked for. */
export const openKubernetesWorkload = (
  config: KubernetesWorkloadConfig,
  client: Kubernetes,
  deps: KubernetesWorkloadDeps,
): Workload => {
  const service = openService(config, client, deps);
  const rollback = async () => (await import('./kubernetes/revisions/rollback.ts')).rollbackOperation(service);
  const autoscaling = async () => (await import('./kubernetes/count/autoscaler.ts')).autoscaling(service);
  const scheduling = async () => (await import('./kubernetes/schedule/schedules.ts')).scheduling(service);
  return {
    status: (call, depth = 'full') => statusOf(service, call, depth),
    restartUnits: async (batch) => restartUnits(service, batch),
    restart: restartOperation(service),
    restartInstance: deferred(async () =>
      (await import('./kubernetes/restart/evict.ts')).restartInstanceOperation(service),
    ),
    stopAndStart: deferred(async () =>
      (await import('./kubernetes/emergency/stop-and-start.ts')).stopAndStartOperation(service),
    ),
    scale: deferred(async () => (await import('./kubernetes/count/scale.ts')).scaleOperation(service)),
    rollback: {
      ...deferred(rollback),
      accepted: async (...asked) => {
        const able = await rollback();
        return able.accepted?.(...asked) ?? able.verify(...asked);
      },
    },
    autoscaling: {
      find: async (call) => (await autoscaling()).find(call),
      setLimits: deferred(async () => (await autoscaling()).setLimits),
    },
    scheduling: {
      list: async (call) => (await scheduling()).list(call),
      add: deferred(async () => (await scheduling()).add),
      remove: deferred(async () => (await scheduling()).remove),
    },
    views: {
      rollout: async (call) => (await import('./kubernetes/views/rollout-view.ts')).rolloutView(service, call),
      autoscaler: async (call) => (await import('./kubernetes/count/autoscaler.ts')).autoscalerView(service)(call),
      events: async (call) => (await import('./kubernetes/views/events-view.ts')).eventsView(service, call),
      revisions: async (call) => (await import('./kubernetes/views/revisions-view.ts')).revisionsView(service, call),
    },
  };
};
