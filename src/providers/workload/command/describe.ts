import type { Json } from '../../../engine/json.ts';
import { age } from '../shared/instances-table.ts';
import type { Seen } from './service.ts';

const upFor = (startedAt: string | undefined, now: Date): string | undefined =>
  startedAt === undefined ? undefined : age(now.getTime() - Date.parse(startedAt));

/** "app-2 (version 1.4.0, up 3 h, HTTP 503)". */
export const described = (instance: Seen, now: Date): string => {
  const up = isDown(instance) ? undefined : upFor(instance.startedAt, now);
  const facts = [
    instance.version === undefined ? undefined : `version ${instance.version}`,
    up === undefined ? undefined : `up ${up}`,
    instance.health === 'critical' ? (instance.detail ?? 'not healthy') : undefined,
  ].filter((fact) => fact !== undefined);
  return facts.length === 0 ? instance.id : `${instance.id} (${facts.join(', ')})`;
};

/** The platform says so. */
export const isStopped = (instance: Seen): boolean => instance.listedState === 'stopped';

/** Nothing of it is running, as far as can be seen: stopped, or where no state is listed, nothing listens. */
export const isDown = (instance: Seen): boolean =>
  isStopped(instance) || (instance.listedState === 'unknown' && instance.failure === 'refused');

/** The instances for programs. */
export const instancesData = (instances: readonly Seen[]): Json =>
  instances.map(({ id, state, health, detail, version, startedAt }) => ({
    id,
    state,
    health,
    detail: detail ?? null,
    version: version ?? null,
    startedAt: startedAt ?? null,
  }));

/** Equal as long as nothing changed but the time. */
export const instancesKey = (instances: readonly Seen[]): string => JSON.stringify(instancesData(instances));
