import type { Reads } from '../../engine/procedure/context.ts';
import type { Filled } from '../../engine/procedure/step.ts';
import type { Instance, WorkloadStatus } from '../../providers/workload/port.ts';
import type { Instances } from '../instances.ts';
import { goneSince, mayRun } from '../instances.ts';
import type { Has } from '../ports.ts';
import { readIfSeen } from '../read-if-seen.ts';

/** What a restart that did not end well has left. */
export const instancesLeft =
  (before: Filled<Instances>) =>
  async (context: Reads & { readonly ports: Has<'workload'>; readonly signal: AbortSignal }): Promise<string> => {
    const workload = await context.ports.workload();
    return inWords(readIfSeen(context, before), await workload.status({ signal: context.signal }));
  };

/**
 * "Instances now: 1 new (app-1), 1 down (app-2: HTTP 503), 1 old (app-3).". Where the look before only counted the instances,
 * those that started after it are new.
 */
const inWords = (before: Instances | undefined, now: WorkloadStatus): string => {
  const startedBefore = new Map(before?.instances.map(({ id, startedAt }) => [id, startedAt]));
  const since = before && startedBefore.size === 0 ? Date.parse(before.at) : undefined;
  const standing = (one: Instance): 'new' | 'down' | 'stopping' | 'old' | 'unknown' => {
    if (one.state === 'stopping') return 'stopping';
    if (!mayRun(one) || one.health === 'critical') return 'down';
    if (one.startedAt === undefined) return 'unknown';
    if (since !== undefined) return Date.parse(one.startedAt) < since ? 'old' : 'new';
    const then = startedBefore.get(one.id);
    if (then === undefined) return 'unknown';
    return one.startedAt === then ? 'old' : 'new';
  };
  const groups = (['new', 'down', 'stopping', 'old', 'unknown'] as const).map((word) => {
    const those = now.instances.filter((one) => standing(one) === word);
    return { word, names: those.map((one) => (word === 'down' ? `${one.id}: ${one.detail ?? one.state}` : one.id)) };
  });
  const words = [...groups, { word: 'not listed any more', names: goneSince(before, now) }].flatMap(({ word, names }) =>
    names.length === 0 ? [] : [`${names.length} ${word} (${names.join(', ')})`],
  );
  return `Instances now: ${words.join(', ')}.`;
};
