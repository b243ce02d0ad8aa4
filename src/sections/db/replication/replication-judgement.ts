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

/** As the primary sees it. A base backup is no replica: it may take as long as it takes. */
export const judgeReceiver = (receiver: Receiver): Verdict => {
  const { state, replayLagMs, notSentBytes } = receiver;
  if (state === 'backup') return 'ok';
  const behindBytes = behindOf(receiver);
  const lag = judgeLag({ lagMs: replayLagMs, behindBytes: behindBytes ?? notSentBytes });
  return worst([lag, state === 'streaming' ? 'ok' : 'warn', behindBytes === null ? 'unknown' : 'ok']);
};

/**
 * As the replica sees itself. Without a WAL receiver it falls behind whatever its numbers say; paused on purpose is a warning
 * until it lies far behind.
 */
export const judgeReplica = ({
  receiver,
  replay,
  lagMs,
  notReplayedBytes,
  notReceivedBytes,
}: ReplicaReplication): Verdict => {
  const known = [notReplayedBytes, notReceivedBytes].filter((bytes) => bytes !== null);
  const behindBytes = known.length === 0 ? null : known.reduce((sum, bytes) => sum + bytes);
  return worst([
    judgeLag({ lagMs, behindBytes }),
    receiver === 'none' ? 'critical' : receiver === 'other' ? 'warn' : receiver === 'unseen' ? 'unknown' : 'ok',
    replay === 'running' ? 'ok' : 'warn',
    lagMs === null ? 'unknown' : 'ok',
  ]);
};
