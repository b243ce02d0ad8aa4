import { RunbookError } from '../../engine/errors.ts';
import type { JsonObject } from '../../engine/json.ts';
import type { Database, Server } from '../../providers/database/port.ts';

/** The configured server, or the replica that `--on` names. Errors: `usage` for a name that is not configured. */
export const serverNamed = (database: Database, name: string | undefined): Database => {
  if (name === undefined || name === database.name) return database;
  const found = database.replicas.find((replica) => replica.name === name);
  if (found) return found;
  const names = [database, ...database.replicas].map((one) => one.name);
  throw new RunbookError('usage', `--on ${name}: no such server is configured; there are: ${names.join(', ')}.`, {
    next: ['name it below database.replicas in runbook.config.yaml'],
  });
};

/** `shop on db-1:5432`; a replica says that it is one. */
export const placeOf = (server: Server): string =>
  `${server.database} on ${server.address}${server.role === 'replica' ? ' (replica)' : ''}`;

/** Who answered, for programs. */
export const serverData = (server: Server): JsonObject => {
  const { address, database, user, systemIdentifier, role, version, seesEverything } = server;
  return { address, database, user, systemIdentifier, role, version, seesEverything };
};

/** Why some of it cannot be seen, and what to do about it. */
export const unseenBecause = (server: Server): string =>
  server.seesEverything ? ' (track_activities is off for them)' : ` ("${server.user}" is not a member of pg_monitor)`;

/** The server's own tables: seldom what is looked for. */
export const isCatalog = (name: string): boolean => /^(?:pg_catalog|information_schema|pg_toast)\./.test(name);
