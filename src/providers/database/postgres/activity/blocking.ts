import { flag, integer, listOf, nullable, number } from '../../../../clients/peer/shape.ts';
import type { BlockingView, LockedSession, PreparedTransaction } from '../../port.ts';
import type { Connection } from '../connect/connection.ts';
import { conflicts } from './lock-modes.ts';
import { type Columns, name } from '../query/rows.ts';
import { fromSessions, sessionColumns, sessionShape, shown } from './sessions.ts';
import { ageMs, qualified } from '../query/sql.ts';

type Row = Omit<LockedSession, 'waitsForLock'> & {
  readonly mode: string | null;
  readonly lockType: string | null;
  readonly relation: string | null;
  readonly waitedMs: number | null;
};

const columns: Columns<Row> = {
  ...sessionShape,
  mode: nullable(name),
  lockType: nullable(name),
  relation: nullable(name),
  waitedMs: nullable(number),
};

const preparedColumns: Columns<PreparedTransaction> = {
  gid: name,
  transaction: name,
  owner: name,
  database: name,
  ageMs: number,
  blocks: listOf(integer),
  mayRollBack: flag,
};

/** Those that wait for a lock, and all that they wait for, however far away. `waitstart` exists from 14 on. */
const locked = (version: number): string => `
  WITH waiting AS MATERIALIZED (
    SELECT w.pid, pg_blocking_pids(w.pid) AS blockers
      FROM (SELECT DISTINCT pid FROM pg_locks WHERE NOT granted AND pid IS NOT NULL) w
  ), involved AS (
    SELECT pid FROM waiting UNION SELECT unnest(blockers) FROM waiting
  )
  SELECT ${sessionColumns(`coalesce(w.blockers, '{}')`)},
         l.mode, l.locktype AS "lockType",
         CASE WHEN c.oid IS NOT NULL THEN ${qualified('n.nspname', 'c.relname')} END AS relation,
         ${version >= 14 ? ageMs('coalesce(l.waitstart, a.query_start)') : ageMs('a.query_start')} AS "waitedMs"
    ${fromSessions}
    JOIN involved i ON i.pid = a.pid
    LEFT JOIN waiting w ON w.pid = a.pid
    LEFT JOIN LATERAL (SELECT * FROM pg_locks l WHERE l.pid = a.pid AND NOT l.granted LIMIT 1) l ON true
    LEFT JOIN pg_class c ON c.oid = l.relation AND l.database IN (0, (SELECT oid FROM pg_database WHERE datname = current_database()))
    LEFT JOIN pg_namespace n ON n.oid = c.relnamespace
   ORDER BY a.xact_start NULLS LAST, a.pid`;

/**
 * A prepared transaction holds its locks without a process: the one on its own transaction id leads to the others, which have
 * the same virtual transaction. A lock that goes with what is waited for blocks nobody: to have read a table is no reason to be
 * rolled back.
 */
const prepared = `
  SELECT p.gid, p.transaction::text, p.owner::text, p.database::text, ${ageMs('p.prepared')} AS "ageMs",
         p.database = current_database() AND (
           pg_has_role(p.owner, 'USAGE') AND p.owner = current_user
           OR (SELECT rolsuper FROM pg_roles WHERE rolname = current_user)) AS "mayRollBack",
         coalesce((SELECT array_agg(DISTINCT w.pid)
            FROM pg_locks x
            JOIN pg_locks h ON h.pid IS NULL AND h.granted AND h.virtualtransaction = x.virtualtransaction
            JOIN pg_locks w
              ON NOT w.granted AND w.pid IS NOT NULL AND w.locktype = h.locktype
             AND w.database IS NOT DISTINCT FROM h.database AND w.relation IS NOT DISTINCT FROM h.relation
             AND w.page IS NOT DISTINCT FROM h.page AND w.tuple IS NOT DISTINCT FROM h.tuple
             AND w.virtualxid IS NOT DISTINCT FROM h.virtualxid
             AND w.transactionid IS NOT DISTINCT FROM h.transactionid
             AND w.classid IS NOT DISTINCT FROM h.classid AND w.objid IS NOT DISTINCT FROM h.objid
             AND w.objsubid IS NOT DISTINCT FROM h.objsubid AND ${conflicts('h.mode', 'w.mode')}
           WHERE x.pid IS NULL AND x.granted AND x.locktype = 'transactionid' AND x.transactionid = p.transaction
             AND 0 = ANY (pg_blocking_pids(w.pid))), '{}') AS blocks
    FROM pg_prepared_xacts p
   ORDER BY p.prepared`;

export const readBlocking = async (connection: Connection): Promise<BlockingView> => {
  const [rows, transactions] = await Promise.all([
    connection.rows(columns, locked(connection.version)),
    connection.part('prepared transactions', preparedColumns, prepared),
  ]);
  const sessions = rows.map(({ mode, lockType, relation, waitedMs, ...session }) => ({
    ...shown(connection, session),
    waitsForLock: mode === null || lockType === null ? null : { mode, type: lockType, relation, waitedMs },
  }));
  return {
    sessions,
    edges: sessions.flatMap(({ pid, blockedBy }) =>
      [...new Set(blockedBy)].map((blocker) => ({ blocked: pid, blocker })),
    ),
    prepared: transactions ?? [],
    unseen: sessions.filter(({ kind }) => kind === null).length,
  };
};
