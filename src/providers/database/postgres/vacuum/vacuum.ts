import { onOneLine, RunbookError } from '../../../../engine/errors.ts';
import type { DatabaseTable, VacuumOptions, VacuumOutcome } from '../../port.ts';
import { quotedName } from '../../port/names.ts';
import type { Connection } from '../connect/connection.ts';
import { readFailure, writeFailure } from '../query/failure.ts';
import { requireTable } from '../storage/table.ts';

/**
 * The server's functions from which the warnings come that mean "not done". The texts are in the server's language; the
 * name of the function is not: 13 to 15 and 16 and later for the right to, the others in all.
 */
const skips = /^(?:vacuum_is_relation_owner|vacuum_is_permitted_for_relation|vacuum_open_relation)$/;
/** These warn of what is no table: of a partition that is a foreign table, as there are no dead rows to remove. */
const skipsOtherKinds = /^(?:vacuum_rel|analyze_rel)$/;

/** Runs VACUUM. `table.name` was quoted by the server and is compared with the catalogue again before. */
export const vacuumTable = async (
  connection: Connection,
  table: DatabaseTable,
  { analyze }: VacuumOptions,
): Promise<VacuumOutcome> => {
  const { address } = connection.doing;
  const server = await connection.server;
  if (server.role === 'replica')
    throw new RunbookError('failed', `${address} is a replica; VACUUM runs on the primary and comes from there.`, {
      next: ['name the primary in the configuration'],
    });
  // Up to here nothing is changed: a loss is a read's.
  await requireTable(connection, table).catch((error: unknown) => {
    throw readFailure(error, connection.doing);
  });
  const notices: string[] = [];
  const skipped: string[] = [];
  connection.onNotice(({ message = '', code = '', routine = '' }) => {
    const line = message.replaceAll(/\s+/g, ' ').trim();
    notices.push(line);
    // 00000 is what is only told.
    if (code === '00000') return;
    if (skips.test(routine) || (table.kind !== 'partitioned table' && skipsOtherKinds.test(routine)))
      skipped.push(line);
  });
  try {
    await connection.unlimited(`VACUUM (${analyze ? 'ANALYZE' : 'ANALYZE false'}) ${table.name}`);
  } catch (error) {
    throw writeFailure(error, connection.doing, `VACUUM of ${onOneLine(table.name)}`);
  }
  if (skipped.length > 0)
    throw new RunbookError('failed', `${address} did not vacuum ${onOneLine(table.name)}: ${skipped.join('; ')}.`, {
      next: mendOf(table, server.user, server.version),
    });
  return { notices };
};

const mendOf = (table: DatabaseTable, user: string, version: string): readonly string[] => {
  if (table.mayVacuum) return ['try again'];
  return Number.parseInt(version, 10) >= 17
    ? [`as its owner (${onOneLine(table.owner)}): GRANT MAINTAIN ON ${table.name} TO ${quotedName(user)}`]
    : [`connect as its owner, or: GRANT ${quotedName(table.owner)} TO ${quotedName(user)}`];
};
