import { integer, listOf, nullable, number, record } from '../../../../clients/peer/shape.ts';
import type { ReplayConflict } from '../../port.ts';
import type { Connection } from '../connect/connection.ts';
import { type Columns, name } from '../query/rows.ts';
import { ageMs, qualified } from '../query/sql.ts';

/**
 * The startup process replays. What it locks, it locks against everything, so whoever holds a lock there is in its way; the server's
 * own pg_blocking_pids() knows nothing of it. Whose snapshot is in its way is not said: those that are the oldest may be.
 */
const conflict = `
  SELECT s.wait_event_type || ': ' || s.wait_event AS "waitsFor",
         CASE WHEN c.oid IS NOT NULL THEN ${qualified('n.nspname', 'c.relname')} END AS relation,
         (SELECT coalesce(json_agg(json_build_object('pid', h.pid, 'user', h.usename, 'forMs', ${ageMs('h.xact_start')}) ORDER BY h.xact_start), '[]')
            FROM (SELECT a.pid, a.usename, a.xact_start FROM pg_stat_activity a
                   WHERE a.pid <> s.pid
                     AND CASE WHEN l.pid IS NULL THEN a.backend_xmin IS NOT NULL AND a.pid <> pg_backend_pid()
                         ELSE EXISTS (SELECT FROM pg_locks g WHERE g.pid = a.pid AND g.granted AND g.locktype = 'relation'
                                         AND g.database = l.database AND g.relation = l.relation) END
                   ORDER BY a.xact_start LIMIT 10) h) AS holders
    FROM pg_stat_activity s
    LEFT JOIN LATERAL (SELECT * FROM pg_locks w WHERE w.pid = s.pid AND NOT w.granted AND w.locktype = 'relation' LIMIT 1) l ON true
    LEFT JOIN pg_class c ON c.oid = l.relation AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
    LEFT JOIN pg_namespace n ON n.oid = c.relnamespace
   WHERE s.backend_type = 'startup'
     AND (s.wait_event_type IN ('Lock', 'BufferPin') OR s.wait_event LIKE 'RecoveryConflict%')`;

const columns: Columns<ReplayConflict> = {
  waitsFor: name,
  relation: nullable(name),
  holders: listOf(
    record<ReplayConflict['holders'][number]>({ pid: integer, user: nullable(name), forMs: nullable(number) }),
  ),
};

/** What replay waits for at this moment; null where it waits for nobody. */
export const readConflict = async (connection: Connection): Promise<ReplayConflict | null> =>
  (await connection.part('what replay waits for', columns, conflict))?.[0] ?? null;
