import { openKubernetes } from '../../clients/kubernetes/client.ts';
import { openConnection } from '../../clients/kubernetes/connection.ts';
import type { Kubernetes } from '../../clients/kubernetes/port.ts';
import type { Surroundings } from '../capability.ts';
import type { SettingsOf } from './capability.ts';
import { readyTimeoutFor } from './shared/ready-timeout.ts';
import type { Kind, KubernetesWorkloadConfig, KubernetesWorkloadDeps } from './kubernetes/config.ts';
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

/** The schema takes no other. */
const kinds: readonly Kind[] = ['deployment', 'statefulset', 'daemonset'];

/** The object that the configuration names, in the cluster that its context leads to. */
export const openConfigured = async (config: SettingsOf<'kubernetes'>, around: Surroundings): Promise<Workload> => {
  const { context, server, namespace, resource, container } = await around.resolve(config);
  const { env, clock, redact, remember } = around;
  const { health, restart, scaling } = around.environment;
  const [kind = '', name = ''] = resource.split('/');
  const connection = await openConnection({ context, server, namespace }, { env, clock, redact, remember });
  return openKubernetesWorkload(
    {
      kind: kinds.find((one) => one === kind) ?? 'deployment',
      name,
      container,
      service: around.service,
      drainMs: restart.drainSeconds * 1000,
      readyTimeoutMs: readyTimeoutFor(restart.expectedMinutes),
      unhealthyThreshold: health.loadBalancer.unhealthyThreshold,
      scaling,
      scheduleImage: restart.schedule?.image,
    },
    openKubernetes(connection, { clock }),
    {
      redact,
      openMirror: async (...asked) => (await import('../../clients/kubernetes/mirror.ts')).openMirror(...asked),
    },
  );
};
