import { amount, count, flag, nullable } from '../../../../clients/peer/shape.ts';
import type { DatabaseSize, TableSize } from '../../port.ts';
import type { Connection } from '../connect/connection.ts';
import { isLocked, lockedTables, relationBytes, tableParts } from './relation-size.ts';
import { type Columns, name, without } from '../query/rows.ts';
import { qualified } from '../query/sql.ts';

const { total, heap, indexes, toast } = tableParts('c');

/**
 * To measure every table of a large database takes the server long: each of its files is asked for. So the largest are chosen by
 * the pages that the catalogue has of the last VACUUM or ANALYZE, and by the file itself where there was none. The catalogue's
 * own tables too: large objects lie there. A partitioned table has nothing itself; its partitions have.
 */
const tables = `
  WITH ${lockedTables}, pages AS MATERIALIZED (
    SELECT coalesce(i.indrelid, t.oid, c.oid) AS oid,
           sum(CASE WHEN c.relpages = 0 AND c.relkind <> 'i' THEN ${relationBytes('c', 'coalesce(t.oid, c.oid)')}
                    ELSE c.relpages * current_setting('block_size')::int8 END) AS bytes
      FROM pg_class c
      LEFT JOIN pg_class t ON c.relkind = 't' AND t.reltoastrelid = c.oid
      LEFT JOIN pg_index i ON c.relkind = 'i' AND i.indexrelid = c.oid
     WHERE c.relkind IN ('r', 'm', 't', 'i')
     GROUP BY 1
  ), candidates AS MATERIALIZED (
    SELECT c.oid, count(*) OVER () AS count
      FROM pages p JOIN pg_class c ON c.oid = p.oid AND c.relkind IN ('r', 'm')
     ORDER BY p.bytes DESC, c.oid LIMIT 100 + 2 * $1::int
  ), largest AS MATERIALIZED (
    SELECT c.oid, ${total} AS bytes, k.count FROM candidates k JOIN pg_class c ON c.oid = k.oid
     ORDER BY bytes DESC, c.oid LIMIT $1
  )
  SELECT ${qualified('n.nspname', 'c.relname')} AS table, l.bytes AS "totalBytes", ${heap} AS "heapBytes",
         ${indexes} AS "indexBytes", ${toast} AS "toastBytes",
         CASE WHEN c.reltuples >= 0 THEN c.reltuples END AS rows, ${isLocked('c.oid')} AS estimated, l.count
    FROM largest l JOIN pg_class c ON c.oid = l.oid JOIN pg_namespace n ON n.oid = c.relnamespace
   ORDER BY l.bytes DESC, l.oid`;

const mayConnect = `has_database_privilege(d.oid, 'CONNECT') OR pg_has_role(current_user, 'pg_read_all_stats', 'USAGE')`;

const databases = `
  SELECT d.datname::text AS name, CASE WHEN ${mayConnect} THEN pg_database_size(d.oid) END AS bytes,
         d.datname = current_database() AS here
    FROM pg_database d ORDER BY bytes DESC NULLS LAST, name`;

/** A tablespace's directory can be measured by those who may create in it or read all statistics. */
const tablespaces = `
  SELECT t.spcname::text AS name, pg_tablespace_location(t.oid) AS location,
         CASE WHEN has_tablespace_privilege(t.oid, 'CREATE') OR pg_has_role(current_user, 'pg_read_all_stats', 'USAGE')
              THEN pg_tablespace_size(t.oid) END AS bytes
    FROM pg_tablespace t WHERE t.spcname <> 'pg_global' ORDER BY t.oid`;

/** `temp_tablespaces` may have them anywhere. */
const temporaryFiles = `
  SELECT coalesce(sum(f.size), 0) AS bytes, count(f.size) AS files
    FROM pg_tablespace t CROSS JOIN pg_ls_tmpdir(t.oid) f WHERE t.spcname <> 'pg_global'`;

const wal = 'SELECT coalesce(sum(size), 0) AS bytes FROM pg_ls_waldir()';

const written = `SELECT coalesce(sum(temp_bytes), 0) AS bytes FROM pg_stat_database WHERE datname = current_database()`;

type TableRow = TableSize & { readonly count: number };

const tableColumns: Columns<TableRow> = {
  table: name,
  totalBytes: amount,
  heapBytes: amount,
  indexBytes: amount,
  toastBytes: amount,
  rows: nullable(amount),
  estimated: flag,
  count,
};
const bytes = amount;

export const readSize = async (connection: Connection, limit: number): Promise<DatabaseSize> => {
  const [rows, all, spaces, temporary, walSize, files] = await Promise.all([
    connection.rows(tableColumns, tables, [limit]),
    connection.part('sizes of the databases', { name, bytes: nullable(bytes), here: flag }, databases),
    connection.part('tablespaces', { name, location: name, bytes: nullable(bytes) }, tablespaces),
    connection.part('temporary files written', { bytes }, written),
    connection.part('the WAL directory', { bytes }, wal),
    connection.part('temporary files', { bytes, files: count }, temporaryFiles),
  ]);
  return {
    bytes: all?.find(({ here }) => here)?.bytes ?? null,
    databases: (all ?? []).map((row) => without(row, 'here')),
    tables: rows.map((row) => without(row, 'count')),
    tableCount: rows[0]?.count ?? 0,
    walBytes: walSize?.[0]?.bytes ?? null,
    temporary: {
      bytes: files?.[0]?.bytes ?? null,
      files: files?.[0]?.files ?? null,
      writtenBytes: temporary?.[0]?.bytes ?? null,
    },
    tablespaces: spaces ?? [],
  };
};
