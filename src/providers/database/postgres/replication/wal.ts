import { amount, count, flag, nullable, number, oneOf } from '../../../../clients/peer/shape.ts';
import type { WalView } from '../../port.ts';
import type { Connection } from '../connect/connection.ts';
import { may } from '../query/privileges.ts';
import { type Columns, name } from '../query/rows.ts';
import { position, readSlots } from './slots.ts';
import { ageMs } from '../query/sql.ts';

interface Row {
  readonly positionBytes: number;
  readonly maxWalBytes: number;
  readonly keepBytes: number;
  readonly maxSlotKeepBytes: number | null;
  readonly level: string;
  readonly mode: 'off' | 'on' | 'always';
  readonly configured: boolean;
  readonly archived: number;
  readonly failed: number;
  readonly lastArchivedMs: number | null;
  readonly lastFailedMs: number | null;
  readonly lastFailedFile: string | null;
}

const columns: Columns<Row> = {
  positionBytes: amount,
  maxWalBytes: amount,
  keepBytes: amount,
  maxSlotKeepBytes: nullable(amount),
  level: name,
  mode: oneOf('off', 'on', 'always'),
  configured: flag,
  archived: count,
  failed: count,
  lastArchivedMs: nullable(number),
  lastFailedMs: nullable(number),
  lastFailedFile: nullable(name),
};

/** A replica archives with `always` alone. Settings come with the unit of each: pg_size_bytes understands what SHOW says. */
const state = (replica: boolean): string => `
  SELECT pg_wal_lsn_diff(${position(replica)}, '0/0') AS "positionBytes",
         pg_size_bytes(current_setting('max_wal_size')) AS "maxWalBytes",
         pg_size_bytes(current_setting('wal_keep_size')) AS "keepBytes",
         CASE WHEN current_setting('max_slot_wal_keep_size') <> '-1'
              THEN pg_size_bytes(current_setting('max_slot_wal_keep_size')) END AS "maxSlotKeepBytes",
         current_setting('wal_level') AS level, current_setting('archive_mode') AS mode,
         ${replica ? `current_setting('archive_mode') <> 'always' OR` : ''} concat(current_setting('archive_command'), current_setting('archive_library', true)) NOT IN ('', '(disabled)') AS configured,
         a.archived_count AS archived, a.failed_count AS failed, ${ageMs('a.last_archived_time')} AS "lastArchivedMs",
         ${ageMs('a.last_failed_time')} AS "lastFailedMs", a.last_failed_wal AS "lastFailedFile"
    FROM pg_stat_archiver a`;

const directory = `SELECT coalesce(sum(size), 0) AS bytes, count(*) AS files FROM pg_ls_waldir()`;
const waiting = `SELECT count(*) AS count FROM pg_ls_archive_statusdir() WHERE name LIKE '%.ready'`;
const checkpoint = `SELECT ${ageMs('checkpoint_time')} AS "lastCheckpointMs" FROM pg_control_checkpoint()`;

export const readWal = async (connection: Connection): Promise<WalView> => {
  const replica = (await connection.server).role === 'replica';
  const [row, slots, allowed] = await Promise.all([
    connection.row(columns, state(replica)),
    readSlots(connection, replica),
    may(connection, ['pg_ls_waldir()', 'pg_ls_archive_statusdir()', 'pg_control_checkpoint()']),
  ]);
  const [files, ready, checked] = await Promise.all([
    allowed('pg_ls_waldir()') ? connection.row({ bytes: amount, files: count }, directory) : null,
    allowed('pg_ls_archive_statusdir()') ? connection.row({ count }, waiting) : null,
    allowed('pg_control_checkpoint()') ? connection.row({ lastCheckpointMs: nullable(number) }, checkpoint) : null,
  ]);
  const { mode, configured, archived, failed, lastArchivedMs, lastFailedMs, lastFailedFile, ...rest } = row;
  return {
    ...rest,
    directory: files,
    slots,
    archiving: {
      mode,
      configured,
      archived,
      failed,
      lastArchivedMs,
      lastFailedMs,
      lastFailedFile,
      waiting: ready?.count ?? null,
    },
    lastCheckpointMs: checked?.lastCheckpointMs ?? null,
  };
};
