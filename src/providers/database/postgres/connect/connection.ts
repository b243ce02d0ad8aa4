import { RunbookError } from '../../../../engine/errors.ts';
import { UnusableAnswer } from '../../../../clients/peer/unusable.ts';
import type { Call, Server, Unavailable } from '../../port.ts';
import { sendCancel } from './cancel-request.ts';
import type { OwnSessions } from '../activity/own-sessions.ts';
import { addressOf } from './connect.ts';
import type { Connected } from './connect.ts';
import { connectToAny } from './connect-to-any.ts';
import { codeOf, isFromServer, isLost, oneLine, readFailure } from '../query/failure.ts';
import type { Doing } from '../query/failure.ts';
import { identityColumns, identityQuery, serverOf } from './identity.ts';
import type { IdentityRow } from './identity.ts';
import type { ConnectionParameters } from '../parameters/parameters.ts';
import { type Columns, checked, lastRows } from '../query/rows.ts';

export interface Limits {
  readonly statementTimeoutMs: number;
  readonly lockTimeoutMs: number;
  /** So long beyond the server's own limit: then it is not the statement that is slow. Default: 5 s. */
  readonly silenceMs?: number;
}

/** A connection in use. Statements are sent without waiting for the one before. */
export interface Connection {
  /** The major version. */
  readonly version: number;
  readonly doing: Doing;
  /** Who it is; asked at the beginning, known a little later. */
  readonly server: Promise<Server>;
  /** The server has answered and the settings are made. */
  readonly ready: Promise<unknown>;
  /** The rows of one statement. Throws what pg throws; `UnusableAnswer` for rows that are not what `columns` says. */
  rows<Row extends object>(columns: Columns<Row>, text: string, values?: readonly unknown[]): Promise<readonly Row[]>;
  /** The same for a statement that is sent often: the server plans it once, under this name. */
  again<Row extends object>(
    name: string,
    columns: Columns<Row>,
    text: string,
    values: readonly unknown[],
  ): Promise<readonly Row[]>;
  /**
   * The rows of a part of the answer that goes without it: null, and `unavailable` names it, where the server does not give them.
   * `what`: `replication slots`. `bearable`: of which errors that is so, by their SQLSTATE; of all unless it is given.
   */
  part<Row extends object>(
    what: string,
    columns: Columns<Row>,
    text: string,
    values?: readonly unknown[],
    bearable?: (code: string) => boolean,
  ): Promise<readonly Row[] | null>;
  /** Of this process to this server, this connection included. */
  readonly own: OwnSessions;
  /** What was not to be had so far. */
  readonly unavailable: readonly Unavailable[];
  /** A statement without rows. */
  run(text: string): Promise<void>;
  /** The rows of a statement that takes as long as it takes: no limit of the server, and none on this side. The last one of a write. */
  unlimited(text: string): Promise<unknown>;
  /** The one row that a statement has. */
  row<Row extends object>(columns: Columns<Row>, text: string, values?: readonly unknown[]): Promise<Row>;
  onNotice(listener: (notice: Notice) => void): void;
}

/** What the server says besides. */
type Notice = Readonly<Record<'message' | 'code' | 'routine', string | undefined>>;

/** How a connection is used. */
export interface Use {
  /** A read: one read-only transaction under the limits. A write: each statement on its own. */
  readonly readOnly: boolean;
  readonly limits: Limits;
  readonly own: OwnSessions;
  /** The search path stays the role's own: until `onlyServerObjects` is sent, each name has to say that it is the server's own. */
  readonly ownSearchPath?: boolean;
}

/** What somebody has created in a schema of the role's own search path must not be called with our rights, nor taken for the server's own. */
export const onlyServerObjects = 'search_path = pg_catalog, pg_temp';

const silence = 5000;
const cancelWithinMs = 2000;
const oldestVersion = 13;

/** Opens a connection for the step, does the work on it, and closes it. `call.signal` cancels what runs on the server. */
export const withConnection = async <Result>(
  parameters: ConnectionParameters,
  use: Use,
  call: Call,
  work: (connection: Connection) => Promise<Result>,
): Promise<Result> => {
  call.signal.throwIfAborted();
  const connected = await connectToAny(parameters, call);
  const { client } = connected;
  const leave = new AbortController();
  const began = connectionOn(connected, parameters, use, leave.signal);
  const finished = Promise.all([workOn(began, use, work), began.server]).then(
    ([result]) => result,
    (error: unknown) => {
      throw call.signal.aborted ? call.signal.reason : error;
    },
  );
  const aborted = new Promise<never>((_, reject) => {
    const abort = () => void cancelAndGiveUp(connected, finished).then(() => reject(call.signal.reason));
    call.signal.addEventListener('abort', abort, { once: true });
    if (call.signal.aborted) abort();
  });
  aborted.catch(() => undefined);
  try {
    return await Promise.race([finished, aborted]);
  } finally {
    leave.abort();
    // Not waited for: the server has answered, and its goodbye is of no interest.
    if (call.signal.aborted) connected.destroy();
    else void client.end().catch(() => undefined);
  }
};

/** A change waits until the server has answered once: until then nothing was sent, and afterwards a loss means "unknown". */
const workOn = async <Result>(
  connection: Connection,
  { readOnly }: Use,
  work: (connection: Connection) => Promise<Result>,
): Promise<Result> => {
  if (!readOnly) await connection.ready;
  return work(connection);
};

const cancelAndGiveUp = async (connected: Connected, finished: Promise<unknown>): Promise<void> => {
  await sendCancel(connected, cancelWithinMs);
  let timer: NodeJS.Timeout | undefined;
  const patience = new Promise((resolve) => (timer = setTimeout(resolve, cancelWithinMs)));
  await Promise.race([finished.catch(() => undefined), patience]);
  clearTimeout(timer);
};

const connectionOn = (
  connected: Connected,
  parameters: ConnectionParameters,
  use: Use,
  closed: AbortSignal,
): Connection => {
  const { client, host } = connected;
  const doing: Doing = {
    address: addressOf(host),
    database: parameters.database,
    user: parameters.user,
  };
  const major = Number.parseInt(connected.version, 10);
  const { statementTimeoutMs, silenceMs = silence } = use.limits;

  const send = async <Row>(text: string, values: readonly unknown[] = [], name?: string): Promise<readonly Row[]> => {
    const result = await client.query({ text, values: [...values], ...(name !== undefined && { name }) });
    return lastRows<Row>(result);
  };
  // Of the connection: it ends all that was sent on it.
  let silent = false;
  const giveUp = () => {
    silent = true;
    connected.destroy();
  };
  const ask = async <Row>(...statement: Parameters<typeof send>): Promise<readonly Row[]> => {
    const timer = setTimeout(giveUp, statementTimeoutMs + silenceMs);
    try {
      return await send<Row>(...statement);
    } catch (error) {
      if (!silent) throw error;
      throw Object.assign(new Error(`no answer within ${(statementTimeoutMs + silenceMs) / 1000} s`), { cause: error });
    } finally {
      clearTimeout(timer);
    }
  };

  const identify = async (): Promise<Server> => {
    const [row] = await ask<IdentityRow>(identityQuery(true)).catch(async (error: unknown) => {
      // A right that is missing, or a managed server without the function.
      if (isLost(error)) throw error;
      return ask<IdentityRow>(identityQuery(false));
    });
    if (!/^\d{1,3}(?:\D|$)/.test(connected.version))
      throw new UnusableAnswer(`answers with ${JSON.stringify(connected.version)} as its version`);
    if (major < oldestVersion)
      throw new RunbookError(
        'failed',
        `${doing.address} is PostgreSQL ${connected.version}; rb knows ${oldestVersion} and later.`,
      );
    const [identity] = checked(row === undefined ? [] : [row], identityColumns);
    if (identity === undefined) throw new UnusableAnswer('answers without saying who it is');
    const forget = use.own.add(identity);
    if (closed.aborted) forget();
    else closed.addEventListener('abort', forget, { once: true });
    return serverOf(identity, doing.address, connected.version);
  };

  const server = identify().catch((error: unknown) => {
    throw readFailure(error, doing);
  });
  const settings = settingsFor(use, major, connected.encoding);
  // One round trip for all of it: nothing waits for the one before.
  const prepared = ask(settings);
  const ready = Promise.all([server, prepared]).catch((error: unknown) => {
    throw readFailure(error, doing);
  });
  ready.catch(() => undefined);

  const rows = async <Row extends object>(
    columns: Columns<Row>,
    text: string,
    values?: readonly unknown[],
  ): Promise<readonly Row[]> => {
    const [, result] = await Promise.all([prepared, ask<Row>(text, values)]);
    return checked(result, columns);
  };
  const unavailable: Unavailable[] = [];
  /** A failed statement ends its transaction, but for what was before the savepoint. All are sent at once: there is no more to wait for. */
  const part: Connection['part'] = async (what, columns, text, values, bearable = () => true) => {
    const before = use.readOnly ? ask('SAVEPOINT part') : undefined;
    const found = rows(columns, text, values).catch((error: unknown) => {
      if (!isFromServer(error) || isLost(error) || !bearable(codeOf(error) ?? '')) throw error;
      unavailable.push({ part: what, why: oneLine(error) });
      return null;
    });
    const after = use.readOnly ? ask('ROLLBACK TO SAVEPOINT part; RELEASE SAVEPOINT part') : undefined;
    const [result] = await Promise.all([found, before, after]);
    return result;
  };
  return {
    version: major,
    doing,
    server,
    ready,
    rows,
    part,
    unavailable,
    own: use.own,
    again: async <Row extends object>(
      named: string,
      columns: Columns<Row>,
      text: string,
      values: readonly unknown[],
    ) => {
      const [, result] = await Promise.all([prepared, ask<Row>(text, values, named)]);
      return checked(result, columns);
    },
    run: async (text) => {
      await Promise.all([prepared, ask(text)]);
    },
    unlimited: async (text: string) => {
      await Promise.all([prepared, ask(withoutTimeLimit(major))]);
      return send(text);
    },
    row: async <Row extends object>(columns: Columns<Row>, text: string, values?: readonly unknown[]) => {
      const [row] = await rows(columns, text, values);
      if (row === undefined) throw new UnusableAnswer('answers without the row that was asked for');
      return row;
    },
    onNotice: (listener) => void client.on('notice', listener),
  };
};

/** A VACUUM has transactions of its own, which a role may have a limit for as well. */
const withoutTimeLimit = (major: number): string =>
  ['statement_timeout', ...(major >= 17 ? ['transaction_timeout'] : [])]
    .map((limit) => `SET SESSION ${limit} = 0`)
    .join('; ');

/**
 * With SET LOCAL in a transaction nothing stays behind in a connection that a pooler hands on. VACUUM and what ends
 * sessions cannot run in one, or should not: there it is the session's own.
 */
const settingsFor = ({ readOnly, limits, ownSearchPath }: Use, major: number, encoding: string): string => {
  const set = readOnly ? 'SET LOCAL' : 'SET SESSION';
  const idle = limits.statementTimeoutMs + 60_000;
  return [
    // A replica knows no serializable transactions, whatever the role or the database has as the default.
    readOnly
      ? 'BEGIN TRANSACTION ISOLATION LEVEL READ COMMITTED, READ ONLY'
      : `SET SESSION default_transaction_isolation = 'read committed'`,
    `${set} statement_timeout = ${limits.statementTimeoutMs}`,
    `${set} lock_timeout = ${limits.lockTimeoutMs}`,
    `${set} idle_in_transaction_session_timeout = ${idle}`,
    ...(!readOnly && major >= 14 ? [`${set} idle_session_timeout = ${idle}`] : []),
    ...(ownSearchPath ? [] : [`${set} ${onlyServerObjects}`]),
    // Nothing says what the bytes of such a database mean, and the server would fail a statement for those that are no UTF-8.
    ...(encoding === 'SQL_ASCII' ? [`${set} client_encoding = SQL_ASCII`] : []),
    // Warnings are read, whatever the role has set.
    `${set} client_min_messages = notice`,
    // To compile a plan of many joins takes longer than it saves.
    `${set} jit = off`,
  ].join('; ');
};
