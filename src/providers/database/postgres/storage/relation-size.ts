/*
 * The server measures a relation under a lock: a queue behind an ALTER TABLE would be joined, in the very moment in which
 * somebody looks for what is wrong. What is locked or about to be is taken from the catalogue instead.
 */

/** `WITH` this: the tables that are, or whose index or TOAST table is, locked against everything, or that somebody waits to lock so. */
export const lockedTables = `locked AS MATERIALIZED (
    SELECT DISTINCT coalesce(i.indrelid, t.oid, ti.oid, l.relation) AS oid
      FROM pg_locks l
      LEFT JOIN pg_index i ON i.indexrelid = l.relation
      LEFT JOIN pg_class t ON t.reltoastrelid = l.relation AND t.reltoastrelid <> 0
      LEFT JOIN pg_class ti ON ti.reltoastrelid = i.indrelid AND ti.reltoastrelid <> 0
     WHERE l.locktype = 'relation' AND l.mode = 'AccessExclusiveLock'
       AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
  )`;

const blockSize = `current_setting('block_size')::int8`;

/** Whether the table with this id is one of them. */
export const isLocked = (table: string): string => `${table} IN (SELECT oid FROM locked)`;

/** The bytes of one relation (its main fork), `c` of pg_class. */
export const relationBytes = (c: string, table = `${c}.oid`): string =>
  `CASE WHEN ${isLocked(table)} THEN ${c}.relpages * ${blockSize} ELSE coalesce(pg_relation_size(${c}.oid), 0) END`;

const pagesOf = (condition: string): string =>
  `coalesce((SELECT sum(x.relpages) FROM pg_class x WHERE ${condition}), 0) * ${blockSize}`;

/** The parts of a table, `c` of pg_class: heap, TOAST and indexes. */
export const tableParts = (c: string) => {
  const toastPages = pagesOf(`x.oid = ${c}.reltoastrelid`);
  const indexPages = pagesOf(`x.oid IN (SELECT indexrelid FROM pg_index WHERE indrelid = ${c}.oid)`);
  const either = (estimate: string, measured: string) =>
    `CASE WHEN ${isLocked(`${c}.oid`)} THEN ${estimate} ELSE coalesce(${measured}, 0) END`;
  const toast = `coalesce(pg_total_relation_size(nullif(${c}.reltoastrelid, 0)), 0)`;
  return {
    total: either(`${c}.relpages * ${blockSize} + ${toastPages} + ${indexPages}`, `pg_total_relation_size(${c}.oid)`),
    heap: either(`${c}.relpages * ${blockSize}`, `pg_table_size(${c}.oid) - ${toast}`),
    indexes: either(indexPages, `pg_indexes_size(${c}.oid)`),
    toast: either(toastPages, toast),
  };
};
