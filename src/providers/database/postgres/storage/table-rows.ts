import { count, nullable, number, record } from '../../../../clients/peer/shape.ts';
import type { TableRows } from '../../port.ts';
import { ageMs } from '../query/sql.ts';

export const tableRowsShape = record<TableRows>({
  live: count,
  dead: count,
  changed: count,
  lastVacuumMs: nullable(number),
  lastAutovacuumMs: nullable(number),
  lastAnalyzeMs: nullable(number),
  lastAutoanalyzeMs: nullable(number),
  vacuums: count,
  analyzes: count,
});

/** What the statistics say of the rows of the table with this id, as the JSON of the port's `TableRows`. */
export const tableRows = (oid: string): string => `json_build_object(
    'live', coalesce(pg_stat_get_live_tuples(${oid}), 0), 'dead', coalesce(pg_stat_get_dead_tuples(${oid}), 0),
    'changed', coalesce(pg_stat_get_mod_since_analyze(${oid}), 0),
    'lastVacuumMs', ${ageMs(`pg_stat_get_last_vacuum_time(${oid})`)},
    'lastAutovacuumMs', ${ageMs(`pg_stat_get_last_autovacuum_time(${oid})`)},
    'lastAnalyzeMs', ${ageMs(`pg_stat_get_last_analyze_time(${oid})`)},
    'lastAutoanalyzeMs', ${ageMs(`pg_stat_get_last_autoanalyze_time(${oid})`)},
    'vacuums', coalesce(pg_stat_get_vacuum_count(${oid}), 0), 'analyzes', coalesce(pg_stat_get_analyze_count(${oid}), 0))`;
