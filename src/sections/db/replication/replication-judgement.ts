import { critical, judgement, ok, unknown, warn } from '../../../engine/judgement.ts';
import type { Judgement } from '../../../engine/judgement.ts';
import type { From, PrimaryReplication, Receiver, ReplicaReplication } from '../../../providers/database/port.ts';
import { isUnavailable } from '../reading/server.ts';
import { age } from '../../../words/ages.ts';
import { bytes } from '../../../words/bytes.ts';
import { counted } from '../../../words/counts.ts';

const megabyte = 1024 ** 2;

/** Either is enough. */
export const replicationLimits = {
  warn: { lagMs: 30_000, behindBytes: 64 * megabyte },
  critical: { lagMs: 300_000, behindBytes: 1024 * megabyte },
} as const;

/** How many replicas a commit waits for, by `synchronous_standby_names`: `a, b`, `2 (a, b)`, `FIRST 2 (a, b)`, `ANY 2 (a, b, c)`. */
const wantedForCommit = (names: string): number =>
  names.trim() === '' ? 0 : Number(/^\s*(?:(?:first|any)\s+)?(\d+)\s*\(/i.exec(names)?.[1] ?? 1);

interface Lag {
  readonly lagMs: number | null;
  readonly behindBytes: number | null;
}

/** What reaches a limit is named: the time, the bytes, or both. Null is not 0: whoever calls says what is not known. */
const judgeLag = ({ lagMs, behindBytes }: Lag): Judgement => {
  const over = ({ lagMs: ms, behindBytes: most }: { readonly lagMs: number; readonly behindBytes: number }) => [
    ...(lagMs !== null && lagMs >= ms ? [age(lagMs)] : []),
    ...(behindBytes !== null && behindBytes >= most ? [bytes(behindBytes)] : []),
  ];
  const [far, much] = [over(replicationLimits.critical), over(replicationLimits.warn)];
  if (far.length > 0) return critical(`${much.join(' and ')} behind`, ...behindNext);
  return much.length > 0 ? warn(`${much.join(' and ')} behind`, ...behindNext) : ok;
};

const behindNext = ['rb db running --on <replica>', 'rb db wal'];

/** How far a receiver lies behind: by what it has replayed, or has written where it replays nothing (pg_receivewal). Null: not known. */
export const behindOf = ({ replays, notReplayedBytes, notWrittenBytes }: Receiver): number | null =>
  replays === false ? notWrittenBytes : notReplayedBytes;

/** What it holds back on purpose is not behind. */
const judgedOf = (receiver: Receiver): Lag => {
  const { replayLagMs, delayMs, notSentBytes, notFlushedBytes } = receiver;
  if (delayMs === null || delayMs === 0) return { lagMs: replayLagMs, behindBytes: behindOf(receiver) ?? notSentBytes };
  return { lagMs: replayLagMs === null ? null : Math.max(0, replayLagMs - delayMs), behindBytes: notFlushedBytes };
};

/** As the primary sees it. A base backup is no replica: it may take as long as it takes. */
export const judgeReceiver = (receiver: Receiver): Judgement => {
  const { state } = receiver;
  if (state === 'backup') return ok;
  return judgement(
    judgeLag(judgedOf(receiver)),
    state !== 'streaming' && warn(`does not stream yet (${state})`),
    behindOf(receiver) === null && unknown('cannot see how far it lies behind'),
  );
};

/**
 * The time by which a replica lies behind, as far as it may be judged. Without a lag that was measured that is the time since the
 * last commit, and only while it has received what it has not replayed: an idle primary commits nothing. A delay on purpose does
 * not count. Null: there is nothing to judge.
 */
const judgedLagOf = ({
  lagMs,
  notReplayedBytes,
  lastReplayedCommitMs,
  delayMs,
  delaying,
}: ReplicaReplication): number | null => {
  if (lagMs !== null) return lagMs;
  if (delayMs === null) return null;
  if (notReplayedBytes === null || notReplayedBytes === 0 || lastReplayedCommitMs === null) return null;
  return delaying === true ? 0 : Math.max(0, lastReplayedCommitMs - delayMs);
};

/** What is held back on purpose is not behind. */
const judgedBytesOf = ({ notReplayedBytes, notReceivedBytes, delayMs }: ReplicaReplication): number | null => {
  const known = [delayMs === 0 ? notReplayedBytes : null, notReceivedBytes].filter((bytes) => bytes !== null);
  return known.length === 0 ? null : known.reduce((sum, bytes) => sum + bytes);
};

/**
 * As the replica sees itself. Without a WAL receiver it falls behind whatever its numbers say; paused on purpose is a warning
 * until it lies far behind.
 */
export const judgeReplica = (replica: ReplicaReplication): Judgement => {
  const { receiver, receiverStatus, replay } = replica;
  const lag = { lagMs: judgedLagOf(replica), behindBytes: judgedBytesOf(replica) };
  return judgement(
    receiver === 'none' &&
      critical('has no WAL receiver: it is cut off from its primary', 'see the log of the replica'),
    judgeLag(lag),
    receiver === 'other' && warn(`does not stream (${receiverStatus ?? 'cannot see what it does'})`),
    replay === null && unknown('cannot see whether it replays'),
    replay !== null &&
      replay !== 'running' &&
      warn(`replay is ${replay === 'paused' ? 'paused' : 'asked to pause'}`, 'SELECT pg_wal_replay_resume();'),
    receiver === 'unseen' &&
      unknown('cannot see its WAL receiver', 'as a superuser: GRANT pg_monitor to the role of rb'),
    // What the archive will have next is not known.
    (receiver === 'archive' || (lag.lagMs === null && lag.behindBytes === null)) &&
      unknown('cannot see how far its data lies back'),
    receiver === 'streaming' &&
      (replica.notReplayedBytes === null || replica.notReceivedBytes === null) &&
      unknown('cannot see how much it has not replayed'),
  );
};

/** Where fewer are there than a commit waits for, every commit hangs: the service stands still, and no lag shows it. */
export const judgeSynchronous = (primary: SynchronousPrimary): Judgement => {
  const wanted = wantedForCommit(primary.synchronousStandbys);
  const there = primary.receivers.filter(({ syncState }) => syncState === 'sync' || syncState === 'quorum').length;
  if (there >= wanted) return ok;
  return (seesReceivers(primary) ? critical : unknown)(
    `commits wait for ${counted(wanted, 'replica')} (synchronous_standby_names), of which ${there} ${there === 1 ? 'is' : 'are'} there`,
  );
};

type SynchronousPrimary = Pick<
  From<PrimaryReplication>,
  'synchronousStandbys' | 'receivers' | 'unseen' | 'unavailable'
>;

/** Whether those that are shown are all that there are. */
export const seesReceivers = (view: Pick<From<PrimaryReplication>, 'unseen' | 'unavailable'>): boolean =>
  view.unseen === 0 && !isUnavailable(view, 'receivers');
