import { shortText } from '../../../../words/short-text.ts';
import type { Kind } from '../config.ts';
import { type Condition, type PodTemplate, selectorText, type WorkloadObject } from './objects.ts';

/** One look at the object: what a verdict and a plan rest on, the same for the three kinds. */
export interface Snapshot {
  readonly kind: Kind;
  readonly name: string;
  readonly uid: string;
  readonly resourceVersion: string;
  readonly generation: number;
  /** The generation that the counts below are about; older counts mean nothing. 0: its controller has not seen it at all. */
  readonly observedGeneration: number;
  /** How many pods there should be. Of a DaemonSet: how many nodes want one, as of `observedGeneration`. */
  readonly replicas: number;
  /** How many pods there are, of any revision; Terminating ones do not count. */
  readonly present: number;
  readonly updated: number;
  readonly ready: number;
  readonly available: number;
  readonly template: PodTemplate;
  readonly strategy: 'RollingUpdate' | 'Recreate' | 'OnDelete';
  readonly maxUnavailable: number | string | undefined;
  readonly maxSurge: number | string | undefined;
  readonly paused: boolean;
  /** Of a StatefulSet: pods with a lower number keep the old revision. */
  readonly partition: number;
  /** As a list request takes it. Other workloads' pods may match it too: see `belongs`. */
  readonly selector: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly conditions: readonly Condition[];
  /** `deployment.kubernetes.io/revision`; undefined for the other kinds. */
  readonly revision: string | undefined;
  /** Of a StatefulSet: what the pods are rolled to. */
  readonly updateRevision: string | undefined;
  /** Undefined: the object names none, and its controller never gives up. */
  readonly progressDeadlineMs: number | undefined;
  readonly minReadySeconds: number;
  /** It is being deleted. */
  readonly deleting: boolean;
  readonly raw: WorkloadObject;
}

/** What `spec.progressDeadlineSeconds` says where there is to be no deadline. */
const noDeadline = 2_147_483_647;

const boundedCondition = (condition: Condition): Condition =>
  condition.message === undefined ? condition : { ...condition, message: shortText(condition.message) };

export const snapshotOf = (kind: Kind, raw: WorkloadObject): Snapshot => {
  const { metadata, spec, status = {} } = raw;
  const isDaemon = kind === 'daemonset';
  const { type, rollingUpdate = {} } = spec.strategy ?? spec.updateStrategy ?? {};
  const deadline = spec.progressDeadlineSeconds;
  return {
    kind,
    name: metadata.name,
    uid: metadata.uid,
    resourceVersion: metadata.resourceVersion,
    generation: metadata.generation ?? 0,
    observedGeneration: status.observedGeneration ?? 0,
    replicas: isDaemon ? (status.desiredNumberScheduled ?? 0) : (spec.replicas ?? 1),
    present: (isDaemon ? status.currentNumberScheduled : status.replicas) ?? 0,
    updated: (isDaemon ? status.updatedNumberScheduled : status.updatedReplicas) ?? 0,
    ready: (isDaemon ? status.numberReady : status.readyReplicas) ?? 0,
    available: (isDaemon ? status.numberAvailable : status.availableReplicas) ?? 0,
    template: spec.template,
    strategy: type === 'Recreate' || type === 'OnDelete' ? type : 'RollingUpdate',
    maxUnavailable: rollingUpdate.maxUnavailable,
    maxSurge: rollingUpdate.maxSurge,
    paused: spec.paused ?? false,
    partition: kind === 'statefulset' ? (rollingUpdate.partition ?? 0) : 0,
    selector: selectorText(spec.selector),
    labels: metadata.labels ?? {},
    annotations: metadata.annotations ?? {},
    conditions: (status.conditions ?? []).map(boundedCondition),
    revision: metadata.annotations?.['deployment.kubernetes.io/revision'],
    updateRevision: status.updateRevision,
    progressDeadlineMs: deadline === undefined || deadline >= noDeadline ? undefined : deadline * 1000,
    minReadySeconds: spec.minReadySeconds ?? 0,
    deleting: metadata.deletionTimestamp !== undefined,
    raw,
  };
};
