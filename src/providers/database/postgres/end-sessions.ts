import type { EndedSession, EndSessionsRequest } from '../port.ts';
import type { Connection } from './connection.ts';
import { isLost, oneLine, writeFailure } from './failure.ts';

type Asked = EndSessionsRequest['sessions'][number];

/**
 * The check and the signal in one statement: the function is called for the row that still fits, if there is one. Its
 * argument is the row's own, so that nothing is signalled that was not looked at.
 */
const statement = (how: EndSessionsRequest['how']): string => `
  WITH found AS MATERIALIZED (
    SELECT a.pid, a.backend_start = $2::timestamptz AS same,
           $3::timestamptz IS NULL OR a.state_change = $3::timestamptz AS unchanged, a.backend_start IS NULL AS hidden
      FROM pg_stat_activity a WHERE a.pid = $1
  )
  SELECT f.same, f.unchanged, f.hidden,
         CASE WHEN f.same AND f.unchanged AND f.pid <> pg_backend_pid() THEN pg_${how}_backend(f.pid) END AS sent
    FROM found f`;

interface Row {
  readonly same: boolean | null;
  readonly unchanged: boolean | null;
  readonly hidden: boolean;
  readonly sent: boolean | null;
}

/** One statement for each, all sent at once: one that is denied does not keep the others from being done. */
export const endSessions = async (
  connection: Connection,
  { how, sessions }: EndSessionsRequest,
  onEach: (ended: EndedSession) => void,
): Promise<readonly EndedSession[]> => {
  const results: EndedSession[] = [];
  let lost: unknown;
  await Promise.all(
    sessions.map(async (asked) => {
      try {
        const values = [asked.pid, asked.backendStart, asked.stateSince ?? null];
        const [row] = await connection.rows<Row>(statement(how), values);
        const ended = { pid: asked.pid, backendStart: asked.backendStart, ...outcomeOf(row, asked) };
        results.push(ended);
        onEach(ended);
      } catch (error) {
        if (isLost(error)) {
          lost ??= error;
          return;
        }
        const ended = {
          pid: asked.pid,
          backendStart: asked.backendStart,
          outcome: 'denied' as const,
          reason: oneLine(error),
        };
        results.push(ended);
        onEach(ended);
      }
    }),
  );
  if (lost !== undefined) {
    const open = sessions.length - results.length;
    throw writeFailure(lost, connection.doing, `the ${how} of ${open} of ${sessions.length} sessions`);
  }
  return results;
};

const outcomeOf = (row: Row | undefined, { pid }: Asked): Pick<EndedSession, 'outcome' | 'reason'> => {
  if (!row) return { outcome: 'gone', reason: 'there is no such session any more' };
  if (row.hidden)
    return { outcome: 'denied', reason: 'it cannot be seen, so it cannot be told whether it is still the same' };
  if (row.same !== true) return { outcome: 'gone', reason: `the process id ${pid} belongs to another session by now` };
  if (row.unchanged !== true) return { outcome: 'changed', reason: 'it has gone on working since' };
  if (row.sent === null) return { outcome: 'denied', reason: 'it is the session of rb itself' };
  return row.sent ? { outcome: 'done', reason: null } : { outcome: 'gone', reason: 'it ended by itself' };
};
