import { amount, count, flag, listOf, nullable, number, record, text } from '../../../../clients/peer/shape.ts';
import type { Bloat, BloatView } from '../../port.ts';
import type { Connection } from '../connect/connection.ts';
import { lockedTables, relationBytes } from './relation-size.ts';
import { btreePages, heapPages } from './row-layout.ts';
import type { ColumnWidth } from './row-layout.ts';
import { type Columns, name } from '../query/rows.ts';
import { qualified } from '../query/sql.ts';

/** So many of the largest are looked at: what is small wastes little. */
const candidates = 300;

interface Row {
  readonly name: string;
  readonly table: string;
  readonly bytes: number;
  readonly pages: number;
  /** Below 0: never analysed. */
  readonly rows: number;
  readonly fillFactor: number | null;
  readonly blockSize: number;
  readonly mayRead: boolean;
  /** Whether equal keys are stored once; of a table never. */
  readonly deduplicates: boolean;
  readonly columns: readonly (ColumnWidth & { readonly known: boolean; readonly distinct: number })[];
}

const columns: Columns<Row> = {
  name,
  table: name,
  bytes: amount,
  pages: count,
  rows: number,
  fillFactor: nullable(count),
  blockSize: count,
  mayRead: flag,
  deduplicates: flag,
  columns: listOf(
    record<Row['columns'][number]>({
      length: number,
      align: text,
      width: amount,
      nullShare: amount,
      known: flag,
      distinct: number,
    }),
  ),
};

const fillFactor = `(SELECT o.option_value::int FROM pg_options_to_table(c.reloptions) o WHERE o.option_name = 'fillfactor')`;

/** Of pg_statistic, what is read of it: nothing of what is in the tables. */
const statisticColumns = ['starelid', 'staattnum', 'stainherit', 'stanullfrac', 'stawidth', 'stadistinct'] as const;

const mayReadStatistics = `
  SELECT bool_and(has_column_privilege('pg_catalog.pg_statistic', c, 'SELECT')) AS all
    FROM unnest($1::text[]) AS c`;

/**
 * The statistics of the columns of all candidates (`wanted`: their oids), looked through once. pg_stats shows a role those of the
 * tables that it may read, pg_statistic all of them to a role that may read its columns.
 */
const statisticsFrom = (direct: boolean): string =>
  direct
    ? `stats AS MATERIALIZED (
    SELECT s.starelid AS relid, s.staattnum AS attnum, s.stanullfrac AS null_frac, s.stawidth AS avg_width, s.stadistinct AS n_distinct
      FROM pg_statistic s WHERE NOT s.stainherit AND s.starelid IN (SELECT oid FROM wanted)
  )`
    : `stats AS MATERIALIZED (
    SELECT c.oid AS relid, a.attnum, s.null_frac, s.avg_width, s.n_distinct
      FROM pg_stats s
      JOIN pg_namespace n ON n.nspname = s.schemaname
      JOIN pg_class c ON c.relnamespace = n.oid AND c.relname = s.tablename
      JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = s.attname
     WHERE NOT s.inherited AND c.oid IN (SELECT oid FROM wanted)
  )`;

const columnsOf = (attribute: string): string => `
  json_build_object('length', ${attribute}.attlen, 'align', ${attribute}.attalign,
                    'width', coalesce(s.avg_width, 0), 'nullShare', coalesce(s.null_frac, 0),
                    'known', s.relid IS NOT NULL, 'distinct', coalesce(s.n_distinct, 0)) ORDER BY ${attribute}.attnum`;

const tables = (direct: boolean): string => `
  WITH ${lockedTables}, largest AS MATERIALIZED (
    SELECT c.oid, c.relname, n.nspname, c.relpages, c.reltuples, c.reloptions, ${relationBytes('c')} AS bytes
      FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
     WHERE c.relkind IN ('r', 'm') AND n.nspname !~ '^pg_temp'
     ORDER BY c.relpages DESC, c.oid LIMIT ${candidates}
  ), wanted AS (SELECT oid FROM largest), ${statisticsFrom(direct)}
  SELECT ${qualified('c.nspname', 'c.relname')} AS name, ${qualified('c.nspname', 'c.relname')} AS table, c.bytes,
         c.relpages AS pages, CASE WHEN c.relpages = 0 AND c.bytes > 0 THEN -1 ELSE c.reltuples END AS rows,
         ${fillFactor} AS "fillFactor", current_setting('block_size')::int AS "blockSize",
         false AS deduplicates, ${direct} OR has_table_privilege(c.oid, 'SELECT') AND NOT row_security_active(c.oid) AS "mayRead",
         (SELECT coalesce(json_agg(${columnsOf('a')}), '[]')
            FROM pg_attribute a
            LEFT JOIN stats s ON s.relid = c.oid AND s.attnum = a.attnum
           WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped) AS columns
    FROM largest c`;

/**
 * Equal keys are stored once unless that is switched off, columns are included, or equal ones may look different (a number of
 * another scale, a collation that is not deterministic): then the operator class has no such support function.
 */
const deduplicates = `(
    coalesce((SELECT o.option_value::bool FROM pg_options_to_table(c.reloptions) o WHERE o.option_name = 'deduplicate_items'), true)
    AND c.indnatts = c.indnkeyatts
    AND NOT EXISTS (
      SELECT FROM unnest(c.indclass) AS k (class) JOIN pg_opclass x ON x.oid = k.class
       WHERE NOT EXISTS (SELECT FROM pg_amproc p WHERE p.amprocfamily = x.opcfamily AND p.amproclefttype = x.opcintype
                            AND p.amprocrighttype = x.opcintype AND p.amprocnum = 4))
    AND NOT EXISTS (
      SELECT FROM unnest(c.indcollation) AS k (collation_oid) JOIN pg_collation l ON l.oid = k.collation_oid
       WHERE NOT l.collisdeterministic))`;

/**
 * A value that is too large for its row lies in pieces of a quarter of a page. There may be more of them in a page, as the last piece
 * of a value is smaller: what is wasted is at least this much.
 */
const piecesPerPage = 4;

const toastTables = `
  WITH ${lockedTables}
  SELECT ${qualified('n.nspname', 'c.relname')} AS name, ${qualified('tn.nspname', 't.relname')} AS table,
         ${relationBytes('c', 't.oid')} AS bytes, c.relpages AS pages,
         CASE WHEN c.relpages = 0 AND ${relationBytes('c', 't.oid')} > 0 THEN -1 ELSE c.reltuples END AS rows,
         current_setting('block_size')::int AS "blockSize"
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    JOIN pg_class t ON t.reltoastrelid = c.oid JOIN pg_namespace tn ON tn.oid = t.relnamespace
   WHERE c.relkind = 't' AND tn.nspname !~ '^pg_temp'
   ORDER BY c.relpages DESC, c.oid LIMIT ${candidates}`;

type ToastRow = Pick<Row, 'name' | 'table' | 'bytes' | 'pages' | 'rows' | 'blockSize'>;
const toastColumns: Columns<ToastRow> = {
  name,
  table: name,
  bytes: amount,
  pages: count,
  rows: number,
  blockSize: count,
};

const toastBloat = ({ name, table, bytes, pages, rows, blockSize }: ToastRow): Bloat & { readonly table: string } => {
  if (rows < 0) return { name, table, bytes, wastedBytes: null, wastedShare: null, why: 'never vacuumed' };
  const wasted = Math.max(0, pages - Math.ceil(rows / piecesPerPage));
  return {
    name,
    table,
    bytes,
    wastedBytes: wasted * blockSize,
    wastedShare: pages === 0 ? 0 : wasted / pages,
    why: null,
  };
};

/** The columns of an index have their statistics with the table, its expressions with the index itself. */
const indexes = (direct: boolean): string => `
  WITH ${lockedTables}, largest AS MATERIALIZED (
    SELECT c.oid, c.relname, n.nspname, c.relpages, c.reltuples, c.reloptions, i.indkey, i.indrelid,
           i.indclass, i.indcollation, i.indnatts, i.indnkeyatts,
           t.relname AS tablename, tn.nspname AS tableschema, ${relationBytes('c', 'i.indrelid')} AS bytes
      FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
      JOIN pg_index i ON i.indexrelid = c.oid
      JOIN pg_class t ON t.oid = i.indrelid JOIN pg_namespace tn ON tn.oid = t.relnamespace
     WHERE c.relkind = 'i' AND c.relam = (SELECT oid FROM pg_am WHERE amname = 'btree') AND n.nspname !~ '^pg_(toast|temp)'
     ORDER BY c.relpages DESC, c.oid LIMIT ${candidates}
  ), wanted AS (SELECT oid FROM largest UNION SELECT indrelid FROM largest), ${statisticsFrom(direct)}
  SELECT ${qualified('c.nspname', 'c.relname')} AS name, ${qualified('c.tableschema', 'c.tablename')} AS table, c.bytes,
         c.relpages AS pages, CASE WHEN t.relpages = 0 AND c.bytes > current_setting('block_size')::int THEN -1 ELSE c.reltuples END AS rows,
         ${fillFactor} AS "fillFactor", current_setting('block_size')::int AS "blockSize",
         ${deduplicates} AS deduplicates, ${direct} OR has_table_privilege(c.indrelid, 'SELECT') AND NOT row_security_active(c.indrelid) AS "mayRead",
         (SELECT coalesce(json_agg(${columnsOf('ia')}), '[]')
            FROM pg_attribute ia
            LEFT JOIN stats s
              ON s.relid = CASE WHEN c.indkey[ia.attnum - 1] = 0 THEN c.oid ELSE c.indrelid END
             AND s.attnum = CASE WHEN c.indkey[ia.attnum - 1] = 0 THEN ia.attnum ELSE c.indkey[ia.attnum - 1] END
           WHERE ia.attrelid = c.oid AND ia.attnum > 0) AS columns
    FROM largest c JOIN pg_class t ON t.oid = c.indrelid`;

export const readBloat = async (connection: Connection): Promise<BloatView> => {
  const { all: direct } = await connection.row({ all: flag }, mayReadStatistics, [statisticColumns]);
  const [heaps, trees, toasts, { count: all }] = await Promise.all([
    connection.rows(columns, tables(direct)),
    connection.part('B-tree indexes', columns, indexes(direct)),
    connection.part('TOAST tables', toastColumns, toastTables),
    connection.row(
      { count },
      `SELECT count(*) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE c.relkind IN ('r', 'm') AND n.nspname !~ '^pg_temp'`,
    ),
  ]);
  return {
    tables: mostFirst(heaps.map((row) => bloatOf(row, heapPages))),
    indexes: mostFirst((trees ?? []).map((row) => ({ ...bloatOf(row, btreePages), table: row.table }))),
    toast: mostFirst((toasts ?? []).map(toastBloat)),
    looked: { tables: heaps.length, of: all },
  };
};

const mostFirst = <Kind extends Bloat>(all: readonly Kind[]): readonly Kind[] =>
  all.toSorted((a, b) => (b.wastedBytes ?? -1) - (a.wastedBytes ?? -1) || b.bytes - a.bytes);

const bloatOf = (row: Row, pagesFor: typeof btreePages): Bloat => {
  const { name, bytes, pages, rows, columns, blockSize } = row;
  const why = reasonAgainst(row);
  if (why !== null) return { name, bytes, wastedBytes: null, wastedShare: null, why };
  const distinct = row.deduplicates ? distinctKeys(rows, columns) : rows;
  const needed = pagesFor(rows, columns, blockSize, row.fillFactor ?? undefined, distinct);
  const wasted = Math.max(0, pages - needed);
  return { name, bytes, wastedBytes: wasted * blockSize, wastedShare: pages === 0 ? 0 : wasted / pages, why: null };
};

/** At most: every combination of the values of its columns. Below 0, `distinct` is a share of the rows; 0: not known. */
const distinctKeys = (rows: number, columns: Row['columns']): number =>
  Math.min(
    rows,
    columns.reduce(
      (product, { distinct, nullShare }) =>
        product * (distinct === 0 ? rows : (distinct < 0 ? -distinct * rows : distinct) + (nullShare > 0 ? 1 : 0)),
      1,
    ),
  );

/** A table without a row has no statistics and needs none. */
const reasonAgainst = ({ rows, columns, mayRead }: Row): Bloat['why'] => {
  if (rows < 0) return 'never analysed';
  if (rows === 0 || columns.every(({ known }) => known)) return null;
  return mayRead ? 'no column statistics' : 'column statistics may not be read';
};
