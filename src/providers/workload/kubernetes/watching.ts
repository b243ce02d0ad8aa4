import { messageOf, RunbookError } from '../../../engine/errors.ts';
import type { Finding } from '../../../engine/finding.ts';
import { instancesTable } from '../instances-table.ts';
import type { Call } from '../port.ts';
import { instanceOf, type PodView } from './pods.ts';
import type { PodsMirror, Service } from './service.ts';
import type { Snapshot } from './snapshot.ts';

/** The object and its pods at one moment. */
export interface Look {
  /** Undefined: the object is gone. */
  readonly snapshot: Snapshot | undefined;
  /** Terminating ones included. */
  readonly pods: readonly PodView[];
  readonly waitedMs: number;
}

export interface Watching {
  /** How long to wait for a finding. */
  readonly forMs: (first: Snapshot) => number;
  readonly judge: (look: Look) => Finding | undefined | Promise<Finding | undefined>;
  /** The finding when the time is over. */
  readonly late: (look: Look) => Finding;
  /** Judges again at least so often, without a request: some trouble is only told by how long it lasts. */
  readonly everyMs?: number;
}

/** Looks at each change of the object and its pods until there is a finding; reports the table of the pods when it changes. */
export const watchWorkload = async (
  service: Service,
  call: Call,
  { forMs, judge, late, everyMs = 1000 }: Watching,
): Promise<Finding> => {
  const began = call.clock.monotonic();
  const objects = await service.mirror(call);
  let pods: PodsMirror | undefined;
  try {
    const one = () => objects.items.values().next().value;
    const first = one();
    if (!first) return gone(service);
    pods = await service.mirrorPods(first, call);
    const limit = forMs(first);
    const report = tableReporter(call);
    const next = changes(objects.changed.bind(objects), pods.changed.bind(pods));
    for (;;) {
      const snapshot = one();
      if (snapshot && snapshot.uid !== first.uid) return madeAnew(service);
      const look: Look = { snapshot, pods: pods.pods(), waitedMs: call.clock.monotonic() - began };
      report(look.pods);
      const finding = snapshot ? await judge(look) : gone(service);
      if (finding) return withEvidence(finding, look.pods, call);
      if (look.waitedMs >= limit) return withEvidence(await lastWord(service, call, late(look)), look.pods, call);
      await next(Math.min(everyMs, limit - look.waitedMs), call);
    }
  } finally {
    objects.close();
    pods?.close();
  }
};

const gone = ({ target }: Service): Finding => ({ verdict: 'critical', summary: `${target.name} was deleted` });
const madeAnew = ({ target }: Service): Finding => ({
  verdict: 'critical',
  summary: `${target.name} was deleted and made anew by somebody else`,
});

/** What was seen when the time was over counts only if the cluster can still be seen. */
const lastWord = async (service: Service, call: Call, finding: Finding): Promise<Finding> => {
  try {
    await service.read(call.signal);
    return finding;
  } catch (error) {
    call.signal.throwIfAborted();
    if (!(error instanceof RunbookError) || error.kind !== 'unreachable') return finding;
    return { verdict: 'unknown', summary: `how it ended cannot be seen: ${messageOf(error)}` };
  }
};

/** Resolves at the next change of one of them, or after `ms`. An open question is kept: asking again would lose its answer. */
const changes = (...sources: readonly (() => Promise<void>)[]) => {
  const open = new Map<number, Promise<void>>();
  return async (ms: number, { clock, signal }: Pick<Call, 'clock' | 'signal'>): Promise<void> => {
    const over = new AbortController();
    const asked = sources.map((ask, index) => {
      const known = open.get(index) ?? ask().finally(() => open.delete(index));
      open.set(index, known);
      return known;
    });
    try {
      await Promise.race([...asked, clock.sleep(ms, AbortSignal.any([signal, over.signal]))]);
    } finally {
      over.abort();
    }
    signal.throwIfAborted();
  };
};

const tableReporter = ({ clock, report }: Call) => {
  let last = '';
  return (pods: readonly PodView[]): void => {
    const instances = pods.map(instanceOf);
    const key = JSON.stringify(instances);
    if (key === last) return;
    last = key;
    report({ table: instancesTable(instances, clock.now()) });
  };
};

const withEvidence = (finding: Finding, pods: readonly PodView[], { clock }: Call): Finding => ({
  evidence: instancesTable(pods.map(instanceOf), clock.now()),
  ...finding,
});
