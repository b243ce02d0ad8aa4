import type { PostgresRig } from './rig.ts';

/**
 * Takes functions of the server's own away in a database, as a managed service does: nobody but a superuser may call them, where a
 * view does, and they are not there under their name. `signature`: `pg_get_replication_slots()`.
 */
export const withoutFunctions = async (
  rig: PostgresRig,
  database: string,
  signatures: readonly string[],
): Promise<void> => {
  for (const signature of signatures) {
    const name = signature.replace(/\(.*/, '');
    // A version that never had it does not have it either.
    const [found] = await rig.sql(database, 'SELECT to_regprocedure($1) IS NOT NULL AS there', [
      `pg_catalog.${signature}`,
    ]);
    if (found?.['there'] !== true) continue;
    await rig.sql(
      database,
      `SET allow_system_table_mods = on;
       UPDATE pg_proc SET proacl = '{postgres=X/postgres}' WHERE oid = 'pg_catalog.${signature}'::regprocedure;
       ALTER FUNCTION pg_catalog.${signature} RENAME TO not_in_this_service_${name}`,
    );
  }
};

/** What Aurora has not, or not always. */
export const notInAurora = [
  'pg_get_replication_slots()',
  'pg_current_wal_lsn()',
  'pg_last_wal_receive_lsn()',
  'pg_last_wal_replay_lsn()',
  'pg_last_xact_replay_timestamp()',
  'pg_get_wal_replay_pause_state()',
  'pg_is_wal_replay_paused()',
  'pg_control_system()',
  'pg_control_checkpoint()',
  'pg_ls_waldir()',
  'pg_ls_archive_statusdir()',
] as const;
