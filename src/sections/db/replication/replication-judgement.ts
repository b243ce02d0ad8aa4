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
    (lagMs ?? 0) >= limit.lagMs || (behindBytes ?? 0) >= limit.behindBytes;
  if (reached(replicationLimits.critical)) return 'critical';
  return reached(replicationLimits.warn) ? 'warn' : 'ok';
};

/** As the primary sees it. A base backup is no replica: it may take as long as it takes. */
export const judgeReceiver = ({ state, replayLagMs, notReplayedBytes, notSentBytes }: Receiver): Verdict => {
  if (state === 'backup') return 'ok';
  const lag = judgeLag({ lagMs: replayLagMs, behindBytes: notReplayedBytes ?? notSentBytes });
  return worst([lag, state === 'streaming' ? 'ok' : 'warn', notReplayedBytes === null ? 'unknown' : 'ok']);
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
  const behindBytes =
    notReplayedBytes === null && notReceivedBytes === null ? null : (notReplayedBytes ?? 0) + (notReceivedBytes ?? 0);
  return worst([
    judgeLag({ lagMs, behindBytes }),
    receiver === 'none' ? 'critical' : receiver === 'other' ? 'warn' : receiver === 'unseen' ? 'unknown' : 'ok',
    replay === 'running' ? 'ok' : 'warn',
    lagMs === null ? 'unknown' : 'ok',
  ]);
};
