import type { Call } from '../../port.ts';
import { diagnose, type Judgement } from '../rollout/diagnosis.ts';
import { type PodView, troubleOf } from '../objects/pods.ts';
import type { Service } from '../service.ts';
import type { Snapshot } from '../objects/snapshot.ts';
import { watchForTrouble } from '../rollout/trouble.ts';
import type { Look } from '../rollout/watching.ts';
import { listing } from '../../../../words/listing.ts';
import { counted } from '../../../../words/counts.ts';

export interface WantedCount {
  readonly to: number;
  /** Names of pods whose trouble is not this change's. */
  readonly unready: ReadonlySet<string>;
}

const marginMs = 5000;

/** How long a pod of it may take to stop, with a margin for what the platform does around that. */
export const graceMs = ({ template }: Snapshot): number =>
  (template.spec.terminationGracePeriodSeconds ?? 30) * 1000 + marginMs;

/**
 * Judges look after look: are there as many ready pods as there should be, and no others, Terminating ones included? Undefined: not yet.
 * A pod that will not come up by itself ends the wait with the reason. `to` is another count where something else may set it.
 */
export const judgeCount = (
  service: Service,
  { to: wanted, unready }: WantedCount,
  call: Pick<Call, 'signal' | 'clock'>,
): ((look: Look, to?: number) => Promise<Judgement | undefined>) => {
  const lookForTrouble = watchForTrouble();
  return async ({ snapshot, pods }, to = wanted) => {
    if (!snapshot) return undefined;
    const kept = pods.filter(({ terminating }) => !terminating);
    const ours = kept.filter(({ name }) => !unready.has(name));
    const { fatal } = lookForTrouble(snapshot, ours, call.clock.monotonic());
    const ready = kept.filter((pod) => pod.ready);
    if (fatal.length > 0) return diagnose(service, `${ready.length} of ${counted(to, 'instance')} ready`, fatal, call);
    // Older counts mean nothing: the controller has not seen the new number yet.
    if (snapshot.observedGeneration < snapshot.generation) return undefined;
    if (kept.length !== to || kept.length !== pods.length) return undefined;
    const trouble = kept.filter((pod) => !pod.ready);
    if (trouble.length === 0)
      return {
        verdict: 'ok',
        summary: to === 0 ? 'no instance is running' : `${counted(to, 'instance')} running and ready`,
      };
    return trouble.every(({ name }) => unready.has(name))
      ? { verdict: 'warn', summary: `${counted(to, 'instance')} running; ${names(trouble)} not ready, as before` }
      : undefined;
  };
};

/** The finding when the time is over. */
export const lateCount = ({ to }: WantedCount, { pods }: Look, after: string): Judgement => {
  const terminating = pods.filter((pod) => pod.terminating);
  const kept = pods.filter((pod) => !pod.terminating);
  const ready = kept.filter((pod) => pod.ready);
  const trouble = kept.flatMap((pod) => (troubleOf(pod) === undefined ? [] : [`${pod.name}: ${troubleOf(pod)}`]));
  return {
    verdict: 'critical',
    summary: [
      `${ready.length} of ${counted(to, 'instance')} ready after ${after}`,
      ...trouble.slice(0, 3),
      ...(terminating.length > 0 ? [`${names(terminating)} still terminating`] : []),
    ].join('; '),
  };
};

const names = (pods: readonly PodView[]): string => listing(pods.map(({ name }) => name));
