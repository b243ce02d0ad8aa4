import { amount, flag, integer, nullable, number } from '../../../../clients/peer/shape.ts';
import type { PrimaryReplication, Receiver, ReplicaReplication, ReplicationView } from '../../port.ts';
import type { Connection } from '../connect/connection.ts';
import { type Columns, name } from '../query/rows.ts';
import { position, readSlots } from './slots.ts';
import { ageMs, notBelow0 } from '../query/sql.ts';

const lag = (value: string): string => `round(extract(epoch FROM ${value}) * 1000)::float8`;

/** Without the right to see it, the rows are there and everything but the process id, user and name is NULL. */
const receiversQuery = (replica: boolean): string => {
  const behind = (lsn: string) => notBelow0(`pg_wal_lsn_diff(${position(replica)}, ${lsn})`);
  return `
    SELECT r.pid, coalesce(r.application_name, '') AS name, r.usename::text AS user,
           CASE WHEN r.state IS NULL THEN NULL ELSE coalesce(host(r.client_addr), 'local') END AS client,
           r.state, coalesce(r.sync_state, '') AS "syncState",
           (SELECT s.slot_name::text FROM pg_replication_slots s WHERE s.active_pid = r.pid LIMIT 1) AS slot,
           CASE WHEN r.replay_lsn IS NOT NULL THEN true WHEN r.reply_time IS NOT NULL THEN false END AS replays,
           ${behind('r.sent_lsn')} AS "notSentBytes", ${behind('r.write_lsn')} AS "notWrittenBytes",
           ${behind('r.flush_lsn')} AS "notFlushedBytes", ${behind('r.replay_lsn')} AS "notReplayedBytes",
           ${lag('r.write_lag')} AS "writeLagMs", ${lag('r.flush_lag')} AS "flushLagMs", ${lag('r.replay_lag')} AS "replayLagMs",
           ${ageMs('r.reply_time')} AS "lastReplyMs"
      FROM pg_stat_replication r
     ORDER BY name, r.pid`;
};

type ReceiverRow = Omit<Receiver, 'state'> & { readonly state: string | null };

const receiverColumns: Columns<ReceiverRow> = {
  pid: integer,
  name,
  user: nullable(name),
  client: nullable(name),
  state: nullable(name),
  syncState: name,
  slot: nullable(name),
  replays: nullable(flag),
  notSentBytes: nullable(amount),
  notWrittenBytes: nullable(amount),
  notFlushedBytes: nullable(amount),
  notReplayedBytes: nullable(amount),
  writeLagMs: nullable(number),
  flushLagMs: nullable(number),
  replayLagMs: nullable(number),
  lastReplyMs: nullable(number),
};

export const readReplication = async (connection: Connection): Promise<ReplicationView> => {
  const replica = (await connection.server).role === 'replica';
  const [rows, slots] = await Promise.all([
    connection.rows(receiverColumns, receiversQuery(replica)),
    readSlots(connection, replica),
  ]);
  const receivers = rows.flatMap((row): Receiver[] => (row.state === null ? [] : [{ ...row, state: row.state }]));
  const both = { receivers, unseen: rows.length - receivers.length, slots };
  return replica ? { ...both, ...(await readOwn(connection)) } : { ...both, ...(await readPrimary(connection)) };
};

const readPrimary = async (
  connection: Connection,
): Promise<Pick<PrimaryReplication, 'role' | 'synchronousStandbys'>> => {
  const { names } = await connection.row(
    { names: name },
    `SELECT current_setting('synchronous_standby_names') AS names`,
  );
  return { role: 'primary', synchronousStandbys: names };
};

interface OwnRow {
  readonly pid: number | null;
  readonly status: string | null;
  readonly senderHost: string | null;
  readonly senderPort: number | null;
  readonly slot: string | null;
  readonly lastMessageMs: number | null;
  readonly receivedLsn: string | null;
  readonly replayedLsn: string | null;
  readonly notReplayedBytes: number | null;
  readonly notReceivedBytes: number | null;
  readonly replay: string;
  readonly lastReplayedCommitMs: number | null;
  /** Null where it may not be read. */
  readonly archiveOnly: boolean | null;
}

const ownColumns: Columns<OwnRow> = {
  pid: nullable(integer),
  status: nullable(name),
  senderHost: nullable(name),
  senderPort: nullable(integer),
  slot: nullable(name),
  lastMessageMs: nullable(number),
  receivedLsn: nullable(name),
  replayedLsn: nullable(name),
  notReplayedBytes: nullable(amount),
  notReceivedBytes: nullable(amount),
  replay: name,
  lastReplayedCommitMs: nullable(number),
  archiveOnly: nullable(flag),
};

/** What was received counts from the last start of the receiver: what it took from the archive is only in what was replayed. */
const own = (version: number): string => `
  SELECT w.pid, w.status, w.sender_host AS "senderHost", w.sender_port AS "senderPort", w.slot_name AS slot,
         ${ageMs('w.last_msg_receipt_time')} AS "lastMessageMs",
         pg_last_wal_receive_lsn()::text AS "receivedLsn", pg_last_wal_replay_lsn()::text AS "replayedLsn",
         ${notBelow0('pg_wal_lsn_diff(pg_last_wal_receive_lsn(), pg_last_wal_replay_lsn())')} AS "notReplayedBytes",
         ${notBelow0('pg_wal_lsn_diff(w.latest_end_lsn, pg_last_wal_receive_lsn())')} AS "notReceivedBytes",
         ${
           version >= 14
             ? 'pg_get_wal_replay_pause_state()'
             : `CASE WHEN pg_is_wal_replay_paused() THEN 'paused' ELSE 'not paused' END`
         } AS replay,
         ${ageMs('pg_last_xact_replay_timestamp()')} AS "lastReplayedCommitMs",
         CASE WHEN pg_has_role(current_user, 'pg_read_all_settings', 'USAGE')
              THEN current_setting('primary_conninfo') = '' AND current_setting('restore_command') <> '' END AS "archiveOnly"
    FROM (SELECT 1) one LEFT JOIN pg_stat_wal_receiver w ON true`;

type Own = Omit<ReplicaReplication, 'receivers' | 'unseen' | 'slots'>;

const readOwn = async (connection: Connection): Promise<Own> => {
  const row = await connection.row(ownColumns, own(connection.version));
  const receiver = receiverOf(row);
  const { notReplayedBytes, lastReplayedCommitMs } = row;
  return {
    role: 'replica',
    receiver,
    receiverStatus: row.status,
    upstream: row.senderHost === null ? null : `${row.senderHost}:${row.senderPort}`,
    upstreamSlot: row.slot,
    lastMessageMs: row.lastMessageMs,
    receivedLsn: row.receivedLsn,
    replayedLsn: row.replayedLsn,
    notReplayedBytes,
    notReceivedBytes: row.notReceivedBytes,
    replay: row.replay === 'not paused' ? 'running' : row.replay === 'paused' ? 'paused' : 'pause requested',
    lastReplayedCommitMs,
    lagMs: lagOf(receiver, notReplayedBytes, row.notReceivedBytes, lastReplayedCommitMs),
  };
};

const receiverOf = ({ pid, status, archiveOnly }: OwnRow): Own['receiver'] => {
  if (pid === null) return archiveOnly === true ? 'archive' : 'none';
  if (status === null) return 'unseen';
  return status === 'streaming' ? 'streaming' : 'other';
};

/** Nothing left to replay means "no lag" only while something is being received: a cut-off replica has replayed all it got. */
const lagOf = (
  receiver: Own['receiver'],
  notReplayed: number | null,
  notReceived: number | null,
  lastCommitMs: number | null,
): number | null => {
  if (receiver === 'unseen' || receiver === 'archive') return null;
  if (receiver === 'streaming' && notReplayed === 0 && notReceived === 0) return 0;
  return lastCommitMs;
};
