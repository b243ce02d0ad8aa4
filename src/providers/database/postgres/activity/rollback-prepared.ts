import { flag } from '../../../../clients/peer/shape.ts';
import type { PreparedTransaction } from '../../port.ts';
import type { Connection } from '../connect/connection.ts';
import { codeOf, isLost, oneLine, writeFailure } from '../query/failure.ts';
import { name } from '../query/rows.ts';

export interface PreparedRolledBack {
  readonly outcome: 'done' | 'denied' | 'gone';
  readonly reason: string | null;
}

/** The name is one that the catalogue has, and the server quotes it. */
export const rollbackPrepared = async (
  connection: Connection,
  { gid, transaction }: Pick<PreparedTransaction, 'gid' | 'transaction'>,
): Promise<PreparedRolledBack> => {
  const [row] = await connection.rows(
    { statement: name, same: flag, here: flag, database: name },
    `SELECT format('ROLLBACK PREPARED %L', gid) AS statement, transaction::text = $2 AS same,
            database = current_database() AS here, database::text
       FROM pg_prepared_xacts WHERE gid = $1`,
    [gid, transaction],
  );
  if (!row) return { outcome: 'gone', reason: 'there is no such prepared transaction any more' };
  if (!row.same) return { outcome: 'gone', reason: 'another prepared transaction has its name by now' };
  if (!row.here) return { outcome: 'denied', reason: `it belongs to the database "${row.database}"; connect to that` };
  try {
    await connection.run(row.statement);
    return { outcome: 'done', reason: null };
  } catch (error) {
    if (isLost(error)) throw writeFailure(error, connection.doing, `ROLLBACK PREPARED of ${JSON.stringify(gid)}`);
    if (codeOf(error) === '42704') return { outcome: 'gone', reason: oneLine(error) };
    return { outcome: 'denied', reason: oneLine(error) };
  }
};
