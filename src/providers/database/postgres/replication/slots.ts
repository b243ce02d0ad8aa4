import { flag, integer, nullable, number, oneOf } from '../../../../clients/peer/shape.ts';
import type { ReplicationSlot } from '../../port.ts';
import type { Connection } from '../connect/connection.ts';
import { bytesBetween } from '../query/lsn.ts';
import { type Columns, name, without } from '../query/rows.ts';
import { ageMs } from '../query/sql.ts';

/** A slot that is lost holds nothing back any more, whatever its columns still say. */
export const isKept = `s.wal_status IS DISTINCT FROM 'lost'`;

interface Row extends Omit<ReplicationSlot, 'retainedBytes'> {
  readonly activePid: number | null;
  /** From where on it keeps the WAL; null where it keeps none. */
  readonly keptFrom: string | null;
}

const columns: Columns<Row> = {
  name,
  type: oneOf('physical', 'logical'),
  database: nullable(name),
  active: flag,
  activePid: nullable(integer),
  temporary: flag,
  synchronised: flag,
  keptFrom: nullable(name),
  walStatus: nullable(name),
  safeBytes: nullable(number),
  inactiveMs: nullable(number),
  xminAge: nullable(integer),
};

/** `inactive_since` exists from 17 on; a slot in use has none, or an old one. */
const slots = (version: number): string => `
  SELECT s.slot_name::text AS name, s.slot_type AS type, s.database::text, s.active, s.active_pid AS "activePid", s.temporary,
         CASE WHEN ${isKept} THEN s.restart_lsn::text END AS "keptFrom",
         ${version >= 17 ? 's.synced AND pg_is_in_recovery()' : 'false'} AS synchronised,
         s.wal_status AS "walStatus", s.safe_wal_size AS "safeBytes",
         ${version >= 17 ? `CASE WHEN NOT s.active THEN ${ageMs('s.inactive_since')} END` : 'NULL::float8'} AS "inactiveMs",
         CASE WHEN ${isKept} THEN greatest(age(s.xmin), age(s.catalog_xmin)) END AS "xminAge"
    FROM pg_replication_slots s
   ORDER BY s.active, s.restart_lsn, s.slot_name`;

export interface Slots {
  readonly slots: readonly ReplicationSlot[];
  /** The slot of a process that streams from it. */
  readonly slotOf: (pid: number) => string | null;
}

/** The slots at a position in the WAL: those in use last, and first those that keep most. */
export const readSlots = async (connection: Connection, position: Promise<string | null>): Promise<Slots> => {
  const [rows, now] = await Promise.all([
    connection.part('replication slots', columns, slots(connection.version)),
    position,
  ]);
  return {
    slots: (rows ?? []).map((row) => ({
      ...without(row, 'activePid', 'keptFrom'),
      retainedBytes: bytesBetween(row.keptFrom, now),
    })),
    slotOf: (pid) => rows?.find(({ activePid }) => activePid === pid)?.name ?? null,
  };
};
