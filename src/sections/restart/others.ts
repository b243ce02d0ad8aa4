import * as z from 'zod/mini';
import type { Finding } from '../../engine/finding.ts';
import { instancesTable } from '../../providers/workload/shared/instances-table.ts';
import type { RestartUnit, WorkloadStatus } from '../../providers/workload/port.ts';
import type { Instances } from '../instances.ts';
import { mayRun, stateOf } from '../instances.ts';

/** What a rolling restart takes in one go. */
export const Unit = z.object({
  id: z.string(),
  /** None where the platform rolls by itself. */
  instances: z.array(z.string()),
  /** The instances that are restarted before this unit and were not seen healthy before: they serve by then, and count. */
  renewed: z.array(z.string()),
});
export type Unit = z.output<typeof Unit>;

export const inOrder = (units: readonly RestartUnit[], before: Instances | undefined): readonly Unit[] => {
  const healthy = healthyIn(before);
  const renewed: string[] = [];
  return units.map(({ id, instances }) => {
    const unit = { id, instances: [...instances], renewed: [...renewed] };
    renewed.push(...instances.filter((one) => !healthy.has(one)));
    return unit;
  });
};

/**
 * Whether all others serve, as the confirmed plan has promised: those that were healthy before the rollout, and those that it has
 * restarted. Critical names those that do not. Where nothing was seen before the rollout, those that it has restarted are all that was
 * promised.
 */
export const othersServe = (unit: Unit, before: Instances | undefined, now: WorkloadStatus, at: Date): Finding => {
  const healthyBefore = healthyIn(before);
  const others = [...new Set([...healthyBefore, ...unit.renewed])].filter((id) => !unit.instances.includes(id));
  const asManyAsWanted = now.desiredIs !== 'listed' && now.instances.filter(mayRun).length >= now.desired;
  const problems = others.flatMap((id) => {
    const one = now.instances.find((each) => each.id === id);
    if (!one) return asManyAsWanted ? [] : [`${id} is not listed any more`];
    if (one.state === 'stopped' || one.state === 'stopping' || one.health === 'critical') return [stateOf(one)];
    return one.health === 'unknown' && healthyBefore.has(id) ? [`cannot see the health of ${id}`] : [];
  });
  if (problems.length === 0) return { verdict: 'ok', summary: `${others.length} other instances serve` };
  return {
    verdict: 'critical',
    summary: `${others.length - problems.length} of ${others.length} other instances serve: ${problems.join(', ')}`,
    evidence: instancesTable(now.instances, at),
  };
};

const healthyIn = (before: Instances | undefined): ReadonlySet<string> =>
  new Set(before?.instances.flatMap(({ id, health }) => (health === 'ok' ? [id] : [])));
