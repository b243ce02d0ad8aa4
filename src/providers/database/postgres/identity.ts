import type { Server } from '../port.ts';

/** Asked first on every connection. A role may be kept from pg_control_system(). */
export const identityQuery = (withSystemIdentifier: boolean): string => `
  SELECT current_database() AS database,
         current_user::text AS user,
         pg_is_in_recovery() AS replica,
         ${withSystemIdentifier ? '(SELECT system_identifier::text FROM pg_control_system())' : 'NULL::text'} AS "systemIdentifier",
         pg_has_role(current_user, 'pg_read_all_stats', 'USAGE') AS "seesEverything"`;

export interface IdentityRow {
  readonly database: string;
  readonly user: string;
  readonly replica: boolean;
  readonly systemIdentifier: string | null;
  readonly seesEverything: boolean;
}

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
