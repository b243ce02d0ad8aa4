import type { Condition } from '../objects/objects.ts';
import type { Snapshot } from '../objects/snapshot.ts';

/**
 * How far a rollout is.
 *
 * - `complete`: everything runs the present template and serves
 * - `under way`: `what` says what is waited for, `moved` changes with every step forward
 * - `failed`: its controller has given up
 * - `held`: it will not go on by itself
 */
export type Rollout =
  | { readonly state: 'complete'; readonly what: string }
  | { readonly state: 'under way'; readonly what: string; readonly moved: string }
  | { readonly state: 'failed'; readonly what: string }
  | { readonly state: 'held'; readonly what: string };

/** What tells the controller's word about this rollout from one about an earlier one. */
export interface RolloutContext {
  /** Of the ReplicaSet that has the present template, where it is known. */
  readonly hash?: string | undefined;
  /** `lastUpdateTime` of a deadline that had been exceeded before the change that is followed. */
  readonly exceededBefore?: string | undefined;
}

/**
 * The verdict on one look at the object; the rules are those of `kubectl rollout status`, for the three kinds. Counts that were
 * made for an older generation mean nothing. A deadline that an earlier rollout has exceeded stays in the conditions after an
 * undo, with the present `observedGeneration`, until its controller sees progress: it does not count.
 */
export const judgeRollout = (snapshot: Snapshot, context: RolloutContext = {}): Rollout => {
  if (snapshot.strategy === 'OnDelete') return { state: 'held', what: onDelete };
  const judged = judge[snapshot.kind](snapshot, context);
  return snapshot.paused && judged.state !== 'complete' ? { state: 'held', what: `paused: ${judged.what}` } : judged;
};

/** Why a rollout of an OnDelete object is never waited for. */
export const onDelete = 'its update strategy is OnDelete: a pod is only replaced when somebody deletes it';

const unobserved: Rollout = { state: 'under way', what: 'the change is not seen by its controller yet', moved: '' };

const isObserved = ({ generation, observedGeneration }: Snapshot): boolean =>
  observedGeneration > 0 && observedGeneration >= generation;

const underWay = (snapshot: Snapshot, what: string): Rollout => ({
  state: 'under way',
  what,
  moved: [snapshot.present, snapshot.updated, snapshot.ready, snapshot.available].join(' '),
});

const deployment = (snapshot: Snapshot, context: RolloutContext): Rollout => {
  const { replicas, present, updated, available } = snapshot;
  if (!isObserved(snapshot)) return unobserved;
  const deadline = exceededDeadline(snapshot, context);
  if (deadline) return { state: 'failed', what: deadline.message ?? 'the progress deadline is exceeded' };
  if (updated < replicas) return underWay(snapshot, `${updated} of ${replicas} new pods are made`);
  const old = present - updated;
  if (old > 0) return underWay(snapshot, `${old} old ${old === 1 ? 'pod is' : 'pods are'} still there`);
  if (available < updated) return underWay(snapshot, `${available} of ${updated} new pods are available`);
  return { state: 'complete', what: `${available} of ${replicas} pods are new and available` };
};

/** The condition that says that this rollout, and no earlier one, takes too long. */
const exceededDeadline = (snapshot: Snapshot, context: RolloutContext): Condition | undefined => {
  if (!isObserved(snapshot)) return undefined;
  const condition = snapshot.conditions.find(({ type }) => type === 'Progressing');
  if (condition?.reason !== 'ProgressDeadlineExceeded') return undefined;
  if (context.exceededBefore !== undefined && condition.lastUpdateTime === context.exceededBefore) return undefined;
  const named = /ReplicaSet "([^"]+)"/.exec(condition.message ?? '')?.[1];
  const present = context.hash === undefined ? undefined : `${snapshot.name}-${context.hash}`;
  return named !== undefined && present !== undefined && named !== present ? undefined : condition;
};

/** Of a deadline that is exceeded already, however long ago; undefined where none is. */
export const exceededAt = ({ conditions }: Snapshot): string | undefined =>
  conditions.find(({ type, reason }) => type === 'Progressing' && reason === 'ProgressDeadlineExceeded')
    ?.lastUpdateTime;

const statefulSet = (snapshot: Snapshot): Rollout => {
  const { replicas, partition, updated, ready, available, minReadySeconds } = snapshot;
  if (!isObserved(snapshot)) return unobserved;
  const wanted = Math.max(0, replicas - partition);
  if (ready < replicas)
    return underWay(snapshot, `${ready} of ${replicas} pods are ready, ${updated} of ${wanted} new`);
  if (updated < wanted) return underWay(snapshot, `${updated} of ${wanted} pods are new`);
  if (minReadySeconds > 0 && available < replicas)
    return underWay(snapshot, `${available} of ${replicas} pods are available`);
  const kept = partition > 0 ? `; ${Math.min(partition, replicas)} below the partition keep the old template` : '';
  return { state: 'complete', what: `${wanted} of ${replicas} pods are new, all are ready${kept}` };
};

const daemonSet = (snapshot: Snapshot): Rollout => {
  const { replicas, updated, available } = snapshot;
  if (!isObserved(snapshot)) return unobserved;
  if (updated < replicas) return underWay(snapshot, `${updated} of ${replicas} nodes have a new pod`);
  if (available < replicas) return underWay(snapshot, `${available} of ${replicas} new pods are available`);
  return { state: 'complete', what: `${available} of ${replicas} pods are new and available` };
};

const judge = { deployment, statefulset: statefulSet, daemonset: daemonSet };
