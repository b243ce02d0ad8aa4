import type { WorkloadKind } from './objects.ts';

/** What a pod does, by the annotations that stages/pod-*.yaml read. Durations as Go writes them: `300ms`, `5s`. */
export interface PodBehaviour {
  /** `fail` is for the pods of a Job; the others do not end. Absent: the pod gets ready, or completes. */
  readonly behaviour?:
    | 'crash-loop'
    | 'oom'
    | 'image-pull'
    | 'config-error'
    | 'creating'
    | 'init-crash-loop'
    | 'unready'
    | 'fail';
  /** Stays in Terminating until it is released (or deleted with force). */
  readonly terminating?: 'hangs';
  /** From being scheduled to its containers running; 50ms. */
  readonly startAfter?: string;
  /** From running to ready; 250ms. */
  readonly readyAfter?: string;
  /** From running to the crash; 300ms. */
  readonly crashAfter?: string;
  /** In CrashLoopBackOff, 2s; in ImagePullBackOff, 10s. */
  readonly backOff?: string;
  /** From the deletion to being gone; 100ms. */
  readonly stopAfter?: string;
  /** From running to the end of a Job's pod; 500ms. */
  readonly endAfter?: string;
  /** Of a crash or a failed Job; 1, and 137 for `oom`. */
  readonly exitCode?: number;
}

/** Runs and does not get ready until the test lets it go: see `Control.letGo`. */
export const held: PodBehaviour = { readyAfter: '1h' };

/** The annotations of a behaviour. What is not named is null, so that a patch takes away what an earlier one gave. */
export const annotationsOf = (behaviour: PodBehaviour): Record<string, string | null> => ({
  'rig.test/behaviour': behaviour.behaviour ?? null,
  'rig.test/terminating': behaviour.terminating ?? null,
  'rig.test/start-after': behaviour.startAfter ?? null,
  'rig.test/ready-after': behaviour.readyAfter ?? null,
  'rig.test/crash-after': behaviour.crashAfter ?? null,
  'rig.test/back-off': behaviour.backOff ?? null,
  'rig.test/stop-after': behaviour.stopAfter ?? null,
  'rig.test/end-after': behaviour.endAfter ?? null,
  'rig.test/exit-code': behaviour.exitCode?.toString() ?? null,
});

export interface PodOptions {
  /** The tag of the image and the label `app.kubernetes.io/version`; 1.0.0 if not given. */
  readonly version?: string;
  readonly behaviour?: PodBehaviour;
  readonly annotations?: Readonly<Record<string, string>>;
  /** Merged into the first container: probes, resources, env, command. */
  readonly container?: object;
  /** Merged into the pod's spec: nodeSelector, more containers, terminationGracePeriodSeconds. */
  readonly pod?: object;
}

export interface WorkloadOptions extends PodOptions {
  /** Of a Deployment or StatefulSet; 3 if not given. */
  readonly replicas?: number;
  /** Merged into the spec: strategy, updateStrategy, minReadySeconds, progressDeadlineSeconds, paused. */
  readonly spec?: object;
  readonly labels?: Readonly<Record<string, string>>;
}

/** A pod template: label `app`, one container `app` of the image `registry.test/<name>:<version>`. */
const podTemplate = (name: string, options: PodOptions = {}): object => {
  const { version = '1.0.0', behaviour = {}, annotations = {}, container = {}, pod = {} } = options;
  const given = Object.entries(annotationsOf(behaviour)).filter(([, value]) => value !== null);
  return {
    metadata: {
      labels: { app: name, 'app.kubernetes.io/version': version },
      annotations: { ...Object.fromEntries(given), ...annotations },
    },
    spec: { containers: [{ name: 'app', image: `registry.test/${name}:${version}`, ...container }], ...pod },
  };
};

const workload = (kind: WorkloadKind, name: string, options: WorkloadOptions, more: object): object => ({
  apiVersion: 'apps/v1',
  kind,
  metadata: { name, labels: { app: name, ...options.labels } },
  spec: {
    selector: { matchLabels: { app: name } },
    template: podTemplate(name, options),
    ...more,
    ...options.spec,
  },
});

export const deployment = (name: string, options: WorkloadOptions = {}): object =>
  workload('Deployment', name, options, { replicas: options.replicas ?? 3 });

export const statefulSet = (name: string, options: WorkloadOptions = {}): object =>
  workload('StatefulSet', name, options, { replicas: options.replicas ?? 3, serviceName: name });

export const daemonSet = (name: string, options: WorkloadOptions = {}): object =>
  workload('DaemonSet', name, options, {});

/** Its pod ends well, or as the behaviour says; it is not tried again. */
export const job = (name: string, options: PodOptions = {}): object => ({
  apiVersion: 'batch/v1',
  kind: 'Job',
  metadata: { name },
  spec: {
    backoffLimit: 0,
    template: podTemplate(name, { ...options, pod: { restartPolicy: 'Never', ...options.pod } }),
  },
});

/** There are no metrics here: such an autoscaler keeps the count between its limits, and says ScalingActive=False. */
export const horizontalPodAutoscaler = (
  name: string,
  {
    min = 2,
    max = 10,
    kind = 'Deployment',
    target = name,
  }: {
    readonly min?: number;
    readonly max?: number;
    readonly kind?: WorkloadKind;
    readonly target?: string;
  } = {},
): object => ({
  apiVersion: 'autoscaling/v2',
  kind: 'HorizontalPodAutoscaler',
  metadata: { name },
  spec: {
    minReplicas: min,
    maxReplicas: max,
    scaleTargetRef: { apiVersion: 'apps/v1', kind, name: target },
    metrics: [{ type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 70 } } }],
  },
});

/** For the pods of the workload with this name. */
export const podDisruptionBudget = (
  name: string,
  budget: { readonly minAvailable: number | string } | { readonly maxUnavailable: number | string },
): object => ({
  apiVersion: 'policy/v1',
  kind: 'PodDisruptionBudget',
  metadata: { name },
  spec: { ...budget, selector: { matchLabels: { app: name } } },
});

/** Needs `installKeda`. */
export const scaledObject = (
  name: string,
  {
    min = 2,
    max = 10,
    annotations = {},
    spec = {},
  }: {
    readonly min?: number;
    readonly max?: number;
    readonly annotations?: Readonly<Record<string, string>>;
    readonly spec?: object;
  } = {},
): object => ({
  apiVersion: 'keda.sh/v1alpha1',
  kind: 'ScaledObject',
  metadata: { name, annotations },
  spec: {
    scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name },
    minReplicaCount: min,
    maxReplicaCount: max,
    triggers: [{ type: 'cpu', metricType: 'Utilization', metadata: { value: '70' } }],
    ...spec,
  },
});
