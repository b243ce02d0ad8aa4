import { count, integer, nullable, number, oneOf } from '../../../../clients/peer/shape.ts';
import type { XminHolder } from '../../port.ts';
import type { Connection } from '../connect/connection.ts';
import { type Columns, name } from '../query/rows.ts';
import { isKept } from './slots.ts';
import { ageMs, isUnseen } from '../query/sql.ts';

/**
 * Those whose snapshot is older than what they are asked about. Sessions of other databases only hold back the tables that
 * all share; a VACUUM itself holds nothing back. A catalogue's horizon (logical slots) matters to the catalogue alone, but a
 * catalogue that grows makes everything slow.
 */
const sessions = `
  SELECT 'session' AS kind, a.pid::text AS name,
         concat_ws(', ', nullif(a.usename::text, ''), nullif(a.application_name, ''), a.state) AS detail,
         greatest(age(a.backend_xmin), age(a.backend_xid)) AS "xminAge", ${ageMs('a.xact_start')} AS "ageMs", a.pid
    FROM pg_stat_activity a
   WHERE (a.backend_xmin IS NOT NULL OR a.backend_xid IS NOT NULL) AND a.datname = current_database()
     AND a.pid <> pg_backend_pid() AND a.pid NOT IN (SELECT pid FROM pg_stat_progress_vacuum)`;

const prepared = `
  SELECT 'prepared transaction' AS kind, p.gid AS name, p.owner::text AS detail, age(p.transaction) AS "xminAge",
         ${ageMs('p.prepared')} AS "ageMs", NULL::int AS pid
    FROM pg_prepared_xacts p WHERE p.database = current_database()`;

const slots = `
  SELECT 'replication slot' AS kind, s.slot_name::text AS name,
         concat_ws(', ', s.slot_type, CASE WHEN s.active THEN 'active' ELSE 'inactive' END,
                   CASE WHEN s.xmin IS NULL THEN 'catalogue only' END) AS detail,
         greatest(age(s.xmin), age(s.catalog_xmin)) AS "xminAge", NULL::float8 AS "ageMs", s.active_pid AS pid
    FROM pg_replication_slots s WHERE (s.xmin IS NOT NULL OR s.catalog_xmin IS NOT NULL) AND ${isKept}`;

const replicas = `
  SELECT 'replica' AS kind, coalesce(nullif(r.application_name, ''), r.pid::text) AS name, 'hot_standby_feedback' AS detail,
         age(r.backend_xmin) AS "xminAge", NULL::float8 AS "ageMs", r.pid
    FROM pg_stat_replication r WHERE r.backend_xmin IS NOT NULL`;

const columns: Columns<XminHolder> = {
  kind: oneOf('session', 'prepared transaction', 'replication slot', 'replica'),
  name,
  detail: name,
  xminAge: integer,
  ageMs: nullable(number),
  pid: nullable(integer),
};

/** The oldest first. */
export const readXminHolders = async (
  connection: Connection,
): Promise<{ readonly holders: readonly XminHolder[]; readonly unseen: number }> => {
  const [{ unseen }, ...found] = await Promise.all([
    connection.row(
      { unseen: count },
      `SELECT count(*) AS unseen FROM pg_stat_activity a
        WHERE ${isUnseen('a')} AND a.backend_xmin IS NULL AND a.datname = current_database()`,
    ),
    connection.part('sessions', columns, sessions),
    connection.part('prepared transactions', columns, prepared),
    connection.part('replication slots', columns, slots),
    connection.part('replicas', columns, replicas),
  ]);
  const holders = found.flatMap((rows) => rows ?? []);
  return { holders: holders.toSorted((one, other) => other.xminAge - one.xminAge), unseen };
};
