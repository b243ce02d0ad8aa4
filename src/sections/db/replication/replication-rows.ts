import type { Verdict } from '../../../engine/finding.ts';
import type {
  From,
  PrimaryReplication,
  Receiver,
  ReplayConflict,
  ReplicaReplication,
  ReplicationView,
} from '../../../providers/database/port.ts';
import { behindOf, judgeReceiver, judgeReplica, wantedForCommit } from './replication-judgement.ts';
import { judgeSlot } from './slots-judgement.ts';
import { slotDetail } from './slots-table.ts';
import { age } from '../../../words/ages.ts';
import { bytes } from '../../../words/bytes.ts';
import { counted } from '../../../words/counts.ts';

/** One line of what one end says. */
export interface EndRow {
  /** The server that says it, as the configuration calls it. */
  readonly from: string;
  readonly what: string;
  readonly behind: string | null;
  readonly lag: string | null;
  readonly detail: string;
  readonly verdict: Verdict;
}

/** `seen`: what the server says, or why it says nothing. */
export const endRows = (from: string, seen: From<ReplicationView> | string): readonly EndRow[] => {
  const nothing = { from, behind: null, lag: null };
  if (typeof seen === 'string') return [{ ...nothing, what: from, detail: `cannot see: ${seen}`, verdict: 'unknown' }];
  return [
    ...(seen.role === 'replica' ? [replicaRow(from, seen)] : []),
    ...(seen.role === 'primary' && from !== 'primary'
      ? [{ ...nothing, what: from, detail: 'is a primary, not a replica', verdict: 'critical' as const }]
      : []),
    ...(seen.role === 'primary' ? synchronousRows(from, seen) : []),
    ...seen.receivers.map((receiver) => receiverRow(from, receiver)),
    ...(seen.unseen > 0
      ? [{ ...nothing, what: counted(seen.unseen, 'receiver'), detail: 'cannot see', verdict: 'unknown' as const }]
      : []),
    ...seen.unavailable.map(({ part, why }) => ({
      ...nothing,
      what: part,
      detail: `cannot see: ${why}`,
      verdict: 'unknown' as const,
    })),
    ...seen.slots.map((slot) => ({
      ...nothing,
      what: `slot ${slot.name}`,
      detail: slotDetail(slot),
      verdict: judgeSlot(slot),
    })),
  ];
};

/** Where fewer are there than a commit waits for, every commit hangs: the service stands still, and no lag tells it. */
const synchronousRows = (
  from: string,
  { synchronousStandbys, receivers, unseen }: PrimaryReplication,
): readonly EndRow[] => {
  const wanted = wantedForCommit(synchronousStandbys);
  const there = receivers.filter(({ syncState }) => syncState === 'sync' || syncState === 'quorum').length;
  if (there >= wanted) return [];
  const detail = `commits wait for ${counted(wanted, 'replica')} (synchronous_standby_names), of which ${there} ${there === 1 ? 'is' : 'are'} there`;
  const verdict = unseen > 0 ? 'unknown' : 'critical';
  return [{ from, what: 'synchronous commit', behind: null, lag: null, detail, verdict }];
};

/** No lag measured, and nothing to replay: it has caught up and nothing is written. */
const receiverRow = (from: string, receiver: Receiver): EndRow => ({
  from,
  what: receiver.name || `pid ${receiver.pid}`,
  behind: bytes(behindOf(receiver)),
  lag: receiver.replayLagMs === null && receiver.notReplayedBytes === 0 ? '0 s' : age(receiver.replayLagMs),
  detail: [
    receiver.state,
    receiver.syncState,
    ...(receiver.client === null ? [] : [`at ${receiver.client}`]),
    ...(receiver.replays === false ? ['does not replay'] : []),
    ...delayWords(receiver.delayMs),
  ].join(', '),
  verdict: judgeReceiver(receiver),
});

/** The first is the one to look at; a snapshot of another may be in the way. */
const conflictWords = ({ waitsFor, relation, holders }: ReplayConflict): string => {
  const [first, ...others] = holders;
  const who =
    first === undefined
      ? ''
      : ` of pid ${first.pid}${first.user === null ? '' : ` (${first.user})`}${first.forMs === null ? '' : ` for ${age(first.forMs)}`}${others.length > 0 ? ` and ${others.length} more` : ''}`;
  return `replay waits for ${relation === null ? waitsFor : `a lock on ${relation}`}${who}`;
};

const delayWords = (delayMs: number | null): readonly string[] =>
  delayMs === null || delayMs === 0 ? [] : [`delayed by ${age(delayMs)} on purpose (recovery_min_apply_delay)`];

const receiverWords = {
  streaming: 'streaming',
  other: 'not streaming',
  none: 'no WAL receiver: it is cut off from its primary',
  archive: 'lives on the archive alone (primary_conninfo is empty)',
  unseen: 'cannot see its WAL receiver',
} as const;

const replicaRow = (from: string, replica: ReplicaReplication): EndRow => ({
  from,
  what: `${from} itself`,
  behind: bytes(replica.notReplayedBytes),
  lag: age(replica.lagMs),
  detail: [
    receiverWords[replica.receiver],
    ...(replica.upstream === null ? [] : [`from ${replica.upstream}`]),
    ...(replica.replay === 'running' || replica.replay === null ? [] : [`replay ${replica.replay}`]),
    ...(replica.conflict === null ? [] : [conflictWords(replica.conflict)]),
    ...delayWords(replica.delayMs),
    ...(replica.lastReplayedCommitMs === null
      ? ['no transaction replayed yet']
      : replica.lagMs === null
        ? [`the last commit that it has is ${age(replica.lastReplayedCommitMs)} old`]
        : []),
  ].join(', '),
  verdict: judgeReplica(replica),
});
