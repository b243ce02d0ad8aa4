import type { Call, WorkloadStatus } from '../../port.ts';
import { inTheirPlaces, instanceOf } from '../objects/pods.ts';
import { judgeRollout } from '../rollout/rollout.ts';
import type { Service } from '../service.ts';

/** `brief` reads the object alone: it counts its pods. */
export const statusOf = async (
  service: Service,
  { signal }: Pick<Call, 'signal'>,
  depth: 'brief' | 'full',
): Promise<WorkloadStatus> => {
  const snapshot = await service.read(signal);
  const rollout = judgeRollout(snapshot);
  const note = rollout.state === 'complete' ? {} : { note: `rollout ${rollout.state}: ${rollout.what}` };
  const common = { target: service.target, desired: snapshot.replicas, ...note };
  if (depth === 'brief') return { ...common, healthy: Math.min(snapshot.ready, snapshot.replicas), instances: [] };
  const pods = inTheirPlaces(await service.pods(snapshot, signal), snapshot.replicas);
  return { ...common, instances: pods.map(instanceOf) };
};
