import { setTimeout as sleep } from 'node:timers/promises';
import { amount, flag, integer, nullable, number } from '../../../../clients/peer/shape.ts';
import type { ReplicaReplication } from '../../port.ts';
import type { Connection } from '../connect/connection.ts';
import { bytesBetween } from '../query/lsn.ts';
import { type Columns, name } from '../query/rows.ts';
import { ageMs } from '../query/sql.ts';
import { readConflict } from './conflict.ts';

interface ReceiverRow {
  readonly pid: number | null;
  readonly status: string | null;
  readonly senderHost: string | null;
  readonly senderPort: number | null;
  readonly slot: string | null;
  readonly upstreamName: string | null;
  readonly lastMessageMs: number | null;
  /** What the upstream server had written when it last said so. */
  readonly upstreamLsn: string | null;
  readonly delayMs: number;
  readonly delaying: boolean | null;
  /** Null where it may not be read. */
  readonly archiveOnly: boolean | null;
}

const receiverColumns: Columns<ReceiverRow> = {
  pid: nullable(integer),
  status: nullable(name),
  senderHost: nullable(name),
  senderPort: nullable(integer),
  slot: nullable(name),
  upstreamName: nullable(name),
  lastMessageMs: nullable(number),
  upstreamLsn: nullable(name),
  delayMs: amount,
  delaying: nullable(flag),
  archiveOnly: nullable(flag),
};

/** The value of a parameter of its connection, up to the first blank. */
const parameter = (name: string): string => `split_part(split_part(' ' || w.conninfo, '${name}', 2), ' ', 1)`;

const receiver = `
  SELECT w.pid, w.status, w.sender_host AS "senderHost", w.sender_port AS "senderPort", w.slot_name AS slot,
         coalesce(nullif(${parameter(' application_name=')}, ''), nullif(${parameter(' fallback_application_name=')}, '')) AS "upstreamName",
         ${ageMs('w.last_msg_receipt_time')} AS "lastMessageMs", w.latest_end_lsn::text AS "upstreamLsn",
         (SELECT setting::float8 FROM pg_settings WHERE name = 'recovery_min_apply_delay') AS "delayMs",
         (SELECT coalesce(a.wait_event = 'RecoveryApplyDelay', false) FROM pg_stat_activity a
           WHERE a.backend_type = 'startup') AS delaying,
         CASE WHEN pg_has_role(current_user, 'pg_read_all_settings', 'USAGE')
              THEN current_setting('primary_conninfo') = '' AND current_setting('restore_command') <> '' END AS "archiveOnly"
    FROM (SELECT 1) one LEFT JOIN pg_stat_wal_receiver w ON true`;

interface ReplayRow {
  readonly receivedLsn: string | null;
  readonly replayedLsn: string | null;
  readonly replay: string;
  readonly lastReplayedCommitMs: number | null;
}

const replayColumns: Columns<ReplayRow> = {
  receivedLsn: nullable(name),
  replayedLsn: nullable(name),
  replay: name,
  lastReplayedCommitMs: nullable(number),
};

/** What was received counts from the last start of the receiver: what it took from the archive is only in what was replayed. */
const replay = (version: number): string => `
  SELECT pg_last_wal_receive_lsn()::text AS "receivedLsn", pg_last_wal_replay_lsn()::text AS "replayedLsn",
         ${
           version >= 14
             ? 'pg_get_wal_replay_pause_state()'
             : `CASE WHEN pg_is_wal_replay_paused() THEN 'paused' ELSE 'not paused' END`
         } AS replay,
         ${ageMs('pg_last_xact_replay_timestamp()')} AS "lastReplayedCommitMs"`;

type Own = Omit<ReplicaReplication, 'receivers' | 'unseen' | 'slots'>;

const replays: Readonly<Record<string, Own['replay']>> = {
  'not paused': 'running',
  paused: 'paused',
  'pause requested': 'pause requested',
};

/** What a replica says of itself. */
export const readReplica = async (connection: Connection): Promise<Own> => {
  const [receivers, replaying, conflict] = await Promise.all([
    connection.part('the WAL receiver', receiverColumns, receiver),
    connection.part('what is replayed', replayColumns, replay(connection.version)),
    readConflict(connection),
  ]);
  const [row] = receivers ?? [];
  const [state] = replaying ?? [];
  const kind = receiverOf(row);
  const found = {
    receivedLsn: state?.receivedLsn ?? null,
    replay: state === undefined ? null : (replays[state.replay] ?? null),
    notReplayedBytes: bytesBetween(state?.replayedLsn ?? null, state?.receivedLsn ?? null),
    notReceivedBytes: bytesBetween(state?.receivedLsn ?? null, row?.upstreamLsn ?? null),
    delayMs: row?.delayMs ?? null,
  };
  return {
    ...found,
    role: 'replica',
    receiver: kind,
    receiverStatus: row?.status ?? null,
    upstream: row === undefined || row.senderHost === null ? null : `${row.senderHost}:${row.senderPort}`,
    upstreamSlot: row?.slot ?? null,
    upstreamName: row?.upstreamName ?? null,
    lastMessageMs: row?.lastMessageMs ?? null,
    conflict,
    replayedLsn: state?.replayedLsn ?? null,
    lastReplayedCommitMs: state?.lastReplayedCommitMs ?? null,
    delaying: row?.delaying ?? null,
    lagMs: kind === 'streaming' ? await lagOf(connection, found) : null,
  };
};

const receiverOf = (row: ReceiverRow | undefined): Own['receiver'] => {
  if (row === undefined) return 'unseen';
  if (row.pid === null) return row.archiveOnly === true ? 'archive' : 'none';
  if (row.status === null) return 'unseen';
  return row.status === 'streaming' ? 'streaming' : 'other';
};

/** Replay that is on time is done with what was received before this. */
const measuredWithinMs = 250;
const lookEveryMs = 25;

/**
 * Under load there is always something that was received and not replayed: whether that is on time is seen by looking again. What
 * is held up on purpose, or is not replayed at once, is not known: only a commit carries a time.
 */
const lagOf = async (
  connection: Connection,
  {
    notReplayedBytes,
    notReceivedBytes,
    receivedLsn,
    replay,
    delayMs,
  }: Pick<Own, 'notReplayedBytes' | 'notReceivedBytes' | 'receivedLsn' | 'replay' | 'delayMs'>,
): Promise<number | null> => {
  if (notReplayedBytes === 0) return notReceivedBytes === 0 ? 0 : null;
  if (notReplayedBytes === null || replay !== 'running' || delayMs === null || delayMs > 0) return null;
  const began = performance.now();
  for (;;) {
    const { replayed } = await connection.row(
      { replayed: nullable(flag) },
      'SELECT pg_last_wal_replay_lsn() >= $1::pg_lsn AS replayed',
      [receivedLsn],
    );
    const ms = Math.round(performance.now() - began);
    if (replayed === true) return ms;
    if (ms >= measuredWithinMs) return null;
    await sleep(lookEveryMs);
  }
};
