import type { ContainerView, PodView } from '../objects/pods.ts';
import type { Snapshot } from '../objects/snapshot.ts';

/** What is wrong with one new pod. */
export interface Trouble {
  readonly pod: string;
  /** Undefined where it is about the pod as a whole. */
  readonly container: string | undefined;
  /** The platform's word: CrashLoopBackOff, OOMKilled, ImagePullBackOff, Unschedulable, FailedCreate. */
  readonly reason: string;
  readonly message: string | undefined;
  readonly exitCode: number | undefined;
  readonly restarts: number;
}

/** One look for trouble. */
export interface Look {
  /** Decides: the rollout will not get through. Empty: nothing decides yet. */
  readonly fatal: readonly Trouble[];
  /** Worth telling, and may still go away. */
  readonly doubtful: readonly Trouble[];
  /** When to look again although nothing has changed: something may have lasted long enough by then. */
  readonly againInMs: number | undefined;
}

export interface TroubleOptions {
  /** Who follows a change judges what comes after it; who looks once, all that there was. */
  readonly restarts?: 'since the first look' | 'all';
}

/** A container that ended is left so long before it counts: the kubelet starts it again at once the first time. */
const endedForMs = 3000;
/** A pod that finds no node is told of after so long, and only the deadline decides: a cluster autoscaler may be bringing one. */
const unscheduledForMs = 5000;
/** Pods that cannot be made (quota, admission) decide after so long without a step forward: an old pod that goes may make room. */
export const notMadeForMs = 10_000;

/** Nothing but a change of the configuration mends these. */
const hopeless: ReadonlySet<string> = new Set([
  'CreateContainerConfigError',
  'ErrImageNeverPull',
  'ImagePullBackOff',
  'InvalidImageName',
]);
/** The registry has answered, and asking again gets the same answer. */
const refusedByRegistry = /not found|manifest unknown|denied|unauthorized|no basic auth|does not exist/i;

/**
 * Looks for trouble in the pods of the new template, look after look. One crash decides nothing: many programs end once when
 * a neighbour is not there yet. These decide:
 *
 * - the platform says CrashLoopBackOff: at least two crashes, and it waits before the next start
 * - the second crash of a container that is not ready, counted from the first look at it
 * - the first crash of two new pods while no new pod is ready
 * - a container that ended and is not started again within 3 s
 * - an image that cannot be had, a container that cannot be made from its configuration
 * - pods that cannot be made at all (quota, admission), with no step forward for 10 s
 */
export const watchForTrouble = ({ restarts: judged = 'since the first look' }: TroubleOptions = {}) => {
  const restartsBefore = new Map<string, number>();
  const since = new Map<string, number>();
  let first = true;
  let moved = '';

  /** How long this has been so, in milliseconds; `holds` false forgets it. */
  const lasting = (key: string, holds: boolean, at: number): number | undefined => {
    if (!holds) {
      since.delete(key);
      return undefined;
    }
    const began = since.get(key) ?? at;
    since.set(key, began);
    return at - began;
  };

  /** `pods`: those of the new template. `at`: milliseconds on a clock that never jumps. */
  return (snapshot: Snapshot, pods: readonly PodView[], at: number): Look => {
    const fatal: Trouble[] = [];
    const doubtful: Trouble[] = [];
    const once: Trouble[] = [];
    let againInMs: number | undefined;
    /** Decided after `forMs`; until then a look is due when that is over. */
    const after = (key: string, holds: boolean, forMs: number): boolean => {
      const ms = lasting(key, holds, at);
      if (ms === undefined) return false;
      if (ms >= forMs) return true;
      againInMs = Math.min(againInMs ?? Number.POSITIVE_INFINITY, forMs - ms);
      return false;
    };

    for (const pod of pods) {
      const trouble = (container: ContainerView): Trouble => troubleIn(pod, container);
      for (const container of pod.containers) {
        const key = `${pod.uid} ${container.name}`;
        if (!restartsBefore.has(key))
          restartsBefore.set(key, first && judged === 'since the first look' ? container.restarts : 0);
        const crashes = container.restarts - (restartsBefore.get(key) ?? 0);
        const ended = container.state === 'terminated' && !(container.init && container.exitCode === 0);
        const lingers = after(`${key} ended`, ended && !pod.terminating, endedForMs);
        if (
          container.reason === 'CrashLoopBackOff' ||
          hopeless.has(container.reason ?? '') ||
          (container.reason === 'ErrImagePull' && refusedByRegistry.test(container.message ?? '')) ||
          (crashes + (ended ? 1 : 0) >= 2 && !container.ready) ||
          lingers
        )
          fatal.push(trouble(container));
        else if ((crashes > 0 || ended) && !container.ready) once.push(trouble(container));
        else if (container.reason === 'ErrImagePull' || container.reason === 'CreateContainerError')
          doubtful.push(trouble(container));
      }
      if (after(`${pod.uid} unscheduled`, pod.unschedulable !== undefined, unscheduledForMs))
        doubtful.push({ ...ofPod(pod), reason: 'Unschedulable', message: pod.unschedulable?.message });
    }
    if (new Set(once.map(({ pod }) => pod)).size >= 2 && !pods.some(({ ready }) => ready)) fatal.push(...once);
    else doubtful.push(...once);

    const now = `${snapshot.generation} ${snapshot.present} ${snapshot.updated} ${snapshot.available}`;
    if (now !== moved) since.delete('not made');
    moved = now;
    const refused = notMade(snapshot);
    if (after('not made', refused !== undefined, notMadeForMs) && refused) fatal.push(refused);
    first = false;
    return { fatal, doubtful, againInMs };
  };
};

/** What stands in the way of a new pod at the end of a wait, crash or not. */
export const openTrouble = (pods: readonly PodView[]): readonly Trouble[] =>
  pods
    .filter(({ ready, terminating }) => !ready && !terminating)
    .map((pod) => {
      const container = pod.containers.find(({ ready, init, exitCode }) => !ready && !(init && exitCode === 0));
      if (pod.unschedulable) return { ...ofPod(pod), reason: 'Unschedulable', message: pod.unschedulable.message };
      return container ? troubleIn(pod, container) : { ...ofPod(pod), reason: pod.reason ?? 'not ready' };
    });

const ofPod = (pod: PodView): Trouble => ({
  pod: pod.name,
  container: undefined,
  reason: 'not ready',
  message: undefined,
  exitCode: undefined,
  restarts: pod.restarts,
});

const troubleIn = (pod: PodView, container: ContainerView): Trouble => {
  const exitCode = container.exitCode ?? container.last?.exitCode;
  // That it waits is less telling than why it has to.
  const killed = container.last?.reason === 'OOMKilled' ? 'OOMKilled' : undefined;
  return {
    pod: pod.name,
    container: container.name,
    reason:
      killed ?? container.reason ?? container.last?.reason ?? (container.state === 'running' ? 'not ready' : 'Error'),
    message: container.message,
    exitCode,
    restarts: container.restarts,
  };
};

/** The controller cannot make pods at all. Only a Deployment says so itself. */
const notMade = ({ conditions, name }: Snapshot): Trouble | undefined => {
  const condition = conditions.find(({ type, status }) => type === 'ReplicaFailure' && status === 'True');
  return (
    condition && {
      pod: name,
      container: undefined,
      reason: condition.reason ?? 'FailedCreate',
      message: condition.message,
      exitCode: undefined,
      restarts: 0,
    }
  );
};
