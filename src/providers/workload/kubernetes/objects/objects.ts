import type { JsonObject } from '../../../../engine/json.ts';
import type { Resource } from '../../../../clients/kubernetes/port.ts';
import type { Kind } from '../config.ts';
import * as shapes from './shapes.ts';

/** The fields of the API's objects that are read here, as plain JSON; shapes.ts holds the server to them, and a test compares them with the types that are generated from the API. What the server leaves out when it is empty is optional. */
export interface Meta {
  readonly name: string;
  readonly uid: string;
  readonly resourceVersion: string;
  readonly generation?: number;
  readonly creationTimestamp: string;
  readonly deletionTimestamp?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly ownerReferences?: readonly OwnerReference[];
}

export interface OwnerReference {
  readonly kind: string;
  readonly name: string;
  readonly uid: string;
  readonly controller?: boolean;
}

export interface Condition {
  readonly type: string;
  readonly status: 'True' | 'False' | 'Unknown';
  readonly reason?: string;
  readonly message?: string;
  readonly lastUpdateTime?: string;
  readonly lastTransitionTime?: string;
}

export interface LabelSelector {
  readonly matchLabels?: Readonly<Record<string, string>>;
  readonly matchExpressions?: readonly {
    readonly key: string;
    readonly operator: 'In' | 'NotIn' | 'Exists' | 'DoesNotExist';
    readonly values?: readonly string[];
  }[];
}

/** All of it: what is not named here is kept and compared as well. */
export interface PodTemplate extends JsonObject {
  readonly metadata: JsonObject & {
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
  };
  readonly spec: JsonObject & {
    readonly containers?: readonly (JsonObject & { readonly name: string; readonly image?: string })[];
    readonly terminationGracePeriodSeconds?: number;
  };
}

interface RollingUpdate {
  readonly maxUnavailable?: number | string;
  readonly maxSurge?: number | string;
  readonly partition?: number;
}

/** A Deployment, a StatefulSet or a DaemonSet. */
export interface WorkloadObject {
  readonly metadata: Meta;
  readonly spec: {
    readonly replicas?: number;
    readonly paused?: boolean;
    readonly selector: LabelSelector;
    readonly template: PodTemplate;
    readonly minReadySeconds?: number;
    readonly progressDeadlineSeconds?: number;
    /** Of a Deployment. */
    readonly strategy?: { readonly type?: string; readonly rollingUpdate?: RollingUpdate };
    /** Of the other two. */
    readonly updateStrategy?: { readonly type?: string; readonly rollingUpdate?: RollingUpdate };
    /** Of a StatefulSet: `OrderedReady` or `Parallel`. */
    readonly podManagementPolicy?: string;
  };
  readonly status?: {
    readonly observedGeneration?: number;
    readonly replicas?: number;
    readonly updatedReplicas?: number;
    readonly readyReplicas?: number;
    readonly availableReplicas?: number;
    readonly currentRevision?: string;
    readonly updateRevision?: string;
    readonly desiredNumberScheduled?: number;
    readonly currentNumberScheduled?: number;
    readonly updatedNumberScheduled?: number;
    readonly numberReady?: number;
    readonly numberAvailable?: number;
    readonly conditions?: readonly Condition[];
  };
}

export interface ReplicaSet {
  readonly metadata: Meta;
  readonly spec: { readonly replicas?: number; readonly template: PodTemplate };
}

export interface ControllerRevision {
  readonly metadata: Meta;
  readonly revision: number;
  readonly data?: { readonly spec?: { readonly template?: PodTemplate } };
}

interface Terminated {
  readonly exitCode: number;
  readonly signal?: number;
  readonly reason?: string;
  readonly message?: string;
  readonly startedAt?: string;
  readonly finishedAt?: string;
}

interface ContainerState {
  readonly waiting?: { readonly reason?: string; readonly message?: string };
  readonly running?: { readonly startedAt?: string };
  readonly terminated?: Terminated;
}

export interface ContainerStatus {
  readonly name: string;
  readonly ready?: boolean;
  readonly restartCount?: number;
  readonly state?: ContainerState;
  readonly lastState?: ContainerState;
}

export interface Pod {
  readonly metadata: Meta;
  readonly spec?: {
    readonly nodeName?: string;
    readonly containers?: readonly { readonly name: string; readonly image?: string }[];
    /** One that restarts always is a sidecar. */
    readonly initContainers?: readonly { readonly name: string; readonly restartPolicy?: string }[];
  };
  readonly status?: {
    readonly phase?: string;
    readonly reason?: string;
    readonly message?: string;
    readonly startTime?: string;
    readonly conditions?: readonly Condition[];
    readonly containerStatuses?: readonly ContainerStatus[];
    readonly initContainerStatuses?: readonly ContainerStatus[];
  };
}

const apps = 'apps/v1';
export const resources = {
  pods: { api: 'v1', plural: 'pods', shape: shapes.pod },
  events: { api: 'v1', plural: 'events', shape: shapes.event },
  replicaSets: { api: apps, plural: 'replicasets', shape: shapes.replicaSet },
  controllerRevisions: { api: apps, plural: 'controllerrevisions', shape: shapes.controllerRevision },
} as const satisfies Record<string, Resource>;

export const resourceOf: Record<Kind, Resource> = {
  deployment: { api: apps, plural: 'deployments', shape: shapes.workload },
  statefulset: { api: apps, plural: 'statefulsets', shape: shapes.workload },
  daemonset: { api: apps, plural: 'daemonsets', shape: shapes.workload },
};

/** As the API writes them, for owner references and events. */
export const kindName: Record<Kind, string> = {
  deployment: 'Deployment',
  statefulset: 'StatefulSet',
  daemonset: 'DaemonSet',
};

/** The UID of what keeps this object. */
export const controllerOf = (meta: Meta): string | undefined =>
  meta.ownerReferences?.find(({ controller }) => controller === true)?.uid;

/** A label selector as a list request takes it: `app=shop,tier in (a,b),!canary`. */
export const selectorText = ({ matchLabels = {}, matchExpressions = [] }: LabelSelector): string =>
  [
    ...Object.entries(matchLabels).map(([key, value]) => `${key}=${value}`),
    ...matchExpressions.map(({ key, operator, values = [] }) => {
      if (operator === 'Exists') return key;
      if (operator === 'DoesNotExist') return `!${key}`;
      return `${key} ${operator === 'In' ? 'in' : 'notin'} (${values.join(',')})`;
    }),
  ].join(',');
