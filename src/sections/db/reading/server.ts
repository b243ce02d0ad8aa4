import * as z from 'zod/mini';
import { RunbookError } from '../../../engine/errors.ts';
import type { Context } from '../../../engine/procedure/context.ts';
import { quotedName } from '../../../providers/database/port.ts';
import type { Database, From, Server } from '../../../providers/database/port.ts';
import type { Unseen } from '../../../engine/judgement.ts';
import type { Has } from '../../ports.ts';

/** The part of every input that names the server: the primary where it is absent. */
export const onServer = { on: z.optional(z.string()) };
export interface OnServer {
  readonly on?: string | undefined;
}

/** What a step at one server is given. */
export type DatabaseContext<Input extends OnServer = OnServer> = Context<Input, DatabasePorts>;
export type DatabasePorts = Has<'database' | 'settings'>;

/** The configured server, or the replica that `--on` names. Errors: `usage` for a name that is not configured. */
export const serverOf = async ({
  ports,
  input: { on },
}: Pick<Context<OnServer, Has<'database'>>, 'ports' | 'input'>): Promise<Database> => {
  const database = await ports.database();
  if (on === undefined || on === database.name) return database;
  const found = database.replicas.find((replica) => replica.name === on);
  if (found) return found;
  const names = [database, ...database.replicas].map((one) => one.name);
  throw new RunbookError('usage', `--on ${on}: no such server is configured; there are: ${names.join(', ')}.`, {
    next: ['name it below database.replicas in runbook.config.yaml'],
  });
};

/** `shop on db-1:5432`; a replica says that it is one. */
export const placeOf = (server: Server): string =>
  `${server.database} on ${server.address}${server.role === 'replica' ? ' (replica)' : ''}`;

/** The parts of the answer that the server does not give: each has a row of its own. */
export const unseenParts = ({ unavailable }: Pick<From<object>, 'unavailable'>): readonly Unseen[] =>
  unavailable.map(({ part, why }) => ({ what: part, why }));

/** Whether the server has said why it does not give a part: what is null for that has been named. */
export const isUnavailable = ({ unavailable }: Pick<From<object>, 'unavailable'>, part: string): boolean =>
  unavailable.some((one) => one.part === part);

/** Why sessions of others cannot be seen, and what to do about it. */
export const unseenBecause = ({ seesEverything, user }: Server): Pick<Unseen, 'why' | 'next'> =>
  seesEverything
    ? { why: 'track_activities is off for them' }
    : {
        why: `"${user}" is not a member of pg_monitor`,
        next: [`as a superuser: GRANT pg_monitor TO ${quotedName(user)}`],
      };

/** The server's own tables: seldom what is looked for. */
export const isCatalog = (name: string): boolean => /^(?:pg_catalog|information_schema|pg_toast)\./.test(name);
