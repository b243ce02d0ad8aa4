import * as z from 'zod/mini';
import type { DataFinding } from '../../../engine/finding.ts';
import { critical, judged } from '../../../engine/judgement.ts';
import type { JudgedRow, Unseen } from '../../../engine/judgement.ts';
import { messageOf, RunbookError } from '../../../engine/errors.ts';
import type { Call, Database, From, ReplicationView } from '../../../providers/database/port.ts';
import { list, nullableNumber, nullableText, ServerData, UnavailableData } from '../reading/data.ts';
import { databaseLook } from '../reading/database-look.ts';
import { withAgreedLag } from './agreed-lag.ts';
import type { End, Seen } from './agreed-lag.ts';
import { replicationLimits, seesReceivers } from './replication-judgement.ts';
import { endRow, endRows } from './replication-rows.ts';
import { onServer, unseenBecause, unseenParts } from '../reading/server.ts';
import { SlotData } from './slot-data.ts';
import { slotLimits } from './slots-judgement.ts';
import { counted } from '../../../words/counts.ts';

const ReceiverData = z.object({
  pid: z.number(),
  name: z.string(),
  user: nullableText,
  client: nullableText,
  state: z.string(),
  syncState: z.string(),
  slot: nullableText,
  replays: z.nullable(z.boolean()),
  delayMs: nullableNumber,
  notSentBytes: nullableNumber,
  notWrittenBytes: nullableNumber,
  notFlushedBytes: nullableNumber,
  notReplayedBytes: nullableNumber,
  writeLagMs: nullableNumber,
  flushLagMs: nullableNumber,
  replayLagMs: nullableNumber,
  lastReplyMs: nullableNumber,
});

const bothEnds = {
  name: z.string(),
  server: ServerData,
  receivers: list(ReceiverData),
  unseen: z.number(),
  slots: list(SlotData),
  unavailable: list(UnavailableData),
};
const limits = z.object({ lagMs: z.number(), behindBytes: z.number() });

const ReplicationData = z.object({
  servers: list(
    z.union([
      z.object({ name: z.string(), unreachable: z.string() }),
      z.object({ ...bothEnds, role: z.literal('primary'), synchronousStandbys: z.string() }),
      z.object({
        ...bothEnds,
        role: z.literal('replica'),
        receiver: z.enum(['streaming', 'other', 'none', 'archive', 'unseen']),
        receiverStatus: nullableText,
        upstream: nullableText,
        upstreamSlot: nullableText,
        upstreamName: nullableText,
        lastMessageMs: nullableNumber,
        conflict: z.nullable(
          z.object({
            waitsFor: z.string(),
            relation: nullableText,
            holders: list(z.object({ pid: z.number(), user: nullableText, forMs: nullableNumber })),
          }),
        ),
        receivedLsn: nullableText,
        replayedLsn: nullableText,
        notReplayedBytes: nullableNumber,
        notReceivedBytes: nullableNumber,
        replay: z.nullable(z.enum(['running', 'pause requested', 'paused'])),
        lastReplayedCommitMs: nullableNumber,
        delayMs: nullableNumber,
        delaying: z.nullable(z.boolean()),
        lagMs: nullableNumber,
      }),
    ]),
  ),
  thresholds: z.object({
    warn: limits,
    critical: limits,
    slots: z.object({ warnRetainedBytes: z.number(), criticalRetainedBytes: z.number() }),
  }),
});

/** Section 2.3 of the runbook, "Check replication lag": seen from the primary and from each configured replica. */
export const replication = databaseLook({
  id: 'replication',
  section: '2.3',
  title: 'Replication',
  purpose: 'Reads from a replica are stale, or a replication alert fires.',
  input: z.object(onServer),
  data: ReplicationData,
  look: async (server, context) => {
    // An unreachable replica is part of the answer. Without the first server there is none.
    const [first, ...others] = await Promise.all([
      server.replication(context),
      ...server.replicas.map((replica) => lookAt(replica, context)),
    ]);
    return replicationFinding(
      withAgreedLag([
        { name: server.name, view: first },
        ...server.replicas.map(({ name }, index) => ({ name, view: others[index] ?? 'not looked at' })),
      ]),
    );
  },
});

const lookAt = async (replica: Database, call: Call): Promise<Seen> => {
  try {
    return await replica.replication(call);
  } catch (error) {
    if (call.signal.aborted || !(error instanceof RunbookError)) throw error;
    return messageOf(error);
  }
};

const replicationFinding = (ends: readonly End[]): DataFinding<z.output<typeof ReplicationData>> => {
  const [first] = ends;
  const view = typeof first?.view === 'string' ? undefined : first?.view;
  return {
    ...judged({
      about: view === undefined ? 'the replication' : whoReceives(view),
      ...(ends.some(({ view: seen }) => typeof seen === 'object' && hasReceivers(seen))
        ? { allOk: 'all caught up' }
        : {}),
      columns: [
        { title: 'seen from' },
        { title: 'what' },
        { title: 'behind', align: 'right' },
        { title: 'lag', align: 'right' },
        { title: 'state', narrows: true },
      ],
      rows: [
        ...(view === undefined || !isAlone(view, ends) ? [] : [aloneRow(first?.name ?? 'primary')]),
        ...ends.flatMap(({ name, view: seen }) => [...endRows(name, seen), ...strangerRows(name, seen, first?.view)]),
      ],
      unseen: ends.flatMap(({ name, view: seen }) => (typeof seen === 'string' ? [] : unseenAt(name, seen))),
    }),
    data: {
      servers: ends.map(({ name, view: seen }) =>
        typeof seen === 'string' ? { name, unreachable: seen } : { name, ...seen },
      ),
      thresholds: { ...replicationLimits, slots: slotLimits },
    },
  };
};

const unseenAt = (name: string, view: From<ReplicationView>): readonly Unseen[] => [
  ...unseenParts(view).map((one) => ({ ...one, what: `${one.what} of ${name}` })),
  ...(view.unseen > 0
    ? [{ what: `${counted(view.unseen, 'receiver')} of ${name}`, ...unseenBecause(view.server) }]
    : []),
];

/** A primary that nothing receives from, although replicas are configured. */
const isAlone = (view: From<ReplicationView>, ends: readonly End[]): boolean =>
  view.role === 'primary' && ends.length > 1 && !hasReceivers(view) && seesReceivers(view);

const hasReceivers = ({ receivers, unseen, role }: ReplicationView): boolean =>
  receivers.length + unseen > 0 || role === 'replica';

const aloneRow = (from: string): JudgedRow =>
  endRow(from, 'replication', 'no receiver', critical('no configured replica is connected'));

/** A configured replica may be that of another primary, and up to date all the same. */
const strangerRows = (from: string, view: Seen, first: Seen | undefined): readonly JudgedRow[] => {
  const [its, ours] = [view, first].map((seen) => (typeof seen === 'object' ? seen.server.systemIdentifier : null));
  if (its === null || ours === null || its === ours) return [];
  const why = `belongs to another cluster (system identifier ${its}, not ${ours})`;
  return [endRow(from, from, 'of another cluster', critical(why))];
};

const whoReceives = ({ role, receivers, unseen }: From<ReplicationView>): string =>
  `${role === 'primary' ? 'the primary' : 'a replica'} with ${counted(receivers.length + unseen, 'receiver')}`;
