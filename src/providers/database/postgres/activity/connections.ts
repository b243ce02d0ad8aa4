import { count, nullable, number, oneOf } from '../../../../clients/peer/shape.ts';
import { UnusableAnswer } from '../../../../clients/peer/unusable.ts';
import type { ConnectionCounts, ConnectionGroup } from '../../port.ts';
import type { Connection } from '../connect/connection.ts';
import { type Columns, name } from '../query/rows.ts';
import { ageMs, isUnseen } from '../query/sql.ts';

interface GroupRow {
  readonly by: 'all' | 'state' | 'application' | 'user' | 'database';
  readonly name: string | null;
  readonly count: number;
  readonly unseen: number;
  readonly oldestMs: number | null;
  /** Those that count against a limit: a walsender takes one of its role's connections, though it is no client. */
  readonly taken: number;
}

/**
 * One pass over the sessions, for the limits too: with thousands of them each pass is what the server spends its time on.
 * Whatever cannot be seen has no state and is counted apart.
 */
const counts = `
  WITH sessions AS MATERIALIZED (
    SELECT a.state, a.application_name AS application, a.usename::text AS "user", a.datname::text AS database,
           a.state_change, ${isUnseen('a')} AS unseen, a.backend_type IS DISTINCT FROM 'walsender' AS client
      FROM pg_stat_activity a
     WHERE a.backend_type IN ('client backend', 'walsender') OR (${isUnseen('a')})
  )
  SELECT CASE WHEN GROUPING(state) = 0 THEN 'state' WHEN GROUPING(application) = 0 THEN 'application'
              WHEN GROUPING("user") = 0 THEN 'user' WHEN GROUPING(database) = 0 THEN 'database' ELSE 'all' END AS by,
         CASE WHEN GROUPING(state) = 0 THEN state WHEN GROUPING(application) = 0 THEN application
              WHEN GROUPING("user") = 0 THEN "user" WHEN GROUPING(database) = 0 THEN database END AS name,
         count(*) FILTER (WHERE client) AS count,
         count(*) FILTER (WHERE unseen) AS unseen,
         max(${ageMs('state_change')}) FILTER (WHERE client) AS "oldestMs",
         count(*) AS taken
    FROM sessions
   GROUP BY GROUPING SETS ((), (state), (application), ("user"), (database))
   ORDER BY count DESC, name`;

const groupColumns: Columns<GroupRow> = {
  by: oneOf('all', 'state', 'application', 'user', 'database'),
  name: nullable(name),
  count,
  unseen: count,
  oldestMs: nullable(number),
  taken: count,
};

interface SettingsRow {
  readonly max: number;
  readonly reservedForSuperusers: number;
  readonly reservedForRoles: number;
  readonly reservedForService: number;
}

const settings = `
  SELECT current_setting('max_connections')::int AS max,
         current_setting('superuser_reserved_connections')::int AS "reservedForSuperusers",
         coalesce(current_setting('reserved_connections', true), '0')::int AS "reservedForRoles",
         coalesce(current_setting('rds.rds_superuser_reserved_connections', true), '0')::int AS "reservedForService"`;

const settingColumns: Columns<SettingsRow> = {
  max: count,
  reservedForSuperusers: count,
  reservedForRoles: count,
  reservedForService: count,
};

interface LimitRow {
  readonly of: 'database' | 'role';
  readonly name: string;
  readonly max: number;
}

const limits = `
  SELECT 'database' AS of, datname::text AS name, datconnlimit AS max
    FROM pg_database WHERE datname = current_database() AND datconnlimit >= 0
  UNION ALL
  SELECT 'role', rolname::text, rolconnlimit FROM pg_roles WHERE rolconnlimit >= 0
   ORDER BY 1, 2`;

const limitColumns: Columns<LimitRow> = { of: oneOf('database', 'role'), name, max: count };

export const readConnections = async (connection: Connection): Promise<ConnectionCounts> => {
  const [groups, set, limited] = await Promise.all([
    connection.rows(groupColumns, counts),
    connection.row(settingColumns, settings),
    connection.part('limits of roles and databases', limitColumns, limits),
  ]);
  const all = groups.find(({ by }) => by === 'all');
  if (all === undefined) throw new UnusableAnswer('answers without the number of its sessions');
  if (set.max < 1) throw new UnusableAnswer(`answers with ${set.max} as its max_connections`);
  const by = (kind: GroupRow['by']): readonly ConnectionGroup[] =>
    groups.flatMap((row) => {
      if (row.by !== kind || row.count === 0 || (kind === 'state' && row.name === null)) return [];
      return { name: row.name ?? '', count: row.count, oldestMs: row.oldestMs };
    });
  const takenOf = ({ of, name }: LimitRow): number =>
    groups.find((row) => row.by === (of === 'role' ? 'user' : 'database') && row.name === name)?.taken ?? 0;
  return {
    total: all.count,
    ...set,
    unseen: all.unseen,
    byState: by('state'),
    byApplication: by('application'),
    byUser: by('user'),
    byDatabase: by('database'),
    // Roles that nobody is connected as cannot be what is in the way.
    limits: (limited ?? [])
      .map((limit) => ({ ...limit, used: takenOf(limit) }))
      .filter(({ of, used }) => of === 'database' || used > 0),
  };
};
