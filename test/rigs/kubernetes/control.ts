import type { Api } from './api.ts';
import type { KubernetesEvent, Pod, WorkloadKind, WorkloadObject } from './objects.ts';
import { until } from './wait.ts';
import { annotationsOf, type PodBehaviour } from './workloads.ts';

/** What a test does to the workloads of one namespace, as the administrator, behind the back of what it tests. */
export interface Control {
  readonly namespace: string;
  /** Creates an object of any kind that the builders in workloads.ts give. */
  create<T = WorkloadObject>(object: object): Promise<T>;
  get<T = WorkloadObject>(kind: Kind, name: string): Promise<T>;
  /** A merge patch of the object. */
  patch<T = WorkloadObject>(kind: Kind, name: string, change: object): Promise<T>;
  remove(kind: Kind, name: string): Promise<void>;
  /** Changes the template: the next revision has this version, and its pods behave like that. */
  release(kind: WorkloadKind, name: string, version: string, behaviour?: PodBehaviour): Promise<WorkloadObject>;
  scale(kind: WorkloadKind, name: string, replicas: number): Promise<void>;
  /** The pods of a workload, all or those of one version, the oldest first. */
  pods(name: string, version?: string): Promise<readonly Pod[]>;
  /** Changes what living pods do. Takes effect at once. */
  behave(pods: readonly Pod[], behaviour: PodBehaviour): Promise<void>;
  /** Takes from each pod of a workload what holds it, from those that come meanwhile too, until the workload is settled. */
  letGo(kind: WorkloadKind, name: string): Promise<WorkloadObject>;
  /** Creates it with pods that are ready; those that come later are held as its template says. */
  createHeld(object: object): Promise<WorkloadObject>;
  deletePod(name: string): Promise<void>;
  /** Its node ran short of something, and the kubelet ended it: it stays on the list as Failed, and its controller makes another. */
  pressOut(pod: Pod): Promise<void>;
  events(): Promise<readonly KubernetesEvent[]>;
  /** Waits until the workload has as many pods as it should, all of its newest revision and ready, and no other. */
  settled(kind: WorkloadKind, name: string): Promise<WorkloadObject>;
  /** Creates it, and waits until it is settled. */
  createSettled(object: object): Promise<WorkloadObject>;
}

const resources = {
  Deployment: 'apps/v1/deployments',
  StatefulSet: 'apps/v1/statefulsets',
  DaemonSet: 'apps/v1/daemonsets',
  CronJob: 'batch/v1/cronjobs',
  Job: 'batch/v1/jobs',
  HorizontalPodAutoscaler: 'autoscaling/v2/horizontalpodautoscalers',
  PodDisruptionBudget: 'policy/v1/poddisruptionbudgets',
  ScaledObject: 'keda.sh/v1alpha1/scaledobjects',
  ServiceAccount: '/v1/serviceaccounts',
  Role: 'rbac.authorization.k8s.io/v1/roles',
  RoleBinding: 'rbac.authorization.k8s.io/v1/rolebindings',
  ConfigMap: '/v1/configmaps',
  Lease: 'coordination.k8s.io/v1/leases',
} as const;
/** What `Control` knows the path of. */
export type Kind = keyof typeof resources;

export const controlOf = (api: Api, namespace: string): Control => {
  const pathOf = (kind: Kind, name?: string): string => {
    const [group = '', version = '', plural = ''] = resources[kind].split('/');
    const root = group === '' ? '/api' : `/apis/${group}`;
    return [`${root}/${version}/namespaces/${namespace}/${plural}`, ...(name === undefined ? [] : [name])].join('/');
  };
  const core = `/api/v1/namespaces/${namespace}`;
  const create: Control['create'] = (object) => api.post(pathOf((object as { kind: Kind }).kind), object);
  const get: Control['get'] = (kind, name) => api.get(pathOf(kind, name));
  const patch: Control['patch'] = (kind, name, change) => api.patch(pathOf(kind, name), change);
  const pods: Control['pods'] = async (name, version) => {
    const selector = `app=${name}${version === undefined ? '' : `,app.kubernetes.io/version=${version}`}`;
    const { items } = await api.get<{ items: Pod[] }>(`${core}/pods?labelSelector=${encodeURIComponent(selector)}`);
    return items.toSorted((a, b) => a.metadata.creationTimestamp.localeCompare(b.metadata.creationTimestamp));
  };
  const settled: Control['settled'] = (kind, name) =>
    until(
      `${kind} ${name} is settled`,
      async () => ({ object: await get(kind, name), count: (await pods(name)).length }),
      ({ object, count }) => isSettled(kind, object, count),
    ).then(({ object }) => object);
  const behave: Control['behave'] = async (list, behaviour) => {
    const change = { metadata: { annotations: annotationsOf(behaviour) } };
    await Promise.all(list.map(({ metadata }) => api.patch(`${core}/pods/${metadata.name}`, change)));
  };
  const letGo: Control['letGo'] = (kind, name) =>
    until(
      `${kind} ${name} is settled when nothing holds it`,
      async () => {
        const all = await pods(name);
        await behave(all.filter(isHeld), {});
        return { object: await get(kind, name), count: all.length };
      },
      ({ object, count }) => isSettled(kind, object, count),
    ).then(({ object }) => object);
  return {
    namespace,
    create,
    get,
    patch,
    pods,
    settled,
    release: async (kind, name, version, behaviour = {}) => {
      const { spec } = await get(kind, name);
      const [first, ...others] = spec.template.spec.containers;
      const containers = [{ ...first, image: `registry.test/${name}:${version}` }, ...others];
      const labels = { 'app.kubernetes.io/version': version };
      const metadata = { labels, annotations: annotationsOf(behaviour) };
      return await patch(kind, name, { spec: { template: { metadata, spec: { containers } } } });
    },
    remove: async (kind, name) => {
      await api.delete(pathOf(kind, name));
    },
    scale: async (kind, name, replicas) => {
      await api.patch(`${pathOf(kind, name)}/scale`, { spec: { replicas } });
    },
    behave,
    letGo,
    createHeld: async (object) => {
      const { kind, metadata } = await create(object);
      return await letGo(kind, metadata.name);
    },
    deletePod: async (name) => {
      await api.delete(`${core}/pods/${name}`);
    },
    pressOut: async ({ metadata: { name }, status: { containerStatuses = [] } }) => {
      const ended = { terminated: { exitCode: 137, reason: 'Error', finishedAt: new Date().toISOString() } };
      const conditions = ['Ready', 'ContainersReady'].map((type) => ({ type, status: 'False', reason: 'PodFailed' }));
      const status = {
        phase: 'Failed',
        reason: 'Evicted',
        message: 'The node was low on resource: memory.',
        conditions,
        containerStatuses: containerStatuses.map((one) => ({ ...one, ready: false, state: ended })),
      };
      await api.patch(`${core}/pods/${name}/status`, { status });
    },
    events: async () => (await api.get<{ items: KubernetesEvent[] }>(`${core}/events`)).items,
    createSettled: async (object) => {
      const { kind, metadata } = await create(object);
      return await settled(kind, metadata.name);
    },
  };
};

const isHeld = ({ metadata }: Pod): boolean =>
  Object.keys(metadata.annotations ?? {}).some((name) => name.startsWith('rig.test/'));

const isSettled = (kind: WorkloadKind, { metadata, spec, status }: WorkloadObject, count: number): boolean => {
  if (status.observedGeneration !== metadata.generation) return false;
  if (kind === 'DaemonSet') {
    const wanted = status.desiredNumberScheduled ?? 0;
    return (
      wanted > 0 &&
      count === wanted &&
      (status.updatedNumberScheduled ?? 0) === wanted &&
      (status.numberAvailable ?? 0) === wanted
    );
  }
  const wanted = spec.replicas ?? 0;
  const counts = [status.replicas, status.updatedReplicas, status.readyReplicas, status.availableReplicas];
  return count === wanted && counts.every((each) => (each ?? 0) === wanted);
};
