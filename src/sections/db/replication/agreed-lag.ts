import type { From, Receiver, ReplicaReplication, ReplicationView } from '../../../providers/database/port.ts';

/** What a server says, or why it says nothing. */
export type Seen = From<ReplicationView> | string;

/** One end of a replication, by the name that the configuration has for it. */
export interface End {
  readonly name: string;
  readonly view: Seen;
}

/** A receiver answers at least every wal_receiver_status_interval (10 s): an older answer says nothing of now. */
const freshMs = 30_000;

/**
 * Each end with what the other one knows. A replica that is still replaying does not know by how much it lags: the last commit that
 * it has may be old because no other was made; the server that it receives from has measured it. That one does not know what
 * the replica delays on purpose.
 */
export const withAgreedLag = (ends: readonly End[]): readonly End[] => {
  const views = ends.flatMap(({ view }) => (typeof view === 'string' ? [] : [view]));
  return ends.map(({ name, view }) =>
    typeof view === 'string' ? { name, view } : { name, view: agreed(view, views) },
  );
};

type View = From<ReplicationView>;

const agreed = (view: View, views: readonly View[]): View => {
  const receivers = view.receivers.map((receiver) => ({ ...receiver, delayMs: delayOf(receiver, views) }));
  if (view.role === 'primary' || view.lagMs !== null || view.receiver !== 'streaming') return { ...view, receivers };
  return { ...view, receivers, lagMs: lagSeenFrom(views, view) };
};

const delayOf = (receiver: Receiver, views: readonly View[]): number | null => {
  const replicas = views.flatMap((view) => (view.role === 'replica' && isOf(receiver, view) ? [view] : []));
  return replicas.length === 1 ? (replicas[0]?.delayMs ?? null) : null;
};

const lagSeenFrom = (views: readonly View[], replica: ReplicaReplication): number | null => {
  const [receiver, ...more] = views.flatMap(({ receivers }) => receivers.filter((one) => isOf(one, replica)));
  if (receiver === undefined || more.length > 0) return null;
  const { replayLagMs, notReplayedBytes, lastReplyMs } = receiver;
  if (lastReplyMs === null || lastReplyMs > freshMs) return null;
  const ms = replayLagMs ?? (notReplayedBytes === 0 ? 0 : null);
  return ms === null ? null : Math.max(0, ms - (replica.delayMs ?? 0));
};

const isOf = ({ name, slot }: Receiver, { upstreamSlot, upstreamName }: ReplicaReplication): boolean =>
  upstreamSlot === null ? upstreamName !== null && name === upstreamName : slot === upstreamSlot;
