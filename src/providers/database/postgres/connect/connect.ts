import { Socket } from 'node:net';
import type { SocketConnectOpts } from 'node:net';
import { createSecureContext } from 'node:tls';
import type { ConnectionOptions } from 'node:tls';
import { Client } from 'pg';
import { messageOf, RunbookError } from '../../../../engine/errors.ts';
import { boundConnection } from './bounded-connection.ts';
import { requireChannelBinding } from './channel-binding.ts';
import { connectFailure } from './connect-failure.ts';
import type { Failure } from './connect-failure.ts';
import { codeOf, isFromServer } from '../query/failure.ts';
import type { Doing } from '../query/failure.ts';
import { isSocket } from '../parameters/parameters.ts';
import type { ConnectionParameters, Host } from '../parameters/parameters.ts';
import { attemptsFor } from './tls.ts';
import type { Attempt } from './tls.ts';
import { valueTypes } from '../query/value-types.ts';

/** What pg has and its types leave out. */
declare module 'pg' {
  interface Client {
    readonly processID: number;
    readonly secretKey: number;
  }
  interface Connection {
    connect(port: number | string, host?: string): void;
    requestSsl(): void;
    cancel(processId: number, secretKey: number): void;
  }
}

export interface Connected {
  readonly client: Client;
  readonly host: Host;
  readonly attempt: Attempt;
  /** Ends it at once, whatever the server does. */
  destroy(): void;
  /** `15.6`, as the server said when it let us in. */
  readonly version: string;
  /** Of the database: `UTF8`, `LATIN1`, ... */
  readonly encoding: string;
}

export const addressOf = ({ host, port }: Host): string => `${host.includes(':') ? `[${host}]` : host}:${port}`;

/** Where the connection goes; a name that is checked against the certificate may differ from it (`hostaddr`). */
class AddressedSocket extends Socket {
  readonly #address: string | undefined;
  constructor(address: string | undefined) {
    super();
    this.#address = address;
  }
  override connect(to: SocketConnectOpts | number | string, host?: string | (() => void)): this {
    if (typeof to === 'object') return super.connect(to);
    // The path of a socket.
    if (typeof to === 'string') return super.connect(to);
    const name = this.#address ?? host;
    return typeof name === 'string' ? super.connect(to, name) : super.connect(to);
  }
}

export const socketTo = (host: Host): Socket => new AddressedSocket(host.hostaddr);

/**
 * Connects to one host in the ways that `sslmode` allows. Errors: `unreachable` and `usage`, each one line; the reason of
 * `signal` when it aborts.
 */
export const connectTo = async (
  parameters: ConnectionParameters,
  host: Host,
  applicationName: string,
  signal: AbortSignal,
): Promise<Connected> => {
  const doing: Doing = {
    address: addressOf(host),
    database: parameters.database,
    user: parameters.user,
  };
  const failures: Failure[] = [];
  for (const attempt of attemptsFor(parameters, host)) {
    signal.throwIfAborted();
    try {
      return await connectOnce(parameters, host, attempt, applicationName, doing, signal);
    } catch (error) {
      if (signal.aborted) throw signal.reason;
      failures.push({ error, encrypted: attempt !== false });
      // Only what another kind of connection might mend leads to the next attempt.
      const mayMend = isFromServer(error) ? codeOf(error) === '28000' : attempt !== false && isAboutTls(error);
      if (!mayMend) break;
    }
  }
  throw connectFailure(failures, doing, parameters);
};

const isAboutTls = (error: unknown): boolean =>
  !(error instanceof RunbookError) && /SSL|TLS|CERT|ECONNRESET|EPROTO/.test(`${codeOf(error)} ${messageOf(error)}`);

const connectOnce = async (
  parameters: ConnectionParameters,
  host: Host,
  attempt: Attempt,
  applicationName: string,
  doing: Doing,
  signal: AbortSignal,
): Promise<Connected> => {
  const socket = socketTo(host);
  const ssl: false | ConnectionOptions = attempt && { ...attempt };
  const client = new Client({
    host: host.host,
    port: host.port,
    database: parameters.database,
    user: parameters.user,
    password: () => passwordFor(parameters, host, doing),
    ssl,
    stream: () => socket,
    application_name: applicationName,
    connectionTimeoutMillis: parameters.connectTimeoutMs,
    keepAlive: true,
    keepAliveInitialDelayMillis: 10_000,
    ...(parameters.channelBinding && { enableChannelBinding: true }),
    types: valueTypes,
    pipeline: true,
    sslnegotiation: parameters.direct && attempt !== false ? 'direct' : 'postgres',
    ...(parameters.options !== undefined && { options: parameters.options }),
  });
  // A connection that breaks while nothing is asked is noticed by what is asked next.
  client.on('error', () => undefined);
  boundConnection(client.connection);
  const requireBound = parameters.channelBinding ? requireChannelBinding(client.connection, doing) : undefined;
  let version = '';
  let encoding = '';
  client.connection.on('parameterStatus', ({ parameterName, parameterValue }: Record<string, string>) => {
    if (parameterName === 'server_version') version = parameterValue?.split(' ')[0] ?? '';
    if (parameterName === 'server_encoding') encoding = parameterValue ?? '';
  });
  const destroy = () => void socket.destroy();
  signal.addEventListener('abort', destroy, { once: true });
  try {
    const connecting = client.connect();
    // It takes a while, and the server is on its way.
    if (ssl) prepareTls(ssl, connecting);
    await connecting;
    requireBound?.();
  } catch (error) {
    socket.destroy();
    throw error;
  } finally {
    signal.removeEventListener('abort', destroy);
  }
  return { client, host, attempt, destroy, version, encoding };
};

/** Reads the certificates while the network is waited for. What is wrong with them ends the connection. */
const prepareTls = (ssl: ConnectionOptions, connecting: Promise<unknown>): void => {
  connecting.catch(() => undefined);
  ssl.secureContext = createSecureContext(ssl);
};

const passwordFor = (parameters: ConnectionParameters, host: Host, { address, user }: Doing): string => {
  const found = parameters.password(host);
  if (found.password !== undefined) return found.password;
  throw new RunbookError('unreachable', `${address} wants a password for "${user}": ${found.because}.`, {
    next: [
      `write it to ~/.pgpass (mode 0600): ${isSocket(host) ? 'localhost' : host.host}:${host.port}:${parameters.database}:${user}:<password>`,
    ],
  });
};
