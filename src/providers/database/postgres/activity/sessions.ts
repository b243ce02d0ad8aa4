import { count, flag, integer, listOf, nullable, number } from '../../../../clients/peer/shape.ts';
import type { Held, HoldingSession, IdleSessions, Session, SessionKey, Sessions } from '../../port.ts';
import type { Connection } from '../connect/connection.ts';
import { shownQuery } from '../query/query-text.ts';
import { type Columns, name } from '../query/rows.ts';
import { ageMs, isOfServer, isoMicros, isUnseen } from '../query/sql.ts';

/** Looked for only where somebody waits: it stops the lock manager for a moment. */
const blockersOfWaiting = `CASE WHEN a.wait_event_type = 'Lock' THEN pg_blocking_pids(a.pid) ELSE '{}' END`;

/**
 * Autovacuum's workers have no role: they take a superuser, or from 18 on a member of a role of their own. (Releases from before
 * November 2023 let pg_signal_backend do it too.)
 */
const maySignal = `(
    (SELECT me.rolsuper FROM pg_roles me WHERE me.rolname = current_user)
    OR CASE WHEN a.usesysid IS NULL
         THEN EXISTS (SELECT FROM pg_roles s WHERE s.rolname = 'pg_signal_autovacuum_worker' AND pg_has_role(s.oid, 'USAGE'))
         ELSE NOT coalesce(r.rolsuper, false)
              AND (pg_has_role(a.usesysid, 'USAGE') OR pg_has_role('pg_signal_backend', 'USAGE'))
       END
  )`;

/**
 * The server keeps the bytes that a session sent: in another encoding they may be no text here, and one such row would fail the
 * whole statement. They are written out then, or left out where they cannot even be had as bytes. (`chr(92)`: a backslash.)
 */
const queryText = `CASE
    WHEN getdatabaseencoding() IN ('SQL_ASCII', (SELECT pg_encoding_to_char(d.encoding) FROM pg_database d WHERE d.oid = a.datid))
      THEN left(a.query, 4000)
    WHEN getdatabaseencoding() = 'UTF8'
      THEN replace(encode(substring(textsend(a.query) FROM 1 FOR 4000), 'escape'), repeat(chr(92), 2), chr(92))
  END`;

/** The columns of a session, from `a` (pg_stat_activity) and `r` (its role). */
export const sessionColumns = (blockedBy = blockersOfWaiting): string => `
  a.pid,
  coalesce(${isoMicros('a.backend_start')}, '') AS "backendStart",
  a.usename::text AS user,
  a.datname::text AS database,
  coalesce(a.application_name, '') AS application,
  CASE WHEN a.backend_start IS NULL THEN NULL ELSE coalesce(host(a.client_addr), 'local') END AS client,
  a.backend_type AS kind,
  nullif(a.state, 'disabled') AS state,
  ${isoMicros('a.state_change')} AS "stateSince",
  ${ageMs('a.state_change')} AS "stateMs",
  ${ageMs('a.xact_start')} AS "transactionMs",
  ${ageMs('a.query_start')} AS "queryMs",
  ${ageMs('a.backend_start')} AS "connectedMs",
  CASE WHEN a.state = 'active' OR a.state IS NULL THEN a.wait_event_type || ': ' || a.wait_event END AS "waitsFor",
  ${blockedBy} AS "blockedBy",
  ${queryText} AS query,
  a.pid = pg_backend_pid() AS own,
  coalesce(r.rolsuper, false) AS superuser,
  ${isOfServer('a')} AS "ofServer",
  NOT (${isOfServer('a')}) AND ${maySignal} AS "maySignal"`;

export const sessionShape: Columns<Session> = {
  pid: integer,
  backendStart: name,
  user: nullable(name),
  database: nullable(name),
  application: name,
  client: nullable(name),
  kind: nullable(name),
  state: nullable(name),
  stateSince: nullable(name),
  stateMs: nullable(number),
  transactionMs: nullable(number),
  queryMs: nullable(number),
  connectedMs: nullable(number),
  waitsFor: nullable(name),
  blockedBy: listOf(integer),
  query: nullable(name),
  own: flag,
  superuser: flag,
  ofServer: flag,
  maySignal: flag,
};

export const fromSessions = 'FROM pg_stat_activity a LEFT JOIN pg_roles r ON r.oid = a.usesysid';

/** In milliseconds, as an interval. */
const interval = (parameter: string): string => `${parameter}::float8 * interval '1 millisecond'`;

/**
 * Which sessions hold more than a transaction. A session's number is that of its schema for temporary tables from 16 on; what a session that
 * broke down has left behind there counts for the next one with its number.
 */
const holding = (version: number): string => `
  WITH advisory AS MATERIALIZED (
    SELECT DISTINCT pid FROM pg_locks WHERE locktype = 'advisory' AND granted AND pid IS NOT NULL
  ), temporary AS MATERIALIZED (${
    version < 16
      ? 'SELECT NULL::int AS pid WHERE false'
      : `SELECT pg_stat_get_backend_pid(s.id) AS pid FROM pg_stat_get_backend_idset() AS s (id)
           JOIN pg_namespace n ON n.nspname = 'pg_temp_' || s.id
          WHERE EXISTS (SELECT FROM pg_class c WHERE c.relnamespace = n.oid)`
  })`;

const holdingColumns = `
  a.pid IN (SELECT pid FROM advisory) AS advisory, a.pid IN (SELECT pid FROM temporary) AS temporary`;

const holdingShape = { ...sessionShape, advisory: flag, temporary: flag };

const withHeld = (
  connection: Connection,
  { advisory, temporary, ...session }: Session & { readonly advisory: boolean; readonly temporary: boolean },
): HoldingSession => {
  const seen = shown(connection, session);
  const last = seen.query ?? '';
  const holds: readonly (readonly [Held, boolean])[] = [
    ['advisory locks', advisory],
    ['temporary tables', temporary],
    ['LISTEN', /^\s*listen\s/i.test(last)],
    ['a cursor WITH HOLD', /^\s*declare\s.*\swith\s+hold\s/is.test(last)],
  ];
  return { ...seen, holds: holds.flatMap(([what, held]) => (held ? [what] : [])) };
};

const idle = (version: number): string => `
  ${holding(version)}
  SELECT ${sessionColumns()}, ${holdingColumns} ${fromSessions}
   WHERE a.backend_type = 'client backend'
     AND (a.state = 'idle' OR $2::bool AND a.state IN ('idle in transaction', 'idle in transaction (aborted)'))
     AND a.state_change <= clock_timestamp() - ${interval('$1')}
   ORDER BY a.state_change`;

/** Since when it has been at it: its statement or its transaction, whichever is older. A VACUUM has one transaction after another. */
const atItSince = `coalesce(least(CASE WHEN a.state = 'active' THEN a.query_start END, a.xact_start), a.query_start)`;

/** What works, and what holds a transaction open, at work or not: both hold locks and old row versions. */
const running = `
  SELECT ${sessionColumns()} ${fromSessions}
   WHERE a.backend_type IN ('client backend', 'parallel worker', 'autovacuum worker', 'background worker')
     AND a.state NOT IN ('idle', 'disabled')
     AND ${atItSince} <= clock_timestamp() - ${interval('$1')}
     AND a.pid <> pg_backend_pid()
   ORDER BY ${atItSince}`;

/** Where `track_activities` is off, the server does not know either what a session does. */
const unseen = `
  SELECT count(*) AS unseen FROM pg_stat_activity a
   WHERE ${isUnseen('a')} OR a.backend_type = 'client backend' AND a.state = 'disabled' AND a.pid <> pg_backend_pid()`;

export const readIdle = async (
  connection: Connection,
  olderThanMs: number,
  inTransaction: boolean,
): Promise<IdleSessions> => {
  const [rows, hidden] = await Promise.all([
    connection.rows(holdingShape, idle(connection.version), [olderThanMs, inTransaction]),
    connection.row({ unseen: count }, unseen),
  ]);
  return { sessions: rows.map((row) => withHeld(connection, row)), unseen: hidden.unseen };
};

export const readRunning = async (connection: Connection, olderThanMs: number): Promise<Sessions> => {
  const [rows, hidden] = await Promise.all([
    connection.rows(sessionShape, running, [olderThanMs]),
    connection.row({ unseen: count }, unseen),
  ]);
  const sessions = rows.map((row) => shown(connection, row)).filter(({ own }) => !own);
  return { sessions, unseen: hidden.unseen };
};

export const readSession = async (connection: Connection, pid: number): Promise<HoldingSession | undefined> => {
  const text = `${holding(connection.version)} SELECT ${sessionColumns()}, ${holdingColumns} ${fromSessions} WHERE a.pid = $1`;
  const [row] = await connection.rows(holdingShape, text, [pid]);
  return row && withHeld(connection, row);
};

/** A session that cannot be seen has no start to compare: it counts as unseen, not as gone. */
const still = `
  SELECT ${sessionColumns()} ${fromSessions}
    JOIN unnest($1::int[], $2::timestamptz[]) AS k (pid, started) ON k.pid = a.pid
   WHERE a.backend_start = k.started OR a.backend_start IS NULL
   ORDER BY a.pid`;

export const readStillThere = async (connection: Connection, keys: readonly SessionKey[]): Promise<Sessions> => {
  const rows = await connection.rows(sessionShape, still, [
    keys.map(({ pid }) => pid),
    keys.map(({ backendStart }) => backendStart),
  ]);
  const seen = rows.filter(({ backendStart }) => backendStart !== '');
  return { sessions: seen.map((row) => shown(connection, row)), unseen: rows.length - seen.length };
};

/** As it may be shown, and whether it is ours. The server writes `<insufficient privilege>` where it hides a text. */
export const shown = <Row extends Session>({ own }: Connection, row: Row): Row => ({
  ...row,
  own: row.own || own.has(row),
  query: row.query === null || row.query === '' || row.kind === null ? null : shownQuery(row.query),
});
