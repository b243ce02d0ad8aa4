import type { Clock } from '../../../../engine/clock.ts';
import { messageOf, RunbookError } from '../../../../engine/errors.ts';
import type { AnyFinding, Finding } from '../../../../engine/finding.ts';
import type { Mirror } from '../../../../clients/kubernetes/mirror.ts';
import { age } from '../../shared/instances-table.ts';
import type { Call } from '../../port.ts';
import { graceMs } from '../count/count-verdict.ts';
import { diagnose, type Judgement } from './diagnosis.ts';
import { tellDoubts } from './doubts.ts';
import { nextChangeOf } from '../writing/next-change.ts';
import { whyNotMade } from './not-made.ts';
import { instanceOf, isOver, type PodView } from '../objects/pods.ts';
import { podsTable, progressReport, telling } from './progress.ts';
import { judgeRollout, type RolloutContext } from './rollout.ts';
import type { PodsMirror, Service } from '../service.ts';
import type { Snapshot } from '../objects/snapshot.ts';
import { notMadeForMs, openTrouble, type Trouble, watchForTrouble } from './trouble.ts';

export interface FollowOptions {
  /** Where the rollout began, as far as is known. */
  readonly from: Snapshot;
  /** A deadline that an earlier rollout has exceeded: see `RolloutContext`. */
  readonly exceededBefore?: RolloutContext['exceededBefore'];
  /** Said at each look at the object: something else than the rollout has decided. */
  readonly decided?: (snapshot: Snapshot) => Finding | undefined;
  /** The sentence of a good end, from what the rollout says of itself. */
  readonly done: (what: string, snapshot: Snapshot) => Finding;
}

/** Pods are looked through at most so often; the object at once. */
const podsEveryMs = 200;
/** For so long the watch of the pods may be behind that of the object. */
const podsBehindMs = 1000;
/** After the platform's own deadline, so long until ours: its word is worth more. */
const marginMs = 30_000;

/**
 * Follows a rollout, by watches, until there is a verdict. ok comes with the change of the object that completes the rollout;
 * critical as soon as the new pods show that it will not get through (see `watchForTrouble`), else when the platform says that
 * its deadline is exceeded, else when nothing has moved for that long. Reports the pods meanwhile.
 * Errors: `failed` where the object is deleted or made anew; those of the client where the connection is lost for good.
 */
export const followRollout = async (service: Service, call: Call, options: FollowOptions): Promise<AnyFinding> => {
  const [object, pods] = await openBoth(
    service.mirror(call),
    service.mirrorPods(options.from, { signal: call.signal, clock: call.clock }),
  );
  const over = new AbortController();
  try {
    return await followed(service, call, options, object, pods, over.signal);
  } finally {
    over.abort();
    object.close();
    pods.close();
  }
};

const followed = async (
  service: Service,
  call: Call,
  { from, exceededBefore, decided, done }: FollowOptions,
  object: Mirror<Snapshot>,
  pods: PodsMirror,
  over: AbortSignal,
): Promise<AnyFinding> => {
  const { clock } = call;
  const objectChanges = nextChangeOf(object);
  const look = watchForTrouble();
  const report = progressReport(call);
  const patienceMs = patienceFor(service, from);
  const doubts = tellDoubts(service, call, over);
  const refusedPods = watchForRefusal(service, call);
  let moved = '';
  let movedAt = clock.monotonic();
  let podsAt = Number.NEGATIVE_INFINITY;
  let again: number | undefined;

  for (;;) {
    const snapshot = present(service, from, object);
    const hash = pods.hashOf(snapshot);
    const rollout = judgeRollout(snapshot, { hash, exceededBefore });
    const other = decided?.(snapshot);
    if (other) return other;
    const isNew = (pod: PodView) => hash !== undefined && pod.hash === hash && !pod.terminating && !isOver(pod);
    if (rollout.state === 'complete') {
      const short = cutShort(from, snapshot, rollout.what);
      if (short) return withPods(short, snapshot, pods.pods(), call);
      // At once; the finding with all that it rests on follows when it is on record.
      call.report({ status: `complete: ${rollout.what}` });
      await untilShown(pods, (all) => fits(snapshot, all, isNew), clock);
      const all = pods.pods();
      // What stays on the screen is the end and not the last step before it.
      call.report({ table: podsTable(all, clock.now()) });
      return withPods(done(rollout.what, snapshot), snapshot, all, call);
    }
    if (rollout.state !== 'under way') {
      const all = pods.pods();
      const what = failedWords[rollout.state](rollout.what);
      return withPods(await diagnose(service, what, openTroubleAmong(all, isNew), call), snapshot, all, call);
    }

    const at = clock.monotonic();
    if (rollout.moved !== moved) movedAt = at;
    moved = rollout.moved;
    if (at - podsAt >= podsEveryMs) {
      podsAt = at;
      const all = pods.pods();
      const seen = look(snapshot, all.filter(isNew), at);
      const refused = await refusedPods(snapshot, all.length, at - movedAt);
      const fatal = refused ? [refused, ...seen.fatal] : seen.fatal;
      if (fatal.length > 0) {
        const finding = await diagnose(service, 'the new pods do not come up', fatal, call);
        return withPods(finding, snapshot, all, call);
      }
      doubts(seen.doubtful);
      const untilStillMs = notMadeForMs - (at - movedAt);
      const due = least(seen.againInMs, untilStillMs > 0 ? untilStillMs : undefined);
      again = least(due, report(rollout.what, all));
    } else again = podsEveryMs - (at - podsAt);
    if (at - movedAt >= patienceMs) {
      const blind = await blindness(service, call);
      if (blind) return blind;
      const what = `not complete: nothing has moved for ${age(at - movedAt)} (${rollout.what})`;
      const all = pods.pods();
      return withPods(await diagnose(service, what, openTroubleAmong(all, isNew), call), snapshot, all, call);
    }
    // Between two looks at the pods their changes may pile up; those of the object never wait.
    const changes = podsAt === at ? [objectChanges(), pods.changed()] : [objectChanges()];
    await somethingHappens(changes, least(again, patienceMs - (at - movedAt)) ?? patienceMs, clock);
  }
};

/** Do the pods show what the object tells of a rollout that is complete: as many new ones that are ready, and none too many? */
const fits = ({ replicas, updated }: Snapshot, pods: readonly PodView[], isNew: (pod: PodView) => boolean): boolean =>
  pods.filter((pod) => isNew(pod) && pod.ready).length >= updated &&
  pods.filter((pod) => !pod.terminating && !isOver(pod)).length <= replicas;

/**
 * The object's watch may tell of the end a moment before that of the pods: what is shown of them is to fit. The verdict rests on the
 * object alone, so that neither a late watch nor a broken one changes it.
 */
const untilShown = async (
  pods: PodsMirror,
  isShown: (all: readonly PodView[]) => boolean,
  clock: Clock,
): Promise<void> => {
  const until = clock.monotonic() + podsBehindMs;
  try {
    for (let left = podsBehindMs; left > 0 && !isShown(pods.pods()); left = until - clock.monotonic())
      // oxlint-disable-next-line no-await-in-loop -- a look after another
      await somethingHappens([pods.changed()], left, clock);
  } catch {
    // What is known of the pods is shown.
  }
};

/**
 * How long nothing may move. Where the object names no deadline itself: as configured, beside what it asks for each pod, to stop
 * and to be ready for.
 */
const patienceFor = ({ config }: Service, from: Snapshot): number =>
  from.progressDeadlineMs === undefined
    ? graceMs(from) + config.readyTimeoutMs + from.minReadySeconds * 1000
    : from.progressDeadlineMs + marginMs;

/** Complete only by a partition that is higher than when it began: what was to be new is not. */
const cutShort = (from: Snapshot, now: Snapshot, what: string): Finding | undefined =>
  now.partition > from.partition && now.updated < now.replicas - from.partition
    ? {
        verdict: 'critical',
        summary: `somebody has raised the partition from ${from.partition} to ${now.partition} meanwhile: ${what}`,
      }
    : undefined;

/** Asks once in each standstill: it is the only question that costs a request. */
const watchForRefusal = (service: Service, call: Call) => {
  let asked = false;
  return async (snapshot: Snapshot, pods: number, stillMs: number): Promise<Trouble | undefined> => {
    const stands = snapshot.kind !== 'deployment' && pods < snapshot.replicas && stillMs >= notMadeForMs;
    const ask = stands && !asked;
    asked = stands;
    // That events cannot be read is no reason to stop looking.
    return ask ? whyNotMade(service, snapshot, call).catch(() => undefined) : undefined;
  };
};

/** Of the new pods; where nothing is wrong with those, an old one may be in the way. */
const openTroubleAmong = (all: readonly PodView[], isNew: (pod: PodView) => boolean): readonly Trouble[] => {
  const fresh = openTrouble(all.filter(isNew));
  return fresh.length > 0 ? fresh : openTrouble(all);
};

/** That nothing has moved is only true where the cluster can still be seen. */
const blindness = async (service: Service, { signal }: Call): Promise<Finding | undefined> => {
  try {
    await service.read(signal);
    return undefined;
  } catch (error) {
    signal.throwIfAborted();
    if (!(error instanceof RunbookError) || error.kind !== 'unreachable') throw error;
    return { verdict: 'unknown', summary: `how the rollout ends cannot be seen: ${messageOf(error)}` };
  }
};

const failedWords = {
  failed: (what: string) => what,
  held: (what: string) => `the rollout does not go on: ${what}`,
};

/** The object as the mirror has it. */
const present = (service: Service, from: Snapshot, object: Mirror<Snapshot>): Snapshot => {
  const [snapshot] = object.items.values();
  const { name } = service.target;
  if (!snapshot || snapshot.deleting)
    throw new RunbookError('failed', `${name} was deleted while its rollout was watched`, {
      next: ['rb restart status'],
    });
  if (snapshot.uid !== from.uid)
    throw new RunbookError(
      'failed',
      `${name} was deleted and made anew while its rollout was watched: what runs now is not what was changed`,
      { next: ['rb restart status'] },
    );
  return snapshot;
};

const least = (a: number | undefined, b: number | undefined): number | undefined =>
  a === undefined ? b : b === undefined ? a : Math.min(a, b);

/** Resolves with the next change, or after `ms`; rejects where the mirrors have ended. */
const somethingHappens = async (changes: readonly Promise<void>[], ms: number, clock: Clock): Promise<void> => {
  const over = new AbortController();
  const timer = clock.sleep(ms, over.signal);
  timer.catch(() => undefined);
  try {
    await Promise.race([...changes, timer]);
  } finally {
    // What has happened is looked at first.
    setImmediate(() => over.abort());
  }
};

/** Opens both, or closes the one where the other cannot be opened. */
const openBoth = async (object: Promise<Mirror<Snapshot>>, pods: Promise<PodsMirror>) => {
  try {
    return await Promise.all([object, pods]);
  } catch (error) {
    for (const each of await Promise.allSettled([object, pods])) if (each.status === 'fulfilled') each.value.close();
    throw error;
  }
};

/** With what it rests on, unless the finding has something better to show. */
const withPods = (finding: Judgement, snapshot: Snapshot, pods: readonly PodView[], call: Call): AnyFinding => {
  const leaving = pods.filter(({ terminating }) => terminating).length;
  const old = leaving === 0 ? '' : `; ${leaving} old ${leaving === 1 ? 'pod is' : 'pods are'} still stopping`;
  const { replicas, updated, ready, available, generation } = snapshot;
  return {
    evidence: podsTable(pods, call.clock.now()),
    ...finding,
    summary: finding.verdict === 'ok' ? `${finding.summary}${old}` : finding.summary,
    data: {
      rollout: { replicas, updated, ready, available, stopping: leaving, generation },
      instances: telling(pods).map((pod) => ({ ...instanceOf(pod) })),
      ...finding.data,
    },
  };
};
