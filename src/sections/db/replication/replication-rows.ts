import { critical, ok, unknown } from '../../../engine/judgement.ts';
import type { JudgedRow, Judgement } from '../../../engine/judgement.ts';
import type { Receiver, ReplayConflict, ReplicaReplication } from '../../../providers/database/port.ts';
import type { Seen } from './agreed-lag.ts';
import { behindOf, judgeReceiver, judgeReplica, judgeSynchronous } from './replication-judgement.ts';
import { slotRow } from './slots-judgement.ts';
import { age } from '../../../words/ages.ts';
import { bytes } from '../../../words/bytes.ts';

/** All that one end says. `from`: the server that says it, as the configuration calls it. */
export const endRows = (from: string, seen: Seen): readonly JudgedRow[] => {
  if (typeof seen === 'string')
    return [endRow(from, from, 'cannot see', unknown(`cannot see: ${seen.replace(/\.$/, '')}`))];
  return [
    ...(seen.role === 'replica' ? [replicaRow(from, seen)] : []),
    ...(seen.role === 'primary' && from !== 'primary'
      ? [endRow(from, from, 'a primary', critical('is a primary, not a replica'))]
      : []),
    ...(seen.role === 'primary' && seen.synchronousStandbys.trim() !== ''
      ? [endRow(from, 'synchronous commit', seen.synchronousStandbys, judgeSynchronous(seen))]
      : []),
    ...seen.receivers.map((receiver) => receiverRow(from, receiver)),
    ...seen.slots.map((slot) => slotRow(slot, [from, `slot ${slot.name}`], [null, null])),
  ];
};

/** A row without figures. */
export const endRow = (from: string, what: string, detail: string, judgement: Judgement = ok): JudgedRow => ({
  name: what,
  cells: [from, what, null, null, detail],
  marks: 4,
  judgement,
});

/** No lag measured, and nothing to replay: it has caught up and nothing is written. */
const receiverRow = (from: string, receiver: Receiver): JudgedRow => {
  const what = receiver.name || `pid ${receiver.pid}`;
  return {
    name: what,
    cells: [
      from,
      what,
      bytes(behindOf(receiver)),
      receiver.replayLagMs === null && receiver.notReplayedBytes === 0 ? '0 s' : age(receiver.replayLagMs),
      [
        receiver.state,
        receiver.syncState,
        ...(receiver.client === null ? [] : [`at ${receiver.client}`]),
        ...(receiver.replays === false ? ['does not replay'] : []),
        ...delayWords(receiver.delayMs),
      ].join(', '),
    ],
    marks: 4,
    judgement: judgeReceiver(receiver),
  };
};

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
  none: 'no WAL receiver',
  archive: 'lives on the archive alone (primary_conninfo is empty)',
  unseen: 'cannot see its WAL receiver',
} as const;

const replicaRow = (from: string, replica: ReplicaReplication): JudgedRow => ({
  name: `${from} itself`,
  cells: [
    from,
    `${from} itself`,
    bytes(replica.notReplayedBytes),
    age(replica.lagMs),
    [
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
  ],
  marks: 4,
  judgement: judgeReplica(replica),
});
