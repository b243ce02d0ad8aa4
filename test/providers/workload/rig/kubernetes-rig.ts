import { openKubernetes } from '../../../../src/clients/kubernetes/client.ts';
import { openConnection } from '../../../../src/clients/kubernetes/connection.ts';
import { openMirror } from '../../../../src/clients/kubernetes/mirror.ts';
import type { Kubernetes } from '../../../../src/clients/kubernetes/port.ts';
import { openKubernetesWorkload } from '../../../../src/providers/workload/kubernetes.ts';
import type { KubernetesWorkloadConfig } from '../../../../src/providers/workload/kubernetes/config.ts';
import type { Workload } from '../../../../src/providers/workload/port.ts';
import type { Access } from '../../../rigs/kubernetes/access.ts';
import { type Control, controlOf } from '../../../rigs/kubernetes/control.ts';
import type { WorkloadKind } from '../../../rigs/kubernetes/objects.ts';
import { sharedCluster } from '../../../rigs/kubernetes/shared.ts';
import { until } from '../../../rigs/kubernetes/wait.ts';
import {
  daemonSet,
  deployment,
  type PodBehaviour,
  statefulSet,
  type WorkloadOptions,
} from '../../../rigs/kubernetes/workloads.ts';
import { newCall } from '../call.ts';
import type { WorkloadRig } from '../contract.ts';
import { type PodFate, podFateOf } from './pod-fate.ts';

export interface KubernetesRig extends WorkloadRig {
  readonly cluster: Access;
  readonly control: Control;
  /** What the next pods do. */
  readonly fate: PodFate;
  readonly config: KubernetesWorkloadConfig;
  /** Another client of the cluster, by this kubeconfig if one is given. */
  client(kubeconfig?: string): Promise<Kubernetes>;
  openWith(options: { readonly config?: Partial<KubernetesWorkloadConfig>; readonly client?: Kubernetes }): Workload;
}

const builders = { Deployment: deployment, StatefulSet: statefulSet, DaemonSet: daemonSet } as const;
const behaviours: Record<'healthy' | 'unhealthy' | 'crash' | 'slow' | 'hang', PodBehaviour> = {
  healthy: {},
  unhealthy: { behaviour: 'unready' },
  crash: { behaviour: 'crash-loop' },
  slow: { readyAfter: '3s' },
  hang: { terminating: 'hangs' },
};

export interface StartOptions {
  readonly kind?: WorkloadKind;
  /** Of the second version, 2.0.0; the first one is the same at 1.0.0. */
  readonly workload?: WorkloadOptions;
}

/** A namespace of its own with the service `checkout`: version 1.0.0 was there, 2.0.0 is. */
export const startKubernetesRig = async ({
  kind = 'Deployment',
  workload = {},
}: StartOptions = {}): Promise<KubernetesRig> => {
  const cluster = await sharedCluster();
  const namespace = await cluster.namespace();
  const control = controlOf(cluster.api, namespace);
  const fate = podFateOf(cluster, namespace);
  const name = 'checkout';
  // What hangs is given up on soon.
  const pod = { terminationGracePeriodSeconds: 2 };
  await control.createSettled(builders[kind](name, { pod, ...workload, version: '1.0.0' }));
  await control.release(kind, name, '2.0.0', workload.behaviour);
  await control.settled(kind, name);

  const config: KubernetesWorkloadConfig = {
    kind: kind.toLowerCase() as KubernetesWorkloadConfig['kind'],
    name,
    service: name,
    drainMs: 1500,
    readyTimeoutMs: 60_000,
    unhealthyThreshold: 2,
    scaling: { min: 1, max: 9 },
  };
  const { clock } = newCall();
  const client = async (kubeconfig = cluster.kubeconfig()): Promise<Kubernetes> => {
    const env = { KUBECONFIG: kubeconfig, PATH: process.env['PATH'] };
    return openKubernetes(
      await openConnection(
        { context: 'rig', namespace },
        { env, clock, redact: (text) => text, remember: () => undefined },
      ),
      {
        clock,
      },
    );
  };
  const ours = await client();
  const openWith: KubernetesRig['openWith'] = (options) =>
    openKubernetesWorkload({ ...config, ...options.config }, options.client ?? ours, {
      openMirror,
      redact: (text) => text,
    });

  return {
    cluster,
    control,
    fate,
    config,
    client,
    openWith,
    open: () => openWith({}),
    startsNext: async (how) => {
      // Nothing but the deadline ends the wait for a pod that never gets ready.
      if (how === 'unhealthy') await control.patch(kind, name, { spec: { progressDeadlineSeconds: 5 } });
      await fate.set(behaviours[how]);
    },
    crash: async (id) => {
      const pods = (await control.pods(name)).filter(({ metadata }) => metadata.name === id);
      await control.behave(pods, { behaviour: 'crash-loop', backOff: '1h' });
      await until(
        `${id} is down`,
        () => control.pods(name),
        (all) =>
          all.find(({ metadata }) => metadata.name === id)?.status.containerStatuses?.[0]?.state.waiting?.reason ===
          'CrashLoopBackOff',
      );
    },
    restartBehind: async () => {
      const annotations = { 'kubectl.kubernetes.io/restartedAt': new Date().toISOString() };
      await control.patch(kind, name, { spec: { template: { metadata: { annotations } } } });
      await control.settled(kind, name);
    },
    scaleBehind: async (to) => {
      await control.scale(kind, name, to);
      await control.settled(kind, name);
    },
    stopAll: async () => {
      await control.scale(kind, name, 0);
      await control.settled(kind, name);
    },
    close: async () => {
      await fate.close();
      // A namespace goes when its last pod has gone.
      for (const pod of await control.pods(name))
        if (pod.metadata.annotations?.['rig.test/terminating'] !== undefined) await control.behave([pod], {});
      await cluster.removeNamespace(namespace);
    },
  };
};
