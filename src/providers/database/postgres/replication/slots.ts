import { amount, flag, integer, nullable, number, oneOf } from '../../../../clients/peer/shape.ts';
import type { ReplicationSlot } from '../../port.ts';
import type { Connection } from '../connect/connection.ts';
import { type Columns, name } from '../query/rows.ts';
import { ageMs, notBelow0 } from '../query/sql.ts';

/**
 * Where the log stands. A replica has no position of its own to write at; what it replays from the archive it has not received.
 */
export const position = (replica: boolean): string =>
  replica ? 'greatest(pg_last_wal_receive_lsn(), pg_last_wal_replay_lsn())' : 'pg_current_wal_lsn()';

/** A slot that is lost holds nothing back any more, whatever its columns still say. */
export const isKept = `s.wal_status IS DISTINCT FROM 'lost'`;

const columns: Columns<ReplicationSlot> = {
  name,
  type: oneOf('physical', 'logical'),
  database: nullable(name),
  active: flag,
  temporary: flag,
  retainedBytes: nullable(amount),
  walStatus: nullable(name),
  safeBytes: nullable(number),
  inactiveMs: nullable(number),
  xminAge: nullable(integer),
};

/** `inactive_since` exists from 17 on; a slot in use has none, or an old one. */
export const readSlots = (connection: Connection, replica: boolean): Promise<readonly ReplicationSlot[]> =>
  connection.rows(
    columns,
    `
    SELECT s.slot_name::text AS name, s.slot_type AS type, s.database::text, s.active, s.temporary,
           CASE WHEN ${isKept} THEN ${notBelow0(`pg_wal_lsn_diff(${position(replica)}, s.restart_lsn)`)} END AS "retainedBytes",
           s.wal_status AS "walStatus", s.safe_wal_size AS "safeBytes",
           ${connection.version >= 17 ? `CASE WHEN NOT s.active THEN ${ageMs('s.inactive_since')} END` : 'NULL::float8'} AS "inactiveMs",
           CASE WHEN ${isKept} THEN greatest(age(s.xmin), age(s.catalog_xmin)) END AS "xminAge"
      FROM pg_replication_slots s
     ORDER BY s.active, "retainedBytes" DESC NULLS LAST, s.slot_name`,
  );
