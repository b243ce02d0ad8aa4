import { RunbookError } from '../../../../engine/errors.ts';
import { amount, count, fits, flag, listOf, nullable, number, record } from '../../../../clients/peer/shape.ts';
import { UnusableAnswer } from '../../../../clients/peer/unusable.ts';
import type { Statement, StatementOrder, StatementsView } from '../../port.ts';
import type { Connection } from '../connect/connection.ts';
import { codeOf } from '../query/failure.ts';
import { shownQuery } from '../query/query-text.ts';
import { type Columns, name, without } from '../query/rows.ts';
import { ageMs } from '../query/sql.ts';

interface Extension {
  /** Quoted; null where it is not created in this database. */
  readonly schema: string | null;
  readonly installed: boolean;
  /** The columns of its view: they differ with the version of the extension, not of the server. */
  readonly columns: readonly string[];
  readonly hasInfo: boolean;
  readonly mayRead: boolean;
  readonly track: string | null;
}

const extensionColumns: Columns<Extension> = {
  schema: nullable(name),
  installed: flag,
  columns: listOf(name),
  hasInfo: flag,
  mayRead: flag,
  track: nullable(name),
};

/** Others may have created something of the same name in its schema. */
const isOfTheExtension = (catalog: 'pg_class' | 'pg_proc', oid: string): string => `
  EXISTS (SELECT FROM pg_depend d JOIN pg_extension x ON x.oid = d.refobjid AND d.refclassid = 'pg_extension'::regclass
           WHERE d.classid = '${catalog}'::regclass AND d.objid = ${oid} AND d.deptype = 'e' AND x.extname = 'pg_stat_statements')`;

const extension = `
  SELECT quote_ident(n.nspname) AS schema,
         EXISTS (SELECT FROM pg_available_extensions WHERE name = 'pg_stat_statements') AS installed,
         (SELECT coalesce(json_agg(attname), '[]') FROM pg_attribute WHERE attrelid = v.oid AND attnum > 0) AS columns,
         EXISTS (SELECT FROM pg_class i WHERE i.relname = 'pg_stat_statements_info' AND ${isOfTheExtension('pg_class', 'i.oid')}) AS "hasInfo",
         coalesce(has_schema_privilege(n.oid, 'USAGE') AND has_table_privilege(v.oid, 'SELECT'), false) AS "mayRead",
         current_setting('pg_stat_statements.track', true) AS track
    FROM (SELECT 1) one
    LEFT JOIN pg_extension e ON e.extname = 'pg_stat_statements'
    LEFT JOIN pg_namespace n ON n.oid = e.extnamespace
    LEFT JOIN pg_class v ON v.relnamespace = n.oid AND v.relname = 'pg_stat_statements'`;

const preload = [
  "as a superuser: ALTER SYSTEM SET shared_preload_libraries = 'pg_stat_statements' (with what is there already)",
  'then restart the server',
];
const create = 'as a superuser, in this database: CREATE EXTENSION pg_stat_statements';

const absent = (
  reason: Extract<StatementsView, { available: false }>['reason'],
  next: readonly string[],
): StatementsView => ({ available: false, reason, next });

export const readStatements = async (
  connection: Connection,
  orderBy: StatementOrder,
  limit: number,
): Promise<StatementsView> => {
  const found = await connection.row(extensionColumns, extension);
  if (found.schema === null) {
    const loaded = found.track !== null;
    return found.installed
      ? absent('not created', [...(loaded ? [] : preload), create])
      : absent('not installed', [
          "install the server's contrib package (Debian: postgresql-contrib)",
          ...preload,
          create,
        ]);
  }
  if (!found.mayRead)
    return absent('no right', [
      `as a superuser: GRANT USAGE ON SCHEMA ${found.schema} TO the role of rb; GRANT SELECT ON ${found.schema}.pg_stat_statements TO the role of rb`,
    ]);
  const read = { found, schema: found.schema, orderBy, limit: Math.min(Math.max(1, limit), 500) };
  try {
    return await readView(connection, read);
  } catch (error) {
    // object_not_in_prerequisite_state: the library is not loaded.
    if (codeOf(error) === '55000') return absent('not preloaded', preload);
    throw error;
  }
};

interface Read {
  readonly found: Extension;
  readonly schema: string;
  readonly orderBy: StatementOrder;
  readonly limit: number;
}

/**
 * The view converts the texts of all databases into the encoding of this one, and fails as a whole at one that has no equivalent.
 * The function behind it leaves the texts out where that is asked for.
 */
const readView = async (connection: Connection, read: Read): Promise<StatementsView> => {
  const { schema } = read;
  const rows =
    (await readRows(connection, read, `${schema}.pg_stat_statements`, 'texts of the statements')) ??
    (await readRows(connection, read, `${schema}.pg_stat_statements(false)`));
  return viewOf(connection, read, rows ?? []);
};

/** The columns by the version of the extension: 1.8 split planning from execution, 1.11 told shared blocks from local ones. */
const columnsOf = ({ columns }: Extension) => {
  const first = (...names: readonly string[]): string | undefined => names.find((name) => columns.includes(name));
  const column = (...names: readonly string[]): string => (first(...names) ? `s.${first(...names)}` : 'NULL::float8');
  return {
    total: column('total_exec_time', 'total_time'),
    mean: column('mean_exec_time', 'mean_time'),
    max: column('max_exec_time', 'max_time'),
    read: column('shared_blk_read_time', 'blk_read_time'),
    write: column('shared_blk_write_time', 'blk_write_time'),
    // With track = all the time of what a function does is in that of the statement that called it, too. Told apart since 1.9.
    toplevel: first('toplevel') ? 's.toplevel' : 'true',
  };
};

/** Of all; a statement comes with them, unless there is none. */
interface Sums {
  readonly allStatements: number;
  readonly allCalls: number;
  readonly allMs: number;
  readonly unseen: number;
}

const sumColumns: Columns<Sums> = { allStatements: count, allCalls: amount, allMs: amount, unseen: count };
/** What may not be read has no id. */
type Found = Omit<Statement, 'id'> & { readonly id: string | null };
const statementShape = record<Found>({
  id: nullable(name),
  query: nullable(name),
  user: nullable(name),
  calls: amount,
  totalMs: amount,
  meanMs: amount,
  maxMs: amount,
  rows: amount,
  share: amount,
  hitRatio: nullable(amount),
  ioMs: nullable(amount),
  temporaryBytes: amount,
});

/** Null where texts cannot be converted (class 22), which is named `part`. */
const readRows = async (
  connection: Connection,
  { found, orderBy, limit }: Read,
  source: string,
  part?: string,
): Promise<readonly (Sums & Partial<Found>)[] | null> => {
  const { total, mean, max, read, write, toplevel } = columnsOf(found);
  const order = { total, mean, max, calls: 's.calls' }[orderBy];
  const text = `WITH here AS MATERIALIZED (
       SELECT s.userid, s.queryid, left(s.query, 4000) AS query, s.calls, ${total} AS total, ${mean} AS mean, ${max} AS max,
              s.rows, s.shared_blks_hit + s.local_blks_hit AS hit, s.shared_blks_read + s.local_blks_read AS missed,
              ${read} + ${write} AS io, s.temp_blks_written, ${order} AS rank,
              ${toplevel} AS toplevel
         FROM ${source} s
        WHERE s.dbid = (SELECT oid FROM pg_database WHERE datname = current_database())
     )
     SELECT h.queryid::text AS id, CASE WHEN h.queryid IS NOT NULL THEN h.query END AS query, r.rolname::text AS user, h.calls,
            h.total AS "totalMs", h.mean AS "meanMs", h.max AS "maxMs", h.rows,
            coalesce(h.total / nullif(a.ms, 0), 0) AS share, h.hit::float8 / nullif(h.hit + h.missed, 0) AS "hitRatio",
            CASE WHEN current_setting('track_io_timing')::bool THEN h.io END AS "ioMs",
            h.temp_blks_written * current_setting('block_size')::int8 AS "temporaryBytes",
            a.statements AS "allStatements", a.calls AS "allCalls", a.ms AS "allMs", a.unseen
       FROM (SELECT count(*) AS statements, coalesce(sum(calls), 0) AS calls, coalesce(sum(total) FILTER (WHERE toplevel), 0) AS ms,
                    count(*) FILTER (WHERE queryid IS NULL) AS unseen FROM here) a
       LEFT JOIN LATERAL (SELECT * FROM here ORDER BY rank DESC LIMIT $1) h ON true
       LEFT JOIN pg_roles r ON r.oid = h.userid
      ORDER BY h.rank DESC`;
  if (part === undefined) return connection.rows(sumColumns, text, [limit]);
  return connection.part(part, sumColumns, text, [limit], (code) => code.startsWith('22'));
};

const viewOf = async (
  connection: Connection,
  { found, schema }: Read,
  rows: readonly Sums[],
): Promise<StatementsView> => {
  const info = found.hasInfo
    ? await connection.row(
        { sinceMs: nullable(number), dropped: count },
        `SELECT ${ageMs('stats_reset')} AS "sinceMs", dealloc AS dropped FROM ${schema}.pg_stat_statements_info`,
      )
    : { sinceMs: null, dropped: null };
  const [any] = rows;
  if (any === undefined) throw new UnusableAnswer('answers without the sums of its statements');
  return {
    available: true,
    statements: rows.flatMap((row) => statementOf(row)),
    total: { statements: any.allStatements, calls: any.allCalls, executionMs: any.allMs },
    unseen: any.unseen,
    ...info,
    track: found.track ?? 'top',
  };
};

/** Without a statement there is one row of sums, and its other columns are empty. */
const statementOf = (row: Sums): readonly Statement[] => {
  if (row.allStatements === 0) return [];
  const found: object = without(row, 'allStatements', 'allCalls', 'allMs', 'unseen');
  if (!fits(statementShape, found)) throw new UnusableAnswer('answers with a statement that cannot be read');
  return [{ ...found, id: found.id ?? '', query: found.query === null ? null : shownQuery(found.query) }];
};

/** Errors: `failed` where there is nothing to reset, or no right to. */
export const resetStatements = async (connection: Connection): Promise<void> => {
  const { schema } = await connection.row(extensionColumns, extension);
  if (schema === null)
    throw new RunbookError('failed', 'pg_stat_statements is not in this database.', {
      next: [create],
    });
  // With all its arguments: another function of that name, with fewer, would be the better match.
  const [reset] = await connection.rows(
    { allowed: flag, words: name },
    `SELECT has_function_privilege(p.oid, 'EXECUTE') AS allowed,
            (SELECT coalesce(string_agg(CASE type WHEN 'bool'::regtype THEN 'false' ELSE '0' END || '::' || format_type(type, NULL), ', ' ORDER BY at), '')
               FROM unnest(p.proargtypes) WITH ORDINALITY t (type, at)) AS words
       FROM pg_proc p WHERE p.proname = 'pg_stat_statements_reset' AND ${isOfTheExtension('pg_proc', 'p.oid')}`,
  );
  if (reset?.allowed !== true)
    throw new RunbookError(
      'failed',
      `${connection.doing.address}: "${connection.doing.user}" may not reset the statistics.`,
      {
        next: [
          `as a superuser: GRANT EXECUTE ON FUNCTION ${schema}.pg_stat_statements_reset TO "${connection.doing.user}"`,
        ],
      },
    );
  await connection.run(`SELECT ${schema}.pg_stat_statements_reset(${reset.words})`);
};
