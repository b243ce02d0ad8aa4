import type { DatabaseSize, TableSize } from '../port.ts';
import type { Connection } from './connection.ts';
import { may } from './privileges.ts';
import { isLocked, lockedTables, tableParts } from './relation-size.ts';
import { without } from './rows.ts';
import { qualified } from './sql.ts';

const { total, heap, indexes, toast } = tableParts('c');

/** The catalogue's own tables too: large objects lie there. A partitioned table has nothing itself; its partitions have. */
const tables = `
  WITH ${lockedTables}, largest AS MATERIALIZED (
    SELECT c.oid, ${total} AS bytes, count(*) OVER () AS count
      FROM pg_class c
     WHERE c.relkind IN ('r', 'm')
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

const written = `SELECT coalesce(sum(temp_bytes), 0) AS bytes FROM pg_stat_database WHERE datname = current_database()`;

type TableRow = TableSize & { readonly count: number };

export const readSize = async (connection: Connection, limit: number): Promise<DatabaseSize> => {
  const [rows, all, spaces, temporary, allowed] = await Promise.all([
    connection.rows<TableRow>(tables, [limit]),
    connection.rows<{ name: string; bytes: number | null; here: boolean }>(databases),
    connection.rows<DatabaseSize['tablespaces'][number]>(tablespaces),
    connection.row<{ bytes: number }>(written),
    may(connection, ['pg_ls_waldir()', 'pg_ls_tmpdir()']),
  ]);
  const [wal, files] = await Promise.all([
    allowed('pg_ls_waldir()')
      ? connection.row<{ bytes: number }>('SELECT coalesce(sum(size), 0) AS bytes FROM pg_ls_waldir()')
      : null,
    allowed('pg_ls_tmpdir()')
      ? connection.row<{ bytes: number; files: number }>(
          'SELECT coalesce(sum(size), 0) AS bytes, count(*) AS files FROM pg_ls_tmpdir()',
        )
      : null,
  ]);
  return {
    bytes: all.find(({ here }) => here)?.bytes ?? null,
    databases: all.map(({ name, bytes }) => ({ name, bytes })),
    tables: rows.map((row) => without(row, 'count')),
    tableCount: rows[0]?.count ?? 0,
    walBytes: wal?.bytes ?? null,
    temporary: { bytes: files?.bytes ?? null, files: files?.files ?? null, writtenBytes: temporary.bytes },
    tablespaces: spaces,
  };
};
