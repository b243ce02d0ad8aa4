import type { AnyFinding, Finding } from '../../../../engine/finding.ts';
import { age } from '../../shared/instances-table.ts';
import type { Call } from '../../port.ts';
import { graceMs, lateCount } from '../count/count-verdict.ts';
import { createdAgain } from '../objects/describe.ts';
import { diagnose } from '../rollout/diagnosis.ts';
import { noteOf } from './emergency-note.ts';
import type { EmergencyData } from './emergency-plan.ts';
import { heldTitle, isHeld } from '../count/hold.ts';
import type { PodView } from '../objects/pods.ts';
import type { Service } from '../service.ts';
import { shortUid } from '../objects/short-uid.ts';
import type { Snapshot } from '../objects/snapshot.ts';
import { watchForTrouble } from '../rollout/trouble.ts';
import { watchWorkload } from '../rollout/watching.ts';
import { listing } from '../../../../words/listing.ts';
import { counted } from '../../../../words/counts.ts';

/** Is everything stopped, started and given back? The note on the object is taken away last: while it is there, it is not. */
export const verifyStarted = (service: Service, data: EmergencyData, call: Call): Promise<AnyFinding> => {
  const lookForTrouble = watchForTrouble();
  let released = data.autoscaler === null;
  return watchWorkload(service, call, {
    from: 'last step',
    forMs: (snapshot) => service.config.readyTimeoutMs + graceMs(snapshot),
    judge: async ({ snapshot, pods }) => {
      if (!snapshot) return undefined;
      const { fresh, running, hanging } = split(pods, data);
      const undone = notDone(service, snapshot, running, data);
      if (undone) return { verdict: 'critical', summary: undone };
      if (data.autoscaler && !released) {
        if (await isHeld(service, data.autoscaler, call.signal))
          return { verdict: 'critical', summary: `started again, but ${heldTitle(data.autoscaler)} is still held` };
        released = true;
      }
      const { fatal } = lookForTrouble(snapshot, fresh, call.clock.monotonic());
      const ready = fresh.filter((pod) => pod.ready);
      if (fatal.length > 0)
        return diagnose(service, `${ready.length} of ${counted(snapshot.replicas, 'instance')} ready`, fatal, call);
      if (snapshot.observedGeneration < snapshot.generation || fresh.length !== snapshot.replicas) return undefined;
      return ready.length < fresh.length ? undefined : allBack(snapshot.replicas, data.to, hanging);
    },
    late: (look) => lateCount({ to: look.snapshot?.replicas ?? data.to, unready: new Set() }, look, age(look.waitedMs)),
  });
};

const split = (pods: readonly PodView[], { old }: EmergencyData) => ({
  fresh: pods.filter(({ uid, terminating }) => !terminating && !old.includes(shortUid(uid))),
  running: pods.filter(({ uid, terminating }) => !terminating && old.includes(shortUid(uid))),
  hanging: pods.filter(({ terminating }) => terminating),
});

const notDone = (
  service: Service,
  snapshot: Snapshot,
  running: readonly PodView[],
  { uid, to, autoscaler }: EmergencyData,
): string | undefined => {
  if (snapshot.uid !== uid) return createdAgain(service);
  if (snapshot.replicas === 0) return `stopped and not started again: the count is 0, not ${to}`;
  if (running.length > 0)
    return `not restarted: ${listing(running.map(({ name }) => name))} still ${running.length === 1 ? 'runs' : 'run'} as before`;
  if (!noteOf(snapshot)) return undefined;
  return autoscaler
    ? `started again, but not everything is given back: see to ${heldTitle(autoscaler)}`
    : 'started again, but the session was cut off before it had finished';
};

/** A pod that hangs serves nobody and is in nobody's way: it is told, and no failure. */
const allBack = (replicas: number, to: number, hanging: readonly PodView[]): Finding => ({
  verdict: 'ok',
  summary: [
    `all ${counted(replicas, 'instance')} stopped, started and ready`,
    ...(replicas === to ? [] : [`something else changed the count: there were ${to}`]),
    ...(hanging.length === 0 ? [] : [`${listing(hanging.map(({ name }) => name))} still hangs in Terminating`]),
  ].join('; '),
});
