/* Pieces of SQL that many reads share. */

/** Milliseconds since a moment, by the server's clock now; in a transaction now() stands still. */
export const ageMs = (moment: string): string =>
  `round(extract(epoch FROM clock_timestamp() - ${moment}) * 1000)::float8`;

/** ISO 8601 with the microseconds that identify a session. */
export const isoMicros = (moment: string): string =>
  `to_char(${moment} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')`;

/** The name of a relation with its schema, quoted where it has to be. */
export const qualified = (schema: string, name: string): string =>
  `quote_ident(${schema}) || '.' || quote_ident(${name})`;

/** Sessions of others without the right to see their state: everything but who they are is NULL. */
export const isUnseen = (a: string): string =>
  `${a}.backend_type IS NULL AND ${a}.usesysid IS NOT NULL AND ${a}.datid IS NOT NULL`;

/**
 * A process of the server itself, which nobody is to signal: the checkpointer, launchers, what writes and receives WAL. What works
 * for a role in a database is none, and neither are walsenders and autovacuum's workers, which have no role.
 */
export const isOfServer = (a: string): string =>
  `${a}.backend_type IS NOT NULL AND ${a}.backend_type NOT IN ('walsender', 'autovacuum worker')
   AND (${a}.usesysid IS NULL OR ${a}.datid IS NULL)`;

/** Schemas of the system itself. */
export const isUserSchema = (schema: string): string =>
  `${schema} NOT IN ('pg_catalog', 'information_schema') AND ${schema} !~ '^pg_(toast|temp)'`;
