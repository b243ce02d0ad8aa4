import { flag, nullable } from '../../../../clients/peer/shape.ts';
import type { EndedSession, EndSessionsRequest } from '../../port.ts';
import type { Connection } from '../connect/connection.ts';
import { isLost, oneLine, writeFailure } from '../query/failure.ts';
import type { Columns } from '../query/rows.ts';
import { isOfServer } from '../query/sql.ts';

type Asked = EndSessionsRequest['sessions'][number];

/**
 * The check and the signal in one statement: the function is called for the row that still fits, if there is one. Its
 * argument is the row's own, so that nothing is signalled that was not looked at.
 */
const statement = (how: EndSessionsRequest['how']): string => `
  WITH found AS MATERIALIZED (
    SELECT a.pid, a.backend_start = $2::timestamptz AS same,
           $3::timestamptz IS NULL OR a.state_change = $3::timestamptz AS unchanged, a.backend_start IS NULL AS hidden,
           ${isOfServer('a')} AS "ofServer"
      FROM pg_stat_get_activity($1) a
  )
  SELECT f.same, f.unchanged, f.hidden, f."ofServer",
         CASE WHEN f.same AND f.unchanged AND NOT f."ofServer" AND f.pid <> pg_backend_pid()
              THEN pg_${how}_backend(f.pid) END AS sent
    FROM found f`;

interface Row {
  readonly same: boolean | null;
  readonly unchanged: boolean | null;
  readonly hidden: boolean;
  readonly ofServer: boolean;
  readonly sent: boolean | null;
}

const columns: Columns<Row> = {
  same: nullable(flag),
  unchanged: nullable(flag),
  hidden: flag,
  ofServer: flag,
  sent: nullable(flag),
};

/**
 * The server makes a picture of all sessions for each transaction that looks at one: among thousands that takes longer than the
 * rest. So some share one, which is younger than that of one statement over all of them would be.
 */
const shareOnePicture = 50;

/**
 * One statement for each, all sent at once. Each has a savepoint, so that one that is denied does not keep the others from being
 * done; a signal that was sent is not taken back by it.
 */
export const endSessions = async (
  connection: Connection,
  { how, sessions }: EndSessionsRequest,
  onEach: (ended: EndedSession) => void,
): Promise<readonly EndedSession[]> => {
  const results: EndedSession[] = [];
  const lost: unknown[] = [];
  const around = (text: string) => connection.run(text).catch((error: unknown) => void lost.push(error));
  const endOne = async (asked: Asked): Promise<void> => {
    const key = { pid: asked.pid, backendStart: asked.backendStart };
    const tell = (outcome: Pick<EndedSession, 'outcome' | 'reason'>) => {
      results.push({ ...key, ...outcome });
      onEach({ ...key, ...outcome });
    };
    try {
      const values = [asked.pid, asked.backendStart, asked.stateSince ?? null];
      const [row] = await connection.again(how, columns, statement(how), values);
      tell(outcomeOf(row, asked));
    } catch (error) {
      if (isLost(error)) lost.push(error);
      else tell({ outcome: 'denied', reason: oneLine(error) });
    }
  };
  const begin = 'BEGIN; SAVEPOINT one';
  const sent = sessions.flatMap((asked, index) => [
    ...(index % shareOnePicture === 0 ? [around(index === 0 ? begin : `COMMIT; ${begin}`)] : []),
    endOne(asked),
    around('ROLLBACK TO SAVEPOINT one'),
  ]);
  await Promise.all([...sent, ...(sessions.length > 0 ? [around('COMMIT')] : [])]);
  if (results.length < sessions.length) {
    const open = sessions.length - results.length;
    throw writeFailure(lost[0], connection.doing, `the ${how} of ${open} of ${sessions.length} sessions`);
  }
  return results;
};

const outcomeOf = (row: Row | undefined, { pid }: Asked): Pick<EndedSession, 'outcome' | 'reason'> => {
  if (!row) return { outcome: 'gone', reason: 'there is no such session any more' };
  if (row.hidden)
    return { outcome: 'denied', reason: 'it cannot be seen, so it cannot be told whether it is still the same' };
  if (row.ofServer) return { outcome: 'denied', reason: 'it is a process of the server itself' };
  if (row.same !== true) return { outcome: 'gone', reason: `the process id ${pid} belongs to another session by now` };
  if (row.unchanged !== true) return { outcome: 'changed', reason: 'it has gone on working since' };
  if (row.sent === null) return { outcome: 'denied', reason: 'it is the session of rb itself' };
  return row.sent ? { outcome: 'done', reason: null } : { outcome: 'gone', reason: 'it ended by itself' };
};
