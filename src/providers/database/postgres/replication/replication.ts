import { flag, integer, nullable, number } from '../../../../clients/peer/shape.ts';
import type { Receiver, ReplicationView } from '../../port.ts';
import type { Connection } from '../connect/connection.ts';
import { bytesBetween } from '../query/lsn.ts';
import { type Columns, name, without } from '../query/rows.ts';
import { ageMs } from '../query/sql.ts';
import { readPosition } from './position.ts';
import { readReplica } from './replica.ts';
import { readSlots } from './slots.ts';

const lag = (value: string): string => `round(extract(epoch FROM ${value}) * 1000)::float8`;

/**
 * Without the right to see it, the rows are there and everything but the process id, user and name is NULL. The server's time lag
 * of one that reports no position grows from the first byte on.
 */
const receivers = `
  SELECT r.pid, coalesce(r.application_name, '') AS name, r.usename::text AS user,
         CASE WHEN r.state IS NULL THEN NULL ELSE coalesce(host(r.client_addr), 'local') END AS client,
         r.state, coalesce(r.sync_state, '') AS "syncState",
         CASE WHEN r.replay_lsn IS NOT NULL THEN true WHEN r.reply_time IS NOT NULL THEN false END AS replays,
         r.sent_lsn::text AS sent, r.write_lsn::text AS written, r.flush_lsn::text AS flushed, r.replay_lsn::text AS replayed,
         ${lag('r.write_lag')} AS "writeLagMs", ${lag('r.flush_lag')} AS "flushLagMs",
         CASE WHEN r.replay_lsn IS NOT NULL THEN ${lag('r.replay_lag')} END AS "replayLagMs",
         ${ageMs('r.reply_time')} AS "lastReplyMs"
    FROM pg_stat_replication r
   ORDER BY name, r.pid`;

type Distances = 'notSentBytes' | 'notWrittenBytes' | 'notFlushedBytes' | 'notReplayedBytes';

interface Row extends Omit<Receiver, 'state' | 'slot' | 'delayMs' | Distances> {
  readonly state: string | null;
  readonly sent: string | null;
  readonly written: string | null;
  readonly flushed: string | null;
  readonly replayed: string | null;
}

const columns: Columns<Row> = {
  pid: integer,
  name,
  user: nullable(name),
  client: nullable(name),
  state: nullable(name),
  syncState: name,
  replays: nullable(flag),
  sent: nullable(name),
  written: nullable(name),
  flushed: nullable(name),
  replayed: nullable(name),
  writeLagMs: nullable(number),
  flushLagMs: nullable(number),
  replayLagMs: nullable(number),
  lastReplyMs: nullable(number),
};

export const readReplication = async (connection: Connection): Promise<ReplicationView> => {
  const replica = (await connection.server).role === 'replica';
  const position = readPosition(connection, replica);
  const [now, found, { slots, slotOf }, own] = await Promise.all([
    position,
    connection.part('receivers', columns, receivers),
    readSlots(connection, position),
    replica ? readReplica(connection) : readPrimary(connection),
  ]);
  const rows = found ?? [];
  const seen = rows.flatMap((row): Receiver[] => {
    if (row.state === null) return [];
    return [
      {
        ...without(row, 'state', 'sent', 'written', 'flushed', 'replayed'),
        state: row.state,
        slot: slotOf(row.pid),
        delayMs: null,
        notSentBytes: bytesBetween(row.sent, now),
        notWrittenBytes: bytesBetween(row.written, now),
        notFlushedBytes: bytesBetween(row.flushed, now),
        notReplayedBytes: bytesBetween(row.replayed, now),
      },
    ];
  });
  return { receivers: seen, unseen: rows.length - seen.length, slots, ...own };
};

const readPrimary = async (connection: Connection) => {
  const { names } = await connection.row(
    { names: name },
    `SELECT current_setting('synchronous_standby_names') AS names`,
  );
  return { role: 'primary' as const, synchronousStandbys: names };
};
