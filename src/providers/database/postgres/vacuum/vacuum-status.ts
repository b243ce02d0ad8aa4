import { amount, count, flag, integer, nullable, number } from '../../../../clients/peer/shape.ts';
import { UnusableAnswer } from '../../../../clients/peer/unusable.ts';
import type { VacuumedTable, VacuumStatus } from '../../port.ts';
import type { Connection } from '../connect/connection.ts';
import { readProgressPart } from './progress.ts';
import { lockedTables, tableParts } from '../storage/relation-size.ts';
import { type Columns, name, without } from '../query/rows.ts';
import { isUserSchema, qualified } from '../query/sql.ts';
import { tableRows, tableRowsShape } from '../storage/table-rows.ts';

const option = (name: string): string =>
  `(SELECT o.option_value FROM pg_options_to_table(c.reloptions) o WHERE o.option_name = '${name}')`;

/** Where autovacuum begins, with the settings of the table before the server's; from 18 on there is an upper limit. */
const autovacuumAt = `
  CASE WHEN ${option('autovacuum_enabled')} IS NULL OR ${option('autovacuum_enabled')}::bool THEN least(
    coalesce(${option('autovacuum_vacuum_threshold')}, current_setting('autovacuum_vacuum_threshold'))::float8
      + coalesce(${option('autovacuum_vacuum_scale_factor')}, current_setting('autovacuum_vacuum_scale_factor'))::float8
        * greatest(c.reltuples, 0),
    nullif(coalesce(${option('autovacuum_vacuum_max_threshold')}, current_setting('autovacuum_vacuum_max_threshold', true))::float8, -1))
  END`;

/** The TOAST table has an age of its own. */
const xidAge = `greatest(CASE WHEN c.relfrozenxid <> '0' THEN age(c.relfrozenxid) END,
  (SELECT age(t.relfrozenxid) FROM pg_class t WHERE t.oid = c.reltoastrelid AND t.relfrozenxid <> '0'))`;

/** Those first that are nearest to what autovacuum waits for: dead rows or age. */
const tables = `
  WITH ${lockedTables}, considered AS MATERIALIZED (
    SELECT c.oid, coalesce(pg_stat_get_dead_tuples(c.oid), 0) AS dead, ${autovacuumAt} AS "autovacuumAt", ${xidAge} AS "xidAge"
      FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
     WHERE c.relkind IN ('r', 'm') AND (${isUserSchema('n.nspname')} OR n.nspname = 'pg_catalog') AND ($2::oid IS NULL OR c.oid = $2)
  ), first AS (
    SELECT *, count(*) OVER () AS count,
           greatest(dead / greatest(coalesce("autovacuumAt", 50), 1),
                    "xidAge" / current_setting('autovacuum_freeze_max_age')::float8) AS need
      FROM considered ORDER BY need DESC NULLS LAST, dead DESC, oid LIMIT $1
  )
  SELECT f.oid, ${qualified('n.nspname', 'c.relname')} AS name, ${tableParts('c').total} AS bytes, ${tableRows('f.oid')} AS rows,
         f."autovacuumAt", f."xidAge", f.count
    FROM first f JOIN pg_class c ON c.oid = f.oid JOIN pg_namespace n ON n.oid = c.relnamespace
   ORDER BY f.need DESC NULLS LAST, f.dead DESC, f.oid`;

const databases = `
  SELECT datname::text AS name, age(datfrozenxid) AS "xidAge", mxid_age(datminmxid) AS "multixactAge",
         datname = current_database() AS here
    FROM pg_database ORDER BY greatest(age(datfrozenxid), mxid_age(datminmxid)) DESC, name`;

const settings = `
  SELECT current_setting('autovacuum_freeze_max_age')::int8 AS "freezeMaxAge",
         current_setting('autovacuum_multixact_freeze_max_age')::int8 AS "multixactFreezeMaxAge",
         current_setting('autovacuum')::bool AND current_setting('track_counts')::bool AS autovacuum`;

/** Ids are compared modulo 2^32; three million before the end the server stops (13 and later). */
const stopsAt = 2 ** 31 - 3_000_000;

type DatabaseRow = VacuumStatus['wraparound']['databases'][number] & { readonly here: boolean };

const tableColumns: Columns<VacuumedTable & { readonly count: number }> = {
  oid: count,
  name,
  bytes: amount,
  rows: tableRowsShape,
  autovacuumAt: nullable(number),
  xidAge: nullable(integer),
  count,
};
const databaseColumns: Columns<DatabaseRow> = { name, xidAge: integer, multixactAge: integer, here: flag };
const settingColumns = { freezeMaxAge: count, multixactFreezeMaxAge: count, autovacuum: flag };

export const readVacuumStatus = async (
  connection: Connection,
  limit: number,
  tableOid: number | undefined,
): Promise<VacuumStatus> => {
  const [rows, all, { autovacuum, ...limits }, running] = await Promise.all([
    connection.rows(tableColumns, tables, [limit, tableOid ?? null]),
    connection.rows(databaseColumns, databases),
    connection.row(settingColumns, settings),
    readProgressPart(connection),
  ]);
  const here = all.find((row) => row.here);
  if (here === undefined) throw new UnusableAnswer('answers without the age of the database');
  return {
    tables: rows.map((row) => without(row, 'count')),
    tableCount: rows[0]?.count ?? 0,
    wraparound: {
      xidAge: here.xidAge,
      multixactAge: here.multixactAge,
      ...limits,
      stopsAt,
      databases: all.slice(0, 10).map((row) => without(row, 'here')),
    },
    running,
    autovacuum,
  };
};
