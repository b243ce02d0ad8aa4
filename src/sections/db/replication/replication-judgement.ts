import type { Verdict } from '../../../engine/finding.ts';
import { worst } from '../../../engine/finding.ts';
import type { Receiver, ReplicaReplication } from '../../../providers/database/port.ts';

const megabyte = 1024 ** 2;

/** Either is enough. */
export const replicationLimits = {
  warn: { lagMs: 30_000, behindBytes: 64 * megabyte },
  critical: { lagMs: 300_000, behindBytes: 1024 * megabyte },
} as const;

/** How many replicas a commit waits for, by `synchronous_standby_names`: `a, b`, `2 (a, b)`, `FIRST 2 (a, b)`, `ANY 2 (a, b, c)`. */
export const wantedForCommit = (names: string): number =>
  names.trim() === '' ? 0 : Number(/^\s*(?:(?:first|any)\s+)?(\d+)\s*\(/i.exec(names)?.[1] ?? 1);

interface Lag {
  readonly lagMs: number | null;
  readonly behindBytes: number | null;
}

const judgeLag = ({ lagMs, behindBytes }: Lag): Verdict => {
  const reached = (limit: { readonly lagMs: number; readonly behindBytes: number }) =>
    (lagMs !== null && lagMs >= limit.lagMs) || (behindBytes !== null && behindBytes >= limit.behindBytes);
  if (reached(replicationLimits.critical)) return 'critical';
  return reached(replicationLimits.warn) ? 'warn' : 'ok';
};

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
export const judgeReceiver = (receiver: Receiver): Verdict => {
  const { state } = receiver;
  if (state === 'backup') return 'ok';
  return worst([
    judgeLag(judgedOf(receiver)),
    state === 'streaming' ? 'ok' : 'warn',
    behindOf(receiver) === null ? 'unknown' : 'ok',
  ]);
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
export const judgeReplica = (replica: ReplicaReplication): Verdict => {
  const { receiver, replay } = replica;
  const lag = { lagMs: judgedLagOf(replica), behindBytes: judgedBytesOf(replica) };
  return worst([
    judgeLag(lag),
    receiver === 'none' ? 'critical' : receiver === 'other' ? 'warn' : 'ok',
    receiver === 'unseen' || receiver === 'archive' ? 'unknown' : 'ok',
    replay === null ? 'unknown' : replay === 'running' ? 'ok' : 'warn',
    lag.lagMs === null && lag.behindBytes === null ? 'unknown' : 'ok',
  ]);
};
