import * as fc from 'fast-check';
import { RunbookError } from '../../../src/engine/errors.ts';
import type { Database, ReplicaReplication, ReplicationSlot } from '../../../src/providers/database/port.ts';
import { replication } from '../../../src/sections/db/replication/replication.ts';
import { wal } from '../../../src/sections/db/replication/wal.ts';
import type { Wrong } from './contradictions.ts';
import * as answers from './database-answers.ts';
import { origin } from './values.ts';
import { databaseLook, gigabyte, notGiven, over, wrong } from './play.ts';

const ofSlots = (slots: readonly ReplicationSlot[]) =>
  slots.flatMap(({ name, active, synchronised, retainedBytes, walStatus }) => {
    if (walStatus === 'lost' || walStatus === 'unreserved') return [wrong('critical', name)];
    const unused = !active && !synchronised;
    return retainedBytes !== null && (unused || retainedBytes >= gigabyte) ? [wrong('warn', name)] : [];
  });

export const ofReplication = fc
  .record({
    from: origin,
    primary: answers.primary,
    replica: answers.replica,
    reachable: fc.constantFrom(true, true, true, false),
    configured: fc.boolean(),
    receiversGiven: fc.constantFrom(true, true, true, false),
  })
  .map(({ from, primary: whole, replica, reachable, configured, receiversGiven }) => {
    const primary = receiversGiven ? whole : { ...whole, receivers: [], unseen: 0 };
    const missing = receiversGiven ? [] : [{ part: 'receivers', why: 'canceling statement due to statement timeout' }];
    const fromPrimary = { ...from, unavailable: [...from.unavailable, ...missing] };
    const behind: Partial<Database> = {
      name: 'replica-1',
      replication: async () => {
        if (!reachable) throw new RunbookError('unreachable', 'db-2:5432 refuses connections.');
        return { ...from, ...replica };
      },
    };
    const database = {
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- what is not played is not called
      replicas: configured ? [behind as Database] : [],
      replication: async () => ({ ...fromPrimary, ...primary }),
    };
    const both = configured && reachable;
    // What both ends agree on is the lag: the primary has measured it, the replica knows what it delays.
    const isMeasured = primary.receivers.some(({ name }) => name === replica.upstreamName);
    const receivers = [
      ...primary.receivers.map((one) => ({
        ...one,
        delayMs: both && one.name === replica.upstreamName ? (replica.delayMs ?? 0) : 0,
      })),
      ...(both ? replica.receivers.map((one) => ({ ...one, delayMs: 0 })) : []),
    ];
    return databaseLook(replication, 'replication', {}, database, {
      ...(receiversGiven ? {} : { untrue: /no configured replica is connected/ }),
      tokens: [...receivers, ...primary.slots].map(({ name }) => name),
      wrong: [
        ...notGiven(fromPrimary),
        ...receivers.flatMap(({ name, state, replays, delayMs, notReplayedBytes, notWrittenBytes, replayLagMs }) => {
          const bytes = replays === false ? notWrittenBytes : notReplayedBytes;
          const isWrong =
            state === 'catchup' ||
            bytes === null ||
            over(replayLagMs, 30_000 + delayMs) ||
            (delayMs === 0 && over(bytes, 64 * 1024 ** 2));
          return state !== 'backup' && isWrong ? [wrong('unknown', name)] : [];
        }),
        ...ofSlots(primary.slots),
        ...(primary.unseen > 0 ? [wrong('unknown', 'cannot see')] : []),
        ...(configured && !reachable ? [wrong('unknown', 'replica-1')] : []),
        ...(both ? ofReplica(replica, isMeasured) : []),
      ],
    });
  });

const ofReplica = (replica: ReplicaReplication, isMeasured: boolean): readonly Wrong[] => {
  const { receiver, replay, lagMs, notReplayedBytes, notReceivedBytes, lastReplayedCommitMs } = replica;
  const isDelayed = replica.delayMs !== 0 || replica.delaying === true;
  const isOld = notReplayedBytes !== null && notReplayedBytes > 0 && over(lastReplayedCommitMs, 300_000);
  if (receiver === 'none' || over(lagMs, 300_000)) return [wrong('critical', 'replica-1')];
  if (lagMs === null && !isMeasured && !isDelayed && isOld) return [wrong('critical', 'replica-1')];
  const isUnknown =
    receiver === 'unseen' ||
    receiver === 'archive' ||
    replay === null ||
    (receiver === 'streaming' && (notReplayedBytes === null || notReceivedBytes === null));
  return isUnknown || replay !== 'running' ? [wrong('unknown', 'replica-1')] : [];
};

export const ofWal = fc.record({ from: origin, view: answers.wal }).map(({ from, view }) =>
  databaseLook(
    wal,
    'wal',
    {},
    { wal: async () => ({ ...from, ...view }) },
    {
      tokens: view.slots.map(({ name }) => name),
      wrong: [
        ...notGiven(from),
        ...ofSlots(view.slots),
        ...(view.directory === null ? [wrong('unknown', 'pg_wal')] : []),
        ...(view.archiving.mode !== 'off' && !view.archiving.configured ? [wrong('warn', 'archiv')] : []),
        ...(view.archiving.mode !== 'off' && view.archiving.waiting === 100 ? [wrong('critical', 'archiv')] : []),
      ],
    },
  ),
);
