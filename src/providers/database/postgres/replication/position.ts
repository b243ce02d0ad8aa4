import { nullable } from '../../../../clients/peer/shape.ts';
import type { Connection } from '../connect/connection.ts';
import { name } from '../query/rows.ts';

/**
 * Where the log stands. A replica has no position of its own to write at; what it replays from the archive it has not received.
 * Null where the server does not say it.
 */
export const readPosition = async (connection: Connection, replica: boolean): Promise<string | null> => {
  const now = replica ? 'greatest(pg_last_wal_receive_lsn(), pg_last_wal_replay_lsn())' : 'pg_current_wal_lsn()';
  const rows = await connection.part(
    'the position in the WAL',
    { position: nullable(name) },
    `SELECT (${now})::text AS position`,
  );
  return rows?.[0]?.position ?? null;
};
