import type { AnyFinding, Verdict } from '../../../../engine/finding.ts';
import type { Call } from '../../port.ts';
import { diagnose } from '../rollout/diagnosis.ts';
import { presentRevision } from '../revisions/revisions.ts';
import { isOver } from '../objects/pods.ts';
import { judgeRollout, type Rollout } from '../rollout/rollout.ts';
import type { Service } from '../service.ts';
import { openTrouble, watchForTrouble } from '../rollout/trouble.ts';

const verdicts: Record<Rollout['state'], Verdict> = {
  complete: 'ok',
  'under way': 'warn',
  held: 'warn',
  failed: 'critical',
};

/** One look at the rollout; where it is not complete, at its pods too, and at what those say that do not come up. */
export const rolloutView = async (service: Service, call: Pick<Call, 'signal' | 'clock'>): Promise<AnyFinding> => {
  const snapshot = await service.read(call.signal);
  const { replicas, updated, ready, available, paused } = snapshot;
  const first = judgeRollout(snapshot);
  const data = { state: first.state, replicas, updated, ready, available, paused };
  if (first.state === 'complete') return { verdict: 'ok', summary: `rollout complete: ${first.what}`, data };
  const [revisions, pods] = await Promise.all([
    service.revisions(snapshot, call.signal),
    service.pods(snapshot, call.signal),
  ]);
  const hash = presentRevision(snapshot, revisions)?.hash;
  const rollout = judgeRollout(snapshot, { hash });
  const newPods = pods.filter((pod) => hash !== undefined && pod.hash === hash && !pod.terminating);
  const { fatal } = watchForTrouble({ restarts: 'all' })(
    snapshot,
    newPods.filter((pod) => !isOver(pod)),
    call.clock.monotonic(),
  );
  const troubles = rollout.state === 'failed' ? openTrouble(newPods) : fatal;
  const what = `rollout ${rollout.state}: ${rollout.what}`;
  if (troubles.length === 0 && rollout.state !== 'failed')
    return { verdict: verdicts[rollout.state], summary: what, data: { ...data, state: rollout.state } };
  const finding = await diagnose(service, what, troubles, call);
  return { ...finding, data: { ...data, state: rollout.state, ...finding.data } };
};
