import { amount, count, flag, nullable, number, oneOf } from '../../../../clients/peer/shape.ts';
import type { WalView } from '../../port.ts';
import type { Connection } from '../connect/connection.ts';
import { bytesBetween } from '../query/lsn.ts';
import { type Columns, name } from '../query/rows.ts';
import { ageMs } from '../query/sql.ts';
import { readPosition } from './position.ts';
import { readSlots } from './slots.ts';

interface Row {
  readonly maxWalBytes: number;
  readonly keepBytes: number;
  readonly maxSlotKeepBytes: number | null;
  readonly level: string;
  readonly mode: 'off' | 'on' | 'always';
  readonly configured: boolean;
}

interface ArchiverRow {
  readonly archived: number;
  readonly failed: number;
  readonly lastArchivedMs: number | null;
  readonly lastFailedMs: number | null;
  readonly lastFailedFile: string | null;
}

const columns: Columns<Row> = {
  maxWalBytes: amount,
  keepBytes: amount,
  maxSlotKeepBytes: nullable(amount),
  level: name,
  mode: oneOf('off', 'on', 'always'),
  configured: flag,
};

const archiverColumns: Columns<ArchiverRow> = {
  archived: count,
  failed: count,
  lastArchivedMs: nullable(number),
  lastFailedMs: nullable(number),
  lastFailedFile: nullable(name),
};

/** A replica archives with `always` alone. Settings come with the unit of each: pg_size_bytes understands what SHOW says. */
const settings = (replica: boolean): string => `
  SELECT pg_size_bytes(current_setting('max_wal_size')) AS "maxWalBytes",
         pg_size_bytes(current_setting('wal_keep_size')) AS "keepBytes",
         CASE WHEN current_setting('max_slot_wal_keep_size') <> '-1'
              THEN pg_size_bytes(current_setting('max_slot_wal_keep_size')) END AS "maxSlotKeepBytes",
         current_setting('wal_level') AS level, current_setting('archive_mode') AS mode,
         ${replica ? `current_setting('archive_mode') <> 'always' OR` : ''} concat(current_setting('archive_command'), current_setting('archive_library', true)) NOT IN ('', '(disabled)') AS configured`;

const archiver = `
  SELECT a.archived_count AS archived, a.failed_count AS failed, ${ageMs('a.last_archived_time')} AS "lastArchivedMs",
         ${ageMs('a.last_failed_time')} AS "lastFailedMs", a.last_failed_wal AS "lastFailedFile"
    FROM pg_stat_archiver a`;

const directory = `SELECT coalesce(sum(size), 0) AS bytes, count(*) AS files FROM pg_ls_waldir()`;
const waiting = `SELECT count(*) AS count FROM pg_ls_archive_statusdir() WHERE name LIKE '%.ready'`;
const checkpoint = `SELECT ${ageMs('checkpoint_time')} AS "lastCheckpointMs" FROM pg_control_checkpoint()`;

export const readWal = async (connection: Connection): Promise<WalView> => {
  const replica = (await connection.server).role === 'replica';
  const position = readPosition(connection, replica);
  const [now, set, { slots }, archived, files, ready, checked] = await Promise.all([
    position,
    connection.row(columns, settings(replica)),
    readSlots(connection, position),
    connection.part('the archiver', archiverColumns, archiver),
    connection.part('the WAL directory', { bytes: amount, files: count }, directory),
    connection.part('what waits to be archived', { count }, waiting),
    connection.part('the last checkpoint', { lastCheckpointMs: nullable(number) }, checkpoint),
  ]);
  const { mode, configured, ...rest } = set;
  return {
    ...rest,
    positionBytes: bytesBetween('0/0', now),
    directory: files?.[0] ?? null,
    slots,
    archiving: {
      mode,
      configured,
      ...(archived?.[0] ?? noArchiver),
      waiting: ready?.[0]?.count ?? null,
    },
    lastCheckpointMs: checked?.[0]?.lastCheckpointMs ?? null,
  };
};

const noArchiver = { archived: null, failed: null, lastArchivedMs: null, lastFailedMs: null, lastFailedFile: null };
