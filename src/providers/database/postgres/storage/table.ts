import { onOneLine, RunbookError } from '../../../../engine/errors.ts';
import { amount, count, flag, nullable } from '../../../../clients/peer/shape.ts';
import type { DatabaseTable } from '../../port.ts';
import { onlyServerObjects } from '../connect/connection.ts';
import type { Connection } from '../connect/connection.ts';
import { codeOf, oneLine } from '../query/failure.ts';
import { lockedTables, tableParts } from './relation-size.ts';
import { type Columns, name as text } from '../query/rows.ts';
import { qualified } from '../query/sql.ts';
import { tableRows, tableRowsShape } from './table-rows.ts';

interface Found extends Omit<DatabaseTable, 'kind'> {
  readonly relkind: string;
  /** Temporary, of another session. */
  readonly foreignTemporary: boolean;
}

interface Visible {
  readonly asSql: number | null;
  readonly asWritten: number | null;
}

const foundColumns: Columns<Found> = {
  oid: count,
  name: text,
  owner: text,
  relkind: text,
  foreignTemporary: flag,
  mayVacuum: flag,
  bytes: amount,
  rows: tableRowsShape,
};

/** The maintenance right came in 17. Who owns the database may vacuum what is in it, but not the server's own tables. */
const mayVacuum = (version: number): string => `
  pg_has_role(c.relowner, 'USAGE')
  ${version >= 17 ? `OR has_table_privilege(c.oid, 'MAINTAIN')` : ''}
  OR NOT c.relisshared AND (SELECT pg_has_role(d.datdba, 'USAGE') FROM pg_database d WHERE d.datname = current_database())`;

/** A partitioned table is as large as its partitions. */
const bytes = `
  (SELECT coalesce(sum(${tableParts('p').total}), 0) FROM pg_class p
    WHERE p.oid = c.oid OR c.relkind = 'p' AND p.oid IN (
      WITH RECURSIVE parts AS (
        SELECT inhrelid FROM pg_inherits WHERE inhparent = c.oid
        UNION ALL SELECT i.inhrelid FROM pg_inherits i JOIN parts ON i.inhparent = parts.inhrelid
      ) SELECT inhrelid FROM parts))`;

const facts = (version: number, where: string): string => `
  WITH ${lockedTables}
  SELECT c.oid, ${qualified('n.nspname', 'c.relname')} AS name, pg_get_userbyid(c.relowner)::text AS owner, c.relkind,
         pg_is_other_temp_schema(c.relnamespace) AS "foreignTemporary", ${mayVacuum(version)} AS "mayVacuum", ${bytes} AS bytes,
         ${tableRows('c.oid')} AS rows
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
   WHERE ${where}`;

/** What the role's search path finds: for the name as SQL ($1; null for what is no name there), and as it is written ($2). */
const visible = `
  SELECT pg_catalog.to_regclass($1)::pg_catalog.oid AS "asSql",
         pg_catalog.to_regclass(pg_catalog.quote_ident($2))::pg_catalog.oid AS "asWritten"`;

/** Those that were found ($1), and what is written out ($2) with its schema before a point. */
const meant = `
  c.oid = ANY ($1::oid[])
  OR EXISTS (SELECT FROM generate_series(1, length($2)) at
              WHERE substr($2, at, 1) = '.' AND n.nspname = left($2, at - 1) AND c.relname = substr($2, at + 1))`;

const near = `
  SELECT ${qualified('n.nspname', 'c.relname')} AS name
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
   WHERE c.relkind IN ('r', 'm', 'p') AND n.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast')
     AND (lower(c.relname) = lower($1) OR length($1) >= 3 AND position(lower($1) IN lower(c.relname)) > 0
          OR left(lower(c.relname), 4) = left(lower($1), 4))
   ORDER BY abs(length(c.relname) - length($1)), name LIMIT 3`;

/** So that `to_regclass` does not fail on what is no name: parts with points between, each plain or quoted. */
const isName =
  /^\s*(?:"(?:[^"]|"")+"|[\p{L}_][\p{L}\p{N}_$]*)(?:\s*\.\s*(?:"(?:[^"]|"")+"|[\p{L}_][\p{L}\p{N}_$]*))?\s*$/u;

/** By `pg_class.relkind`. Maps: the server's word could be the name of what every object inherits. */
const kinds: ReadonlyMap<string, DatabaseTable['kind']> = new Map([
  ['r', 'table'],
  ['m', 'materialised view'],
  ['p', 'partitioned table'],
]);
const others: ReadonlyMap<string, string> = new Map([
  ['v', 'a view'],
  ['f', 'a foreign table'],
  ['i', 'an index'],
  ['I', 'an index'],
  ['S', 'a sequence'],
  ['c', 'a type'],
  ['t', 'a TOAST table: name the table that it belongs to'],
]);

export const findTable = async (connection: Connection, name: string): Promise<DatabaseTable> => {
  const { version, doing } = connection;
  if (name.includes('\0') || name.trim() === '') throw notThere(name, doing.database, []);
  const seen = await visibleAs(connection, name);
  const oids = [seen.asSql, seen.asWritten].filter((oid) => oid !== null);
  const [, all] = await Promise.all([
    connection.run(`SET LOCAL ${onlyServerObjects}`),
    connection.rows(foundColumns, facts(version, meant), [oids, name]),
  ]);
  const usable = all.filter(({ relkind }) => kinds.has(relkind));
  const [table, second] = usable;
  if (second)
    throw new RunbookError(
      'usage',
      `The name ${JSON.stringify(name)} fits ${onOneLine(usable.map((one) => one.name).join(' and '))}.`,
      {
        next: ['write the one that is meant in full, with its schema and its quotes'],
      },
    );
  if (!table) {
    const [other] = all;
    if (other)
      throw new RunbookError(
        'usage',
        `${onOneLine(other.name)} is ${others.get(other.relkind) ?? 'no table'}: VACUUM takes tables.`,
      );
    const similar = await connection.rows({ name: text }, near, [name.replace(/^.*\./, '')]);
    throw notThere(
      name,
      doing.database,
      similar.map((row) => row.name),
    );
  }
  const { relkind, foreignTemporary, ...rest } = table;
  if (foreignTemporary)
    throw new RunbookError(
      'usage',
      `${onOneLine(rest.name)} is a temporary table of another session: only that can vacuum it.`,
    );
  return { ...rest, kind: kinds.get(relkind) ?? 'table' };
};

/** Errors: `failed` where the schema is closed to the role: the server does not tell then whether it has such a table. */
const visibleAs = (connection: Connection, name: string): Promise<Visible> =>
  connection
    .row<Visible>({ asSql: nullable(count), asWritten: nullable(count) }, visible, [
      isName.test(name) ? name : null,
      name,
    ])
    .catch((error: unknown) => {
      if (codeOf(error) !== '42501') throw error;
      const { address, user } = connection.doing;
      const schema = /^\s*("(?:[^"]|"")+"|[^.\s]+)/.exec(name)?.[1] ?? name;
      throw new RunbookError('failed', `${address}: "${user}" may not look for it: ${oneLine(error)}.`, {
        next: [`as its owner or a superuser: GRANT USAGE ON SCHEMA ${schema} TO "${user}"`],
        cause: error,
      });
    });

const notThere = (name: string, database: string, similar: readonly string[]): RunbookError =>
  new RunbookError('usage', `There is no table ${JSON.stringify(name)} in the database "${database}".`, {
    next:
      similar.length > 0
        ? [`did you mean ${similar.join(' or ')}?`]
        : ['write it with its schema: sales.orders; quote it where it has capitals: sales."Orders"'],
  });

/** The table by its id, if it still has its name: what was confirmed is what is done. */
export const requireTable = async (connection: Connection, { oid, name }: DatabaseTable): Promise<void> => {
  const [row] = await connection.rows(
    { name: text },
    `SELECT ${qualified('n.nspname', 'c.relname')} AS name
       FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.oid = $1`,
    [oid],
  );
  if (row?.name === name) return;
  const now = row ? `is ${onOneLine(row.name)} by now` : 'is gone';
  throw new RunbookError('refused', `The table ${onOneLine(name)} ${now}.`, {
    next: ['run the command again'],
  });
};
