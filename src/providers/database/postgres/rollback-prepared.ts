import type { Connection } from './connection.ts';
import { codeOf, isLost, oneLine, writeFailure } from './failure.ts';

export interface PreparedRolledBack {
  readonly outcome: 'done' | 'denied' | 'gone';
  readonly reason: string | null;
}

/** The name is one that the catalogue has, and the server quotes it. */
export const rollbackPrepared = async (connection: Connection, gid: string): Promise<PreparedRolledBack> => {
  const [row] = await connection.rows<{ statement: string; here: boolean; database: string }>(
    `SELECT format('ROLLBACK PREPARED %L', gid) AS statement, database = current_database() AS here, database::text
       FROM pg_prepared_xacts WHERE gid = $1`,
    [gid],
  );
  if (!row) return { outcome: 'gone', reason: 'there is no such prepared transaction any more' };
  if (!row.here) return { outcome: 'denied', reason: `it belongs to the database "${row.database}"; connect to that` };
  try {
    await connection.rows(row.statement);
    return { outcome: 'done', reason: null };
  } catch (error) {
    if (isLost(error)) throw writeFailure(error, connection.doing, `ROLLBACK PREPARED of ${JSON.stringify(gid)}`);
    if (codeOf(error) === '42704') return { outcome: 'gone', reason: oneLine(error) };
    return { outcome: 'denied', reason: oneLine(error) };
  }
};
