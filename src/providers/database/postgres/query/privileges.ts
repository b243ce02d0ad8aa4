import { flag, text } from '../../../../clients/peer/shape.ts';
import type { Connection } from '../connect/connection.ts';

/** Which of the server's functions may be called: one that may not be fails the whole transaction. */
export const may = async <const Name extends string>(
  connection: Connection,
  functions: readonly Name[],
): Promise<(name: Name) => boolean> => {
  const rows = await connection.rows(
    { name: text, allowed: flag },
    `SELECT f AS name, has_function_privilege('pg_catalog.' || f, 'EXECUTE') AS allowed FROM unnest($1::text[]) AS f`,
    [functions],
  );
  return (name) => rows.some((row) => row.name === name && row.allowed);
};
