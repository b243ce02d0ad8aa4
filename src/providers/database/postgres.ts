import { onOneLine, RunbookError } from '../../engine/errors.ts';
import type { Call, Database, From } from './port.ts';
import { readBlocking } from './postgres/activity/blocking.ts';
import { readBloat } from './postgres/storage/bloat.ts';
import { withConnection } from './postgres/connect/connection.ts';
import type { Connection, Limits, Use } from './postgres/connect/connection.ts';
import { readConnections } from './postgres/activity/connections.ts';
import { OwnSessions } from './postgres/activity/own-sessions.ts';
import { endSessions } from './postgres/activity/end-sessions.ts';
import { readFailure, writeFailure } from './postgres/query/failure.ts';
import { readIndexes } from './postgres/storage/indexes.ts';
import { connectionParameters } from './postgres/parameters/parameters.ts';
import type { ParameterDeps } from './postgres/parameters/parameters.ts';
import { readProgress } from './postgres/vacuum/progress.ts';
import { readReplication } from './postgres/replication/replication.ts';
import { rollbackPrepared } from './postgres/activity/rollback-prepared.ts';
import { readIdle, readRunning, readSession, readStillThere } from './postgres/activity/sessions.ts';
import { readSize } from './postgres/storage/size.ts';
import { readStatements, resetStatements } from './postgres/activity/statements.ts';
import { findTable } from './postgres/storage/table.ts';
import { readVacuumStatus } from './postgres/vacuum/vacuum-status.ts';
import { vacuumWithProgress } from './postgres/vacuum/vacuum-with-progress.ts';
import { readWal } from './postgres/replication/wal.ts';
import { readXminHolders } from './postgres/replication/xmin-holders.ts';

export interface PostgresConfig {
  /** With what its references stand for. May leave out what the environment, a service file or `.pgpass` has. */
  readonly url: string;
  readonly replicas?: readonly { readonly name: string; readonly url: string }[];
  /** Default: 30 s for a statement, 2 s for a lock, 5 s of silence. */
  readonly limits?: Limits;
}

export type PostgresDeps = ParameterDeps;

const defaults: Limits = { statementTimeoutMs: 30_000, lockTimeoutMs: 2000 };

/** PostgreSQL 13 and later. Nothing is connected to before something is asked. Errors: `usage` for a URL that cannot be understood. */
export const openPostgres = (config: PostgresConfig, deps: PostgresDeps): Database => {
  const replicas = config.replicas ?? [];
  const limits = config.limits ?? defaults;
  return serverAt(
    'primary',
    config.url,
    limits,
    deps,
    replicas.map(({ name, url }) => serverAt(name, url, limits, deps, [])),
  );
};

const serverAt = (
  name: string,
  url: string,
  limits: Limits,
  deps: PostgresDeps,
  replicas: readonly Database[],
): Database => {
  const parameters = connectionParameters(url, deps);
  const own = new OwnSessions();

  /** What the work throws is explained, where it is not yet. */
  const use = async <Answer extends object>(
    how: Use,
    call: Call,
    work: (connection: Connection) => Promise<Answer>,
    explain: (error: unknown, connection: Connection) => RunbookError,
  ): Promise<From<Answer>> =>
    withConnection(parameters, how, call, async (connection) => {
      const [answer, server] = await Promise.all([
        work(connection).catch((error: unknown) => {
          throw explain(error, connection);
        }),
        connection.server,
      ]);
      return { ...answer, server, unavailable: connection.unavailable };
    });
  const read = <Answer extends object>(
    call: Call,
    work: (connection: Connection) => Promise<Answer>,
    more?: Partial<Use>,
  ) => use({ readOnly: true, limits, own, ...more }, call, work, (error, { doing }) => readFailure(error, doing));
  const write = <Answer extends object>(call: Call, what: string, work: (connection: Connection) => Promise<Answer>) =>
    use({ readOnly: false, limits, own }, call, work, (error, { doing }) => writeFailure(error, doing, what));

  return {
    name,
    replicas,
    identify: async (call) => (await read(call, async () => ({}))).server,
    connections: (call) => read(call, readConnections),
    idleSessions: ({ olderThanMs, includeIdleInTransaction }, call) =>
      read(call, (connection) => readIdle(connection, olderThanMs, includeIdleInTransaction)),
    runningSessions: ({ olderThanMs }, call) => read(call, (connection) => readRunning(connection, olderThanMs)),
    session: (pid, call) => read(call, async (connection) => ({ session: await readSession(connection, pid) })),
    sessionsStillThere: (keys, call) => read(call, (connection) => readStillThere(connection, keys)),
    blocking: (call) => read(call, readBlocking),
    replication: (call) => read(call, readReplication),
    wal: (call) => read(call, readWal),
    statements: ({ orderBy, limit }, call) => read(call, (connection) => readStatements(connection, orderBy, limit)),
    indexes: ({ limit, minBytes }, call) => read(call, (connection) => readIndexes(connection, limit, minBytes)),
    size: ({ limit }, call) => read(call, (connection) => readSize(connection, limit)),
    bloat: (call) => read(call, readBloat),
    vacuumStatus: ({ limit, tableOid }, call) =>
      read(call, (connection) => readVacuumStatus(connection, limit, tableOid)),
    vacuumProgress: (call) => read(call, async (connection) => ({ running: await readProgress(connection) })),
    xminHolders: (call) => read(call, readXminHolders),
    table: (wanted, call) =>
      read(call, async (connection) => ({ table: await findTable(connection, wanted) }), { ownSearchPath: true }),

    endSessions: (wanted, call, onEach = () => undefined) =>
      write(call, `the ${wanted.how}`, async (connection) => ({
        results: await endSessions(connection, wanted, onEach),
      })),
    vacuum: (table, options, call, onProgress) =>
      write(call, `VACUUM of ${onOneLine(table.name)}`, (connection) =>
        vacuumWithProgress(connection, table, options, call, onProgress, () =>
          read(call, async (looking) => ({ running: await readProgress(looking) })),
        ),
      ),
    resetStatements: async (call) =>
      (
        await write(call, 'the reset of the statistics', async (connection) => {
          await resetStatements(connection);
          return {};
        })
      ).server,
    rollbackPrepared: (wanted, call) =>
      write(call, 'the rollback', async (connection) => rollbackPrepared(connection, wanted)),
  };
};
