import type { Snapshot } from './snapshot.ts';
import { counted } from '../../../../words/counts.ts';

/** How many pods may be missing while the object rolls, by its own strategy. */
const mayBeMissing = (snapshot: Snapshot): number => {
  const { kind, replicas, strategy, maxUnavailable, maxSurge } = snapshot;
  if (strategy === 'Recreate') return replicas;
  // The defaults of the API: a quarter for a Deployment, one for the others.
  const fallback = kind === 'deployment' ? '25%' : 1;
  // A DaemonSet's share is rounded up: 75% of three nodes are all three.
  const missing = amount(maxUnavailable ?? fallback, replicas, kind === 'daemonset' ? Math.ceil : Math.floor);
  const surge = amount(maxSurge ?? (kind === 'deployment' ? '25%' : 0), replicas, Math.ceil);
  // Both 0 would never get anywhere: the controllers take one away then.
  return Math.min(replicas, surge === 0 ? Math.max(1, missing) : missing);
};

const amount = (value: number | string, of: number, round: (exact: number) => number): number =>
  typeof value === 'number' ? value : round((Number.parseFloat(value) / 100) * of);

/** What a rollout of this object means for those that it serves. */
export const blastRadiusOf = (snapshot: Snapshot): readonly string[] => {
  const { replicas, ready, strategy, partition } = snapshot;
  if (replicas === 0) return ['no instance is wanted now: nothing is restarted'];
  const missing = mayBeMissing(snapshot);
  const rolled = replicas - Math.min(partition, replicas);
  const what =
    rolled === replicas ? `all ${counted(replicas, 'instance')}` : `${rolled} of ${counted(replicas, 'instance')}`;
  const how =
    strategy === 'Recreate'
      ? 'stopped at once, then started: nothing is served meanwhile'
      : missing === 0
        ? 'replaced; none goes before its replacement serves'
        : `replaced, ${missing === 1 ? 'one' : missing} at a time`;
  return [
    `${what}, ${how}`,
    ...(rolled === replicas ? [] : [`the ${replicas - rolled} below the partition (${partition}) stay as they are`]),
    ...(ready < replicas ? [`${ready} of ${replicas} are ready now`] : []),
  ];
};

/** Reasons to be more careful with a rollout of this object. */
export const raisesOf = (snapshot: Snapshot): readonly string[] => {
  const { replicas, available, strategy } = snapshot;
  if (replicas === 0) return [];
  const missing = mayBeMissing(snapshot);
  if (strategy === 'Recreate') return [`all ${replicas} at once: the strategy is Recreate`];
  if (missing === 0) return [];
  if (replicas === 1) return ['it is the only instance, and it goes before its replacement is there'];
  if (missing >= replicas) return [`all ${replicas} at once: maxUnavailable allows it`];
  return available - missing <= 0 ? ['no instance that serves would be left'] : [];
};
