import { shortText } from '../../../../words/short-text.ts';
import type { Kind, KubernetesWorkloadConfig } from '../config.ts';
import { type ContainerStatus, controllerOf, type Pod } from './objects.ts';
import type { Instance } from '../../port.ts';

/** What is kept of a pod. */
export interface PodView {
  readonly uid: string;
  readonly name: string;
  /** `pod-template-hash`, or `controller-revision-hash`: which revision it belongs to. */
  readonly hash: string | undefined;
  /** The ReplicaSet, StatefulSet or DaemonSet that keeps it. */
  readonly ownerUid: string | undefined;
  /** Pending, Running, Succeeded, Failed, Unknown. */
  readonly phase: string;
  readonly ready: boolean;
  /** It was told to stop and is still there. */
  readonly terminating: boolean;
  readonly createdAt: string;
  /** Of the configured container's present run; else of the pod. */
  readonly startedAt: string | undefined;
  /** Of all its containers. */
  readonly restarts: number;
  readonly version: string | undefined;
  readonly node: string | undefined;
  /** Why the pod as a whole is not running: Evicted, NodeLost. */
  readonly reason: string | undefined;
  /** What the scheduler says where it finds no node for it, and since when. */
  readonly unschedulable: { readonly message: string; readonly since: string | undefined } | undefined;
  readonly containers: readonly ContainerView[];
}

export interface ContainerView {
  readonly name: string;
  readonly init: boolean;
  readonly ready: boolean;
  readonly restarts: number;
  readonly state: 'waiting' | 'running' | 'terminated';
  /** CrashLoopBackOff, ImagePullBackOff, OOMKilled, Error. */
  readonly reason: string | undefined;
  readonly message: string | undefined;
  /** Of the present state, where it is `terminated`. */
  readonly exitCode: number | undefined;
  readonly startedAt: string | undefined;
  /** How the run before ended. */
  readonly last:
    | { readonly reason: string | undefined; readonly exitCode: number; readonly finishedAt?: string }
    | undefined;
}

const hashLabel: Record<Kind, string> = {
  deployment: 'pod-template-hash',
  statefulset: 'controller-revision-hash',
  daemonset: 'controller-revision-hash',
};

export const podView = ({ metadata, spec, status = {} }: Pod, config: KubernetesWorkloadConfig): PodView => {
  const containers = [
    ...(status.initContainerStatuses ?? []).map((one) => containerView(one, true)),
    ...(status.containerStatuses ?? []).map((one) => containerView(one, false)),
  ];
  const main = config.container ?? metadata.annotations?.['kubectl.kubernetes.io/default-container'];
  const image = (spec?.containers?.find(({ name }) => name === main) ?? spec?.containers?.[0])?.image;
  const own = containers.filter(({ init }) => !init);
  const scheduled = status.conditions?.find(({ type }) => type === 'PodScheduled');
  return {
    uid: metadata.uid,
    name: metadata.name,
    hash: metadata.labels?.[hashLabel[config.kind]],
    ownerUid: controllerOf(metadata),
    phase: status.phase ?? 'Unknown',
    ready: status.conditions?.some(({ type, status: is }) => type === 'Ready' && is === 'True') ?? false,
    terminating: metadata.deletionTimestamp !== undefined,
    createdAt: metadata.creationTimestamp,
    startedAt: (own.find(({ name }) => name === main) ?? own[0])?.startedAt ?? status.startTime,
    restarts: containers.reduce((sum, { restarts }) => sum + restarts, 0),
    version: image === undefined ? undefined : versionOf(image),
    node: spec?.nodeName,
    reason: status.reason,
    unschedulable:
      scheduled?.status === 'False'
        ? {
            message: shortText(scheduled.message ?? scheduled.reason ?? 'no node'),
            since: scheduled.lastTransitionTime,
          }
        : undefined,
    containers,
  };
};

const containerView = (
  { name, ready = false, restartCount = 0, state = {}, lastState }: ContainerStatus,
  init: boolean,
): ContainerView => {
  const now = state.terminated ?? state.waiting;
  const before = lastState?.terminated;
  return {
    name,
    init,
    ready,
    restarts: restartCount,
    state: state.running ? 'running' : state.terminated ? 'terminated' : 'waiting',
    reason: now?.reason,
    message: now?.message === undefined ? undefined : shortText(now.message),
    exitCode: state.terminated?.exitCode,
    startedAt: state.running?.startedAt ?? state.terminated?.startedAt,
    last:
      before === undefined
        ? undefined
        : {
            reason: before.reason,
            exitCode: before.exitCode,
            ...(before.finishedAt === undefined ? {} : { finishedAt: before.finishedAt }),
          },
  };
};

/** The tag of an image, else the beginning of its digest: what people call the version. */
export const versionOf = (image: string): string => {
  const [name = '', digest] = image.split('@');
  const tag = /:([^/:]+)$/.exec(name)?.[1];
  if (tag !== undefined) return tag;
  return digest === undefined ? 'latest' : digest.slice(0, 'sha256:'.length + 12);
};

/** Why a pod does not serve, in the platform's own word: "CrashLoopBackOff", "not ready". Undefined where it does. */
export const troubleOf = (pod: PodView): string | undefined => {
  if (pod.terminating) return 'terminating';
  if (pod.ready) return undefined;
  if (pod.unschedulable) return 'Unschedulable';
  if (pod.phase === 'Failed' || pod.phase === 'Succeeded') return pod.reason ?? pod.phase.toLowerCase();
  const stuck = pod.containers.find(
    ({ state, reason, init }) => state !== 'running' && reason && !(init && reason === 'Completed'),
  );
  return stuck?.reason ?? (pod.phase === 'Pending' ? 'pending' : notReady(pod));
};

/** Between two crashes a container runs: how the run before ended tells it from one that is only slow. */
const notReady = ({ containers }: PodView): string => {
  const last = containers.find(({ ready, init, last: ended }) => !ready && !init && ended)?.last;
  return last === undefined ? 'not ready' : `not ready, exit code ${last.exitCode} before`;
};

/**
 * It has ended and stays on the list: evicted because its node ran short, or its node was shut down. Its controller counts it no
 * more and has made another in its place.
 */
export const isOver = ({ phase, terminating }: PodView): boolean =>
  !terminating && (phase === 'Failed' || phase === 'Succeeded');

/** Those that are there; in the places of those that are missing, what has ended: it says why. */
export const inTheirPlaces = (pods: readonly PodView[], wanted: number): readonly PodView[] => {
  const missing = Math.max(0, wanted - pods.filter((pod) => !isOver(pod)).length);
  const ended = pods.filter(isOver).toSorted((a, b) => b.createdAt.localeCompare(a.createdAt));
  const shown = new Set(ended.slice(0, missing));
  return pods.filter((pod) => !isOver(pod) || shown.has(pod));
};

/** A pod as every view of a workload shows it. */
export const instanceOf = (pod: PodView): Instance => {
  const trouble = troubleOf(pod);
  return {
    id: pod.name,
    state: stateOf(pod),
    // One that was told to stop is no trouble, whatever it answers meanwhile.
    health: trouble === undefined || pod.terminating ? 'ok' : 'critical',
    ...(trouble === undefined ? {} : { detail: trouble }),
    ...(pod.version === undefined ? {} : { version: pod.version }),
    ...(pod.startedAt === undefined ? {} : { startedAt: pod.startedAt }),
    restarts: pod.restarts,
  };
};

const stateOf = ({ terminating, phase, containers }: PodView): Instance['state'] => {
  if (terminating) return 'stopping';
  if (phase === 'Succeeded' || phase === 'Failed') return 'stopped';
  if (phase === 'Pending') return 'starting';
  if (phase !== 'Running') return 'unknown';
  return containers.some(({ init, state }) => !init && state !== 'running') ? 'starting' : 'running';
};
