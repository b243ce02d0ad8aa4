import type { Clock } from '../engine/clock.ts';
import { worst } from '../engine/finding.ts';
import type { Finding } from '../engine/finding.ts';
import type { JsonObject } from '../engine/json.ts';
import { instancesTable } from '../providers/workload/instances-table.ts';
import type { Instance, Workload, WorkloadStatus } from '../providers/workload/port.ts';

interface Looking {
  readonly workload: Workload;
  readonly signal: AbortSignal;
  readonly clock: Clock;
}

/** Looks at the instances: the check that most procedures begin and end with. */
export const lookAtInstances = async ({ workload, signal, clock }: Looking): Promise<Finding> =>
  instancesFinding(await workload.status({ signal }), clock.now());

/** The same with the fewest reads, where how many are healthy is all that matters. */
export const countInstances = async ({ workload, signal, clock }: Looking): Promise<Finding> =>
  instancesFinding(await workload.status({ signal }, 'brief'), clock.now());

/**
 * The instances of a workload as a finding: critical where one is unhealthy or missing or none is there at all, unknown where
 * health cannot be seen. A brief look may only have counted them.
 */
export const instancesFinding = (status: WorkloadStatus, now: Date): Finding => {
  if (status.healthy !== undefined && status.instances.length === 0) return countedFinding(status, status.healthy, now);
  const missing = Math.max(0, status.desired - status.instances.filter(mayRun).length);
  const none = status.instances.length === 0;
  const verdict = missing > 0 || none ? 'critical' : worst(status.instances.filter(stays).map((one) => one.health));
  return {
    verdict,
    summary: none ? `no instance is listed, ${status.desired} wanted` : sentence(status, missing),
    evidence: instancesTable(status.instances, now),
    data: { ...dataOf(status, now), instances: status.instances.map((one): JsonObject => ({ ...one })) },
  };
};

const countedFinding = (status: WorkloadStatus, healthy: number, now: Date): Finding => ({
  verdict: healthy < status.desired || status.desired === 0 ? 'critical' : 'ok',
  summary: `${healthy} of ${status.desired} instances healthy`,
  data: { ...dataOf(status, now), healthy, instances: [] },
});

const dataOf = ({ desired, note }: WorkloadStatus, now: Date) => ({
  at: now.toISOString(),
  desired,
  ...(note === undefined ? {} : { note }),
});

/** A platform that lists names alone has not said that they are down. */
const mayRun = ({ state }: Instance): boolean => state === 'running' || state === 'unknown';

/** What is on its way out is not counted as healthy, nor held against the others. */
const stays = ({ state }: Instance): boolean => state !== 'stopping';

const sentence = ({ desired, instances }: WorkloadStatus, missing: number): string => {
  const staying = instances.filter(stays);
  const count = (health: Instance['health']) => staying.filter((one) => one.health === health).length;
  const healthy = count('ok');
  const parts = [
    healthy > desired
      ? `${healthy} instances healthy, ${desired} wanted`
      : `${healthy} of ${desired} instances healthy`,
  ];
  if (missing > 0) parts.push(`${missing} not running`);
  if (count('critical') > 0) parts.push(named(staying, 'critical'));
  if (count('unknown') > 0) parts.push(`cannot see the health of ${count('unknown')}`);
  return parts.join(', ');
};

const named = (instances: readonly Instance[], health: Instance['health']): string =>
  instances
    .filter((one) => one.health === health)
    .map((one) => `${one.id} is ${one.state}${one.detail === undefined ? '' : ` (${one.detail})`}`)
    .join(', ');

/**
 * "1 new (app-1), 1 down (app-2: HTTP 503), 1 old (app-3)": what a restart that did not end well has left. Where the look
 * before only counted the instances, those that started after it are new.
 */
export const instancesLeft = (before: Finding | undefined, now: WorkloadStatus): string => {
  const startedBefore = startTimes(before);
  const since = startedBefore.size === 0 ? momentOf(before) : undefined;
  const standing = (one: Instance): 'new' | 'down' | 'stopping' | 'old' | 'unknown' => {
    if (one.state === 'stopping') return 'stopping';
    if (!mayRun(one) || one.health === 'critical') return 'down';
    if (one.startedAt === undefined) return 'unknown';
    if (since !== undefined) return Date.parse(one.startedAt) < since ? 'old' : 'new';
    const then = startedBefore.get(one.id);
    if (then === undefined) return 'unknown';
    return one.startedAt === then ? 'old' : 'new';
  };
  const words = (['new', 'down', 'stopping', 'old', 'unknown'] as const).flatMap((word) => {
    const those = now.instances.filter((one) => standing(one) === word);
    const names = those.map((one) => (word === 'down' ? `${one.id}: ${one.detail ?? one.state}` : one.id));
    return those.length === 0 ? [] : [`${those.length} ${word} (${names.join(', ')})`];
  });
  return `Instances now: ${words.join(', ')}.`;
};

const momentOf = (finding: Finding | undefined): number | undefined => {
  const data = finding?.data as { readonly at: string } | undefined;
  return data && Date.parse(data.at);
};

/** The instances that a look has listed. */
export const instancesIn = (finding: Finding | undefined): readonly Pick<Instance, 'id' | 'startedAt'>[] => {
  const data = finding?.data as { readonly instances: readonly Pick<Instance, 'id' | 'startedAt'>[] } | undefined;
  return data?.instances ?? [];
};

const startTimes = (finding: Finding | undefined): ReadonlyMap<string, string> =>
  new Map(instancesIn(finding).flatMap((one) => (one.startedAt === undefined ? [] : [[one.id, one.startedAt]])));
