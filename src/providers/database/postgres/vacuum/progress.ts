import { amount, count, flag, integer, nullable, number } from '../../../../clients/peer/shape.ts';
import type { VacuumProgress } from '../../port.ts';
import type { Connection } from '../connect/connection.ts';
import { type Columns, name } from '../query/rows.ts';
import { ageMs, qualified } from '../query/sql.ts';

type Row = Omit<VacuumProgress, 'share'> & { readonly blocks: number | null; readonly scanned: number | null };

const columns: Columns<Row> = {
  pid: integer,
  table: nullable(name),
  tableOid: nullable(count),
  database: nullable(name),
  autovacuum: nullable(flag),
  phase: nullable(name),
  scannedBytes: nullable(amount),
  totalBytes: nullable(amount),
  indexPasses: nullable(count),
  runsMs: nullable(number),
  blocks: nullable(count),
  scanned: nullable(count),
};

/** Another database's tables have ids, and no names here. */
const query = `
  SELECT p.pid, p.relid AS "tableOid", p.datname::text AS database,
         CASE WHEN c.oid IS NOT NULL THEN ${qualified('n.nspname', 'c.relname')} END AS table,
         a.backend_type = 'autovacuum worker' AS autovacuum,
         p.phase, p.heap_blks_total AS blocks, p.heap_blks_scanned AS scanned,
         p.heap_blks_scanned * current_setting('block_size')::int8 AS "scannedBytes",
         p.heap_blks_total * current_setting('block_size')::int8 AS "totalBytes",
         p.index_vacuum_count AS "indexPasses",
         ${ageMs('coalesce(a.xact_start, a.query_start)')} AS "runsMs"
    FROM pg_stat_progress_vacuum p
    LEFT JOIN pg_stat_activity a ON a.pid = p.pid
    LEFT JOIN pg_class c ON c.oid = p.relid AND p.datname = current_database()
    LEFT JOIN pg_namespace n ON n.oid = c.relnamespace
   ORDER BY p.pid`;

export const readProgress = async (connection: Connection): Promise<readonly VacuumProgress[]> => {
  return (await connection.rows(columns, query)).map(withShare);
};

/** As a part of a look that goes without it. */
export const readProgressPart = async (connection: Connection): Promise<readonly VacuumProgress[]> =>
  ((await connection.part('VACUUMs at work', columns, query)) ?? []).map(withShare);

const withShare = ({ blocks, scanned, ...row }: Row): VacuumProgress => ({
  ...row,
  share: blocks === null || scanned === null ? null : blocks === 0 ? 1 : scanned / blocks,
});
