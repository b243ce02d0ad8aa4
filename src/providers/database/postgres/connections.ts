import type { ConnectionCounts, ConnectionGroup } from '../port.ts';
import type { Connection } from './connection.ts';
import { ageMs, isUnseen } from './sql.ts';

interface GroupRow {
  readonly by: 'all' | 'state' | 'application' | 'user' | 'database';
  readonly name: string | null;
  readonly count: number;
  readonly unseen: number;
  readonly oldestMs: number | null;
}

/** One pass over the sessions; whatever cannot be seen has no state and is counted apart. */
const counts = `
  WITH clients AS MATERIALIZED (
    SELECT a.state, a.application_name AS application, a.usename::text AS "user", a.datname::text AS database,
           a.state_change, ${isUnseen('a')} AS unseen
      FROM pg_stat_activity a
     WHERE a.backend_type = 'client backend' OR (${isUnseen('a')})
  )
  SELECT CASE WHEN GROUPING(state) = 0 THEN 'state' WHEN GROUPING(application) = 0 THEN 'application'
              WHEN GROUPING("user") = 0 THEN 'user' WHEN GROUPING(database) = 0 THEN 'database' ELSE 'all' END AS by,
         CASE WHEN GROUPING(state) = 0 THEN state WHEN GROUPING(application) = 0 THEN application
              WHEN GROUPING("user") = 0 THEN "user" WHEN GROUPING(database) = 0 THEN database END AS name,
         count(*) AS count,
         count(*) FILTER (WHERE unseen) AS unseen,
         max(${ageMs('state_change')}) AS "oldestMs"
    FROM clients
   GROUP BY GROUPING SETS ((), (state), (application), ("user"), (database))
   ORDER BY count DESC, name`;

interface SettingsRow {
  readonly max: number;
  readonly reservedForSuperusers: number;
  readonly reservedForRoles: number;
}

const settings = `
  SELECT current_setting('max_connections')::int AS max,
         current_setting('superuser_reserved_connections')::int AS "reservedForSuperusers",
         coalesce(current_setting('reserved_connections', true), '0')::int AS "reservedForRoles"`;

interface LimitRow {
  readonly of: 'database' | 'role';
  readonly name: string;
  readonly max: number;
  readonly used: number;
}

/** Only those of this database and of the roles that are connected: others cannot be what is in the way. */
const limits = `
  SELECT 'database' AS of, d.datname::text AS name, d.datconnlimit AS max,
         (SELECT count(*) FROM pg_stat_activity a WHERE a.datid = d.oid AND a.usesysid IS NOT NULL) AS used
    FROM pg_database d WHERE d.datname = current_database() AND d.datconnlimit >= 0
  UNION ALL
  SELECT 'role', r.rolname::text, r.rolconnlimit, count(*)
    FROM pg_roles r JOIN pg_stat_activity a ON a.usesysid = r.oid
   WHERE r.rolconnlimit >= 0 GROUP BY r.rolname, r.rolconnlimit
   ORDER BY 1, 2`;

export const readConnections = async (connection: Connection): Promise<ConnectionCounts> => {
  const [groups, set, limited] = await Promise.all([
    connection.rows<GroupRow>(counts),
    connection.row<SettingsRow>(settings),
    connection.rows<LimitRow>(limits),
  ]);
  const all = groups.find(({ by }) => by === 'all');
  const by = (kind: GroupRow['by']): readonly ConnectionGroup[] =>
    groups.flatMap((row) => {
      if (row.by !== kind || (kind === 'state' && row.name === null)) return [];
      return { name: row.name ?? '', count: row.count, oldestMs: row.oldestMs };
    });
  return {
    total: all?.count ?? 0,
    ...set,
    unseen: all?.unseen ?? 0,
    byState: by('state'),
    byApplication: by('application'),
    byUser: by('user'),
    byDatabase: by('database'),
    limits: limited,
  };
};
