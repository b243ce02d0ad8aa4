import { messageOf, RunbookError } from '../../../../engine/errors.ts';
import type { DataFinding } from '../../../../engine/finding.ts';
import type { JsonObject } from '../../../../engine/json.ts';
import type { Call } from '../../port.ts';
import { createdAgain } from '../objects/describe.ts';
import { nextChangeOf } from '../writing/next-change.ts';
import type { Judgement } from './diagnosis.ts';
import { instanceOf, isOver, type PodView } from '../objects/pods.ts';
import { podsTable, progressReport, telling } from './progress.ts';
import type { PodsMirror, Service } from '../service.ts';
import type { Snapshot } from '../objects/snapshot.ts';

/** The object and its pods at one moment. */
export interface Look {
  /** Undefined: the object is gone. */
  readonly snapshot: Snapshot | undefined;
  /** Terminating ones included, but none that has ended. */
  readonly pods: readonly PodView[];
  readonly waitedMs: number;
}

export interface Watching {
  /** How long to wait for a finding: from the beginning, or since the last step forward. */
  readonly forMs: (first: Snapshot) => number;
  readonly from: 'beginning' | 'last step';
  readonly judge: (look: Look) => Judgement | undefined | Promise<Judgement | undefined>;
  /** The finding when the time is over. */
  readonly late: (look: Look) => Judgement;
  /** Judges again at least so often, without a request: some trouble is only told by how long it lasts. */
  readonly everyMs?: number;
}

const fewPods = 50;
const gatherMs = 50;

/** Looks at each change of the object and its pods until there is a finding; reports the table of the pods when it changes. */
export const watchWorkload = async (
  service: Service,
  call: Call,
  { forMs, from, judge, late, everyMs = 1000 }: Watching,
): Promise<Judgement> => {
  const began = call.clock.monotonic();
  const objects = await service.mirror(call);
  let pods: PodsMirror | undefined;
  try {
    const one = () => objects.items.values().next().value;
    const first = one();
    if (!first) return gone(service);
    pods = await service.mirrorPods(first, call);
    const limit = forMs(first);
    const report = progressReport(call);
    const step = stepsForward();
    let steppedAt = began;
    const next = [nextChangeOf(objects), nextChangeOf(pods)];
    for (;;) {
      const snapshot = one();
      if (snapshot && snapshot.uid !== first.uid) return { verdict: 'critical', summary: createdAgain(service) };
      const look: Look = {
        snapshot,
        pods: pods.pods().filter((pod) => !isOver(pod)),
        waitedMs: call.clock.monotonic() - began,
      };
      report(standing(look), look.pods);
      const finding = snapshot ? await judge(look) : gone(service);
      if (finding) return withEvidence(finding, look.pods, call);
      if (from === 'last step' && step(look.pods)) steppedAt = call.clock.monotonic();
      const left = limit - (call.clock.monotonic() - steppedAt);
      if (left <= 0) return withEvidence(await lastWord(service, call, late(look)), look.pods, call);
      await somethingHappens(next, Math.min(everyMs, left), call);
      // Of hundreds of pods several change at a time: one look for all of them.
      if (look.pods.length > fewPods) await call.clock.sleep(gatherMs, call.signal);
    }
  } finally {
    objects.close();
    pods?.close();
  }
};

const gone = ({ target }: Service): Judgement => ({ verdict: 'critical', summary: `${target.name} was deleted` });

/** What was seen when the time was over counts only if the cluster can still be seen. */
const lastWord = async (service: Service, call: Call, finding: Judgement): Promise<Judgement> => {
  try {
    await service.read(call.signal);
    return finding;
  } catch (error) {
    call.signal.throwIfAborted();
    if (!(error instanceof RunbookError) || error.kind !== 'unreachable') return finding;
    return { verdict: 'unknown', summary: `how it ended cannot be seen: ${messageOf(error)}` };
  }
};

/** Resolves with the next change of one of them, or after `ms`. */
const somethingHappens = async (
  sources: readonly (() => Promise<void>)[],
  ms: number,
  { clock, signal }: Pick<Call, 'clock' | 'signal'>,
): Promise<void> => {
  const over = new AbortController();
  try {
    await Promise.race([...sources.map((ask) => ask()), clock.sleep(ms, AbortSignal.any([signal, over.signal]))]);
  } finally {
    over.abort();
  }
  signal.throwIfAborted();
};

/** One more is ready, or one less is stopping, than ever before: readiness that comes and goes is no step forward. */
const stepsForward = () => {
  let best = Number.NEGATIVE_INFINITY;
  return (pods: readonly PodView[]): boolean => {
    const now = pods.reduce((sum, { ready, terminating }) => sum + (terminating ? -1 : ready ? 1 : 0), 0);
    const isStep = now > best;
    best = Math.max(best, now);
    return isStep;
  };
};

/** "2 of 3 ready, 1 stopping". */
const standing = ({ snapshot, pods }: Look): string => {
  const stopping = pods.filter(({ terminating }) => terminating).length;
  const ready = pods.filter(({ ready: is, terminating }) => is && !terminating).length;
  const wanted = snapshot?.replicas ?? 0;
  if (wanted === 0 && ready === 0) return `${stopping} stopping`;
  return `${ready} of ${wanted} ready${stopping === 0 ? '' : `, ${stopping} stopping`}`;
};

const withEvidence = (finding: Judgement, pods: readonly PodView[], { clock }: Call): DataFinding<JsonObject> => ({
  evidence: podsTable(pods, clock.now()),
  ...finding,
  data: {
    instances: telling(pods).map((pod) => ({ ...instanceOf(pod) })),
    ...finding.data,
  },
});
