import { amount, count, flag, listOf, nullable, number, record } from '../../../../clients/peer/shape.ts';
import type { DuplicateIndexes, IndexReview, InvalidIndex, MissingIndex, UnusedIndex } from '../../port.ts';
import type { Connection } from '../connect/connection.ts';
import { isLocked, lockedTables, relationBytes } from './relation-size.ts';
import { type Columns, name, without } from '../query/rows.ts';
import { ageMs, isUserSchema, qualified } from '../query/sql.ts';

const tableName = qualified('tn.nspname', 't.relname');
const indexName = qualified('n.nspname', 'c.relname');

/** All that has been read from end to end at all. The product may exceed 64 bits. */
const missing = `
  WITH ${lockedTables}, read AS MATERIALIZED (
    SELECT c.oid, c.relname, c.relnamespace, c.reltuples, c.relpages, ${relationBytes('c')} AS bytes,
           pg_stat_get_numscans(c.oid) AS scans, pg_stat_get_tuples_returned(c.oid) AS read
      FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
     WHERE c.relkind IN ('r', 'm') AND ${isUserSchema('n.nspname')} AND pg_stat_get_numscans(c.oid) > 0
  ), large AS (
    SELECT *, count(*) OVER () AS count FROM read WHERE bytes >= $2 AND read > 0
     ORDER BY read::numeric * bytes DESC, oid LIMIT $1
  )
  SELECT ${qualified('tn.nspname', 't.relname')} AS table, t.bytes,
         CASE WHEN t.reltuples > 0 OR t.relpages > 0 OR pg_stat_get_live_tuples(t.oid) > 0
              THEN greatest(0, pg_stat_get_live_tuples(t.oid), t.reltuples::int8) END AS rows,
         t.scans AS "sequentialScans", t.read AS "rowsRead",
         (SELECT sum(pg_stat_get_numscans(i.indexrelid)) FROM pg_index i WHERE i.indrelid = t.oid) AS "indexScans", t.count
    FROM large t JOIN pg_namespace tn ON tn.oid = t.relnamespace
   ORDER BY t.read::numeric * t.bytes DESC, t.oid`;

/** A sum over an index, or over all parts of a partitioned one: that has neither pages nor counters itself. */
const ofLeaves = (index: string, value: string): string => `(
  WITH RECURSIVE parts AS (
    SELECT ${index} AS oid UNION ALL SELECT h.inhrelid FROM pg_inherits h JOIN parts ON h.inhparent = parts.oid
  ) SELECT coalesce(sum(${value}), 0)::int8 FROM parts JOIN pg_class p ON p.oid = parts.oid)`;

/** The bytes of the index `c` of a table. */
const indexBytes = (table: string): string =>
  `CASE WHEN c.relkind = 'I' THEN ${ofLeaves('c.oid', "p.relpages * current_setting('block_size')::int8")} ELSE ${relationBytes('c', table)} END`;

/** A partition's part of a larger index cannot be dropped alone, so the larger one is listed, where none of its parts is used. */
const unused = `
  WITH ${lockedTables}, idle AS MATERIALIZED (
    SELECT i.indexrelid, i.indrelid, ${indexBytes('i.indrelid')} AS bytes
      FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_namespace n ON n.oid = c.relnamespace
     WHERE c.relkind IN ('i', 'I') AND NOT c.relispartition AND ${isUserSchema('n.nspname')}
       AND ${ofLeaves('i.indexrelid', 'pg_stat_get_numscans(p.oid)')} = 0 AND i.indisvalid
       AND NOT i.indisunique AND NOT i.indisexclusion AND NOT i.indisreplident
       AND NOT EXISTS (SELECT FROM pg_constraint k WHERE k.conindid = i.indexrelid)
  ), largest AS (
    SELECT *, count(*) OVER () AS count, sum(bytes) OVER () AS "allBytes" FROM idle ORDER BY bytes DESC, indexrelid LIMIT $1
  )
  SELECT ${indexName} AS index, ${tableName} AS table, l.bytes, 
         CASE WHEN NOT ${isLocked('l.indrelid')} THEN pg_get_indexdef(l.indexrelid) END AS definition, l.count, l."allBytes"
    FROM largest l
    JOIN pg_class c ON c.oid = l.indexrelid JOIN pg_namespace n ON n.oid = c.relnamespace
    JOIN pg_class t ON t.oid = l.indrelid JOIN pg_namespace tn ON tn.oid = t.relnamespace
   ORDER BY l.bytes DESC, l.indexrelid`;

/** Of what other roles build one sees who does it and, without pg_monitor, not what: but its lock on the table is seen by all. */
const isLockedBy = (pid: string, table: string): string => `
  EXISTS (SELECT FROM pg_locks l
           WHERE l.locktype = 'relation' AND l.pid = ${pid} AND l.relation = ${table} AND l.granted
             AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
             AND l.mode IN ('ShareUpdateExclusiveLock', 'ShareLock', 'AccessExclusiveLock'))`;

/** Partitions of its table, at any depth, in which the partitioned index has no part. */
const partsMissing = `
  CASE WHEN c.relkind = 'I' THEN (
    WITH RECURSIVE tables AS (
      SELECT h.inhrelid FROM pg_inherits h WHERE h.inhparent = i.indrelid
      UNION ALL SELECT h.inhrelid FROM pg_inherits h JOIN tables ON h.inhparent = tables.inhrelid
    ), parts AS (
      SELECT h.inhrelid FROM pg_inherits h WHERE h.inhparent = i.indexrelid
      UNION ALL SELECT h.inhrelid FROM pg_inherits h JOIN parts ON h.inhparent = parts.inhrelid
    )
    SELECT count(*) FROM tables
     WHERE NOT EXISTS (SELECT FROM parts JOIN pg_index x ON x.indexrelid = parts.inhrelid WHERE x.indrelid = tables.inhrelid)
  ) END`;

const invalid = `
  WITH ${lockedTables}
  SELECT ${indexName} AS index, ${tableName} AS table, ${relationBytes('c', 'i.indrelid')} AS bytes,
         EXISTS (SELECT FROM pg_stat_progress_create_index p
                  WHERE p.relid = i.indrelid OR p.relid IS NULL AND ${isLockedBy('p.pid', 'i.indrelid')}) AS "beingBuilt",
         ${partsMissing} AS "partsMissing",
         c.relname ~ '_cc(?:new|old)[0-9]*$' AS leftover, count(*) OVER () AS count
    FROM pg_index i
    JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_namespace n ON n.oid = c.relnamespace
    JOIN pg_class t ON t.oid = i.indrelid JOIN pg_namespace tn ON tn.oid = t.relnamespace
   WHERE NOT (i.indisvalid AND i.indisready AND i.indislive)
   ORDER BY bytes DESC, i.indexrelid LIMIT $1`;

/** An expression without the places in the statement that it came from. To have it as SQL, the server would lock the table. */
const tree = (expression: string): string => `regexp_replace(${expression}::text, ':location -?[0-9]+', '', 'g')`;

/** What an index keeps out: what one of another rule allows, this one may not. NULL: nothing. (15: NULLS NOT DISTINCT.) */
const rule = (version: number, i: string): string => `
  CASE WHEN ${i}.indisexclusion THEN 'exclusion ' || ${i}.indexrelid
       WHEN ${i}.indisunique THEN concat('unique', CASE WHEN NOT ${i}.indimmediate THEN ' deferrable' END${version >= 15 ? `, CASE WHEN ${i}.indnullsnotdistinct THEN ' nulls not distinct' END` : ''}) END`;

/**
 * The same method, columns, classes, collations, orders, expressions and predicate, and more of them than there are rules to keep. Those with different rules are all
 * needed; one without a rule is not.
 */
const duplicate = (version: number): string => `
  WITH ${lockedTables}, same AS MATERIALIZED (
    SELECT i.indrelid, array_agg(i.indexrelid ORDER BY i.indexrelid) AS members
      FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_namespace n ON n.oid = c.relnamespace
     WHERE i.indisvalid AND c.relkind IN ('i', 'I') AND NOT c.relispartition AND ${isUserSchema('n.nspname')}
     GROUP BY i.indrelid, c.relam, i.indnkeyatts, i.indkey::text, i.indclass::text, i.indcollation::text, i.indoption::text,
              ${tree('i.indexprs')}, ${tree('i.indpred')}
    HAVING count(*) > greatest(1, count(DISTINCT ${rule(version, 'i')}))
  ), chosen AS (SELECT *, count(*) OVER () AS count FROM same ORDER BY indrelid, members LIMIT $1)
  SELECT ${tableName} AS table, d.count,
         (SELECT json_agg(json_build_object(
            'index', ${indexName}, 'bytes', ${indexBytes('d.indrelid')}, 'scans', ${ofLeaves('c.oid', 'pg_stat_get_numscans(p.oid)')},
            'rule', ${rule(version, 'i')},
            'tied', i.indisreplident OR EXISTS (SELECT FROM pg_constraint k WHERE k.conindid = c.oid)) ORDER BY c.oid)
            FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_index i ON i.indexrelid = c.oid
           WHERE c.oid = ANY (d.members)) AS indexes
    FROM chosen d JOIN pg_class t ON t.oid = d.indrelid JOIN pg_namespace tn ON tn.oid = t.relnamespace
   ORDER BY t.relname, d.members`;

const totals = `
  SELECT (SELECT count(*) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
           WHERE c.relkind IN ('r', 'm') AND ${isUserSchema('n.nspname')}) AS tables,
         (SELECT count(*) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
           WHERE c.relkind = 'i' AND ${isUserSchema('n.nspname')}) AS indexes,
         current_setting('track_counts')::bool AS counting,
         (SELECT ${ageMs('stats_reset')} FROM pg_stat_database WHERE datname = current_database()) AS "statisticsMs"`;

const replicas = `
  SELECT count(*) FROM pg_stat_replication r
   WHERE NOT EXISTS (SELECT FROM pg_replication_slots s WHERE s.active_pid = r.pid AND s.slot_type = 'logical')`;

interface Totals extends Pick<IndexReview, 'statisticsMs' | 'counting'> {
  readonly tables: number;
  readonly indexes: number;
}

type Counted<Row> = Row & { readonly count: number };

const totalColumns: Columns<Totals> = {
  tables: count,
  indexes: count,
  counting: flag,
  statisticsMs: nullable(number),
};
const missingColumns: Columns<Counted<MissingIndex>> = {
  table: name,
  bytes: amount,
  rows: nullable(amount),
  sequentialScans: amount,
  rowsRead: amount,
  indexScans: nullable(amount),
  count,
};
const unusedColumns: Columns<Counted<UnusedIndex> & { readonly allBytes: number }> = {
  index: name,
  table: name,
  bytes: amount,
  definition: nullable(name),
  count,
  allBytes: amount,
};
const invalidColumns: Columns<Counted<InvalidIndex>> = {
  index: name,
  table: name,
  bytes: amount,
  beingBuilt: flag,
  partsMissing: nullable(count),
  leftover: flag,
  count,
};
const duplicateColumns: Columns<Counted<DuplicateIndexes>> = {
  table: name,
  indexes: listOf(record({ index: name, bytes: amount, scans: amount, rule: nullable(name), tied: flag })),
  count,
};

export const readIndexes = async (connection: Connection, limit: number, minBytes: number): Promise<IndexReview> => {
  const [total, physical, missed, idle, broken, doubled] = await Promise.all([
    connection.row(totalColumns, totals),
    connection.part('replicas', { count }, replicas),
    connection.part('missing indexes', missingColumns, missing, [limit, minBytes]),
    connection.part('unused indexes', unusedColumns, unused, [limit]),
    connection.part('invalid indexes', invalidColumns, invalid, [limit]),
    connection.part('duplicate indexes', duplicateColumns, duplicate(connection.version), [limit]),
  ]);
  return {
    statisticsMs: total.statisticsMs,
    replicas: physical?.[0]?.count ?? null,
    counting: total.counting,
    missing: (missed ?? []).map((row) => without(row, 'count')),
    unused: (idle ?? []).map((row) => without(row, 'count', 'allBytes')),
    invalid: (broken ?? []).map((row) => without(row, 'count')),
    duplicate: (doubled ?? []).map((row) => without(row, 'count')),
    counts: {
      tables: total.tables,
      indexes: total.indexes,
      missing: countIn(missed),
      unused: countIn(idle),
      unusedBytes: idle && (idle[0]?.allBytes ?? 0),
      invalid: countIn(broken),
      duplicate: countIn(doubled),
    },
  };
};

/** Every row carries the number of all; without a row there is none. Null: not known. */
const countIn = (rows: readonly Counted<object>[] | null): number | null => rows && (rows[0]?.count ?? 0);
