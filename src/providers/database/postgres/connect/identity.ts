import { flag, integer, nullable } from '../../../../clients/peer/shape.ts';
import type { Server } from '../../port.ts';
import { type Columns, name } from '../query/rows.ts';

/**
 * Asked first on every connection, before the search path is ours: each name says that it is the server's own. A role may be
 * kept from pg_control_system(). The level is for a role whose default a replica refuses: it lasts for this message.
 */
export const identityQuery = (withSystemIdentifier: boolean): string => `
  SET TRANSACTION ISOLATION LEVEL READ COMMITTED;
  SELECT pg_catalog.current_database() AS database,
         current_user::pg_catalog.text AS user,
         pg_catalog.pg_is_in_recovery() AS replica,
         pg_catalog.pg_backend_pid() AS pid,
         pg_catalog.to_char(pg_catalog.clock_timestamp() AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS "seenAt",
         ${withSystemIdentifier ? '(SELECT system_identifier::pg_catalog.text FROM pg_catalog.pg_control_system())' : 'NULL::pg_catalog.text'} AS "systemIdentifier",
         pg_catalog.pg_has_role(current_user, 'pg_read_all_stats', 'USAGE') AS "seesEverything"`;

export interface IdentityRow {
  readonly database: string;
  readonly user: string;
  readonly replica: boolean;
  /** Of this connection on the server, and when that was seen, by the server's clock. */
  readonly pid: number;
  readonly seenAt: string;
  readonly systemIdentifier: string | null;
  readonly seesEverything: boolean;
}

export const identityColumns: Columns<IdentityRow> = {
  database: name,
  user: name,
  replica: flag,
  pid: integer,
  seenAt: name,
  systemIdentifier: nullable(name),
  seesEverything: flag,
};

export const serverOf = (row: IdentityRow, address: string, version: string): Server => {
  const role = row.replica ? 'replica' : 'primary';
  const { database, user, systemIdentifier, seesEverything } = row;
  return {
    target: {
      provider: 'postgres',
      name: `${database} on ${address}`,
      address,
      database,
      role,
      systemIdentifier: systemIdentifier ?? 'not readable',
    },
    address,
    database,
    user,
    systemIdentifier,
    role,
    version,
    seesEverything,
  };
};
