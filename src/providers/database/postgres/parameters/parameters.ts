import { existsSync } from 'node:fs';
import { isIP } from 'node:net';
import { join } from 'node:path';
import { RunbookError } from '../../../../engine/errors.ts';
import { readPlainText } from '../../../../files/plain-file.ts';
import { passwordFrom } from './password-file.ts';
import { readService } from './service-file.ts';
import type { Environment } from './service-file.ts';
import { parseUrl } from './url.ts';
import type { Parameters } from './url.ts';

export interface Host {
  /** A name, an address, or the directory of a socket (`/var/run/postgresql`): what a certificate is checked against. */
  readonly host: string;
  /** Where to connect to instead of looking `host` up. */
  readonly hostaddr?: string;
  readonly port: number;
}

const tlsVersions = ['TLSv1', 'TLSv1.1', 'TLSv1.2', 'TLSv1.3'] as const;
export type TlsVersion = (typeof tlsVersions)[number];

export const sslModes = ['disable', 'allow', 'prefer', 'require', 'verify-ca', 'verify-full'] as const;
export type SslMode = (typeof sslModes)[number];

const sessionAttributes = ['any', 'read-write', 'read-only', 'primary', 'standby', 'prefer-standby'] as const;
export type SessionAttributes = (typeof sessionAttributes)[number];

const channelBindings = ['disable', 'prefer', 'require'] as const;

/** Everything that a connection needs, with the defaults filled in. */
export interface ConnectionParameters {
  readonly hosts: readonly Host[];
  readonly database: string;
  readonly user: string;
  /** Asked for when the server wants one. `because`: why there is none. */
  readonly password: (
    host: Host,
  ) => { readonly password: string } | { readonly password: undefined; readonly because: string };
  readonly sslmode: SslMode;
  /** Nobody chose `sslmode`: messages say how. */
  readonly sslmodeIsDefault: boolean;
  readonly sslrootcert?: string;
  readonly sslcert?: string;
  readonly sslkey?: string;
  readonly sslpassword?: string;
  readonly sslcrl?: string;
  readonly minTls?: TlsVersion;
  readonly maxTls?: TlsVersion;
  readonly direct: boolean;
  readonly connectTimeoutMs: number;
  readonly target: SessionAttributes;
  readonly options?: string;
  /** Refuses a server that does not prove that it ends this very TLS connection and knows the password (SCRAM-SHA-256-PLUS). */
  readonly channelBinding: boolean;
}

export interface ParameterDeps {
  readonly environment: Environment;
  /** The home directory: `.pgpass`, `.pg_service.conf` and `.postgresql/` lie there. */
  readonly home: string;
  /** The login name, which is the default of `user`. */
  readonly login: string;
  /** Given every secret before it is used, so that no output can show it. */
  readonly remember: (name: string, secret: string) => void;
}

/** libpq's environment variables, in its order of precedence: after the URL, before the service file's opposite and the defaults. */
const libpqVariables: Readonly<Record<string, string>> = {
  host: 'PGHOST',
  hostaddr: 'PGHOSTADDR',
  port: 'PGPORT',
  dbname: 'PGDATABASE',
  user: 'PGUSER',
  password: 'PGPASSWORD',
  passfile: 'PGPASSFILE',
  options: 'PGOPTIONS',
  sslmode: 'PGSSLMODE',
  sslrootcert: 'PGSSLROOTCERT',
  sslcert: 'PGSSLCERT',
  sslkey: 'PGSSLKEY',
  sslcrl: 'PGSSLCRL',
  sslnegotiation: 'PGSSLNEGOTIATION',
  ssl_min_protocol_version: 'PGSSLMINPROTOCOLVERSION',
  ssl_max_protocol_version: 'PGSSLMAXPROTOCOLVERSION',
  channel_binding: 'PGCHANNELBINDING',
  require_auth: 'PGREQUIREAUTH',
  requirepeer: 'PGREQUIREPEER',
  gssencmode: 'PGGSSENCMODE',
  connect_timeout: 'PGCONNECT_TIMEOUT',
  target_session_attrs: 'PGTARGETSESSIONATTRS',
};

/** Parameters that libpq knows and that make no difference here. One that is not known at all may be a misspelt `sslmode`. */
const withoutEffect = new Set(
  'service application_name fallback_application_name client_encoding keepalives keepalives_idle keepalives_interval keepalives_count tcp_user_timeout krbsrvname gsslib sslcompression sslsni load_balance_hosts sslpassword'.split(
    ' ',
  ),
);

/** Puts a URL, the service file and libpq's environment variables together. Errors: `usage`. */
export const connectionParameters = (url: string, deps: ParameterDeps): ConnectionParameters => {
  const written = parseUrl(url);
  const service = written['service'] ?? deps.environment['PGSERVICE'];
  const variables = fromEnvironment(deps.environment);
  const ofService = service === undefined ? {} : readService(service, deps.environment, deps.home);
  rememberSecrets(deps.remember, 'PGPASSWORD', variables);
  rememberSecrets(deps.remember, `database service ${service}`, ofService);
  rememberSecrets(deps.remember, 'database.url', written);
  const all: Record<string, string> = { ...variables, ...ofService, ...written };
  for (const name of Object.keys(all))
    if (!Object.hasOwn(libpqVariables, name) && !withoutEffect.has(name))
      throw new RunbookError('usage', `The URL of the database has an unknown parameter: ${name}.`, {
        next: ['see "Parameter Key Words" in the documentation of libpq'],
      });
  refuseUnkept(all);
  const user = all['user'] ?? deps.login;
  const database = all['dbname'] ?? user;
  const hosts = hostsOf(all);
  const tls = tlsOf(all, deps.home, hosts);
  if (tls.sslkey !== undefined) rememberKey(deps.remember, tls.sslkey);
  return {
    hosts,
    user,
    database,
    password: (host) => passwordOf(all, deps, host, database, user),
    ...tls,
    ...tlsVersionsOf(all),
    direct: all['sslnegotiation'] === 'direct',
    connectTimeoutMs: connectTimeoutOf(all['connect_timeout']),
    channelBinding: oneOf('channel_binding', all['channel_binding'] ?? 'prefer', channelBindings) === 'require',
    target: oneOf('target_session_attrs', all['target_session_attrs'] ?? 'any', sessionAttributes),
    ...(all['options'] !== undefined && { options: all['options'] }),
  };
};

const rememberSecrets = (remember: ParameterDeps['remember'], name: string, found: Parameters): void => {
  for (const secret of [found['password'], found['sslpassword']]) if (secret) remember(name, secret);
};

/** What cannot be read is said where it is used. */
const rememberKey = (remember: ParameterDeps['remember'], path: string): void => {
  try {
    remember(`private key ${path}`, readPlainText(path, { largest: 64 * 1024 }).trim());
  } catch {
    return;
  }
};

/** Whatever is asked of the server that `rb` does not look at: to leave it out silently would be less than was asked for. */
const refuseUnkept = (all: Parameters): void => {
  for (const [name, only] of [
    ['gssencmode', 'require'],
    ['require_auth', undefined],
    ['requirepeer', undefined],
  ] as const) {
    const value = all[name];
    if (value === undefined || value === '' || (only !== undefined && value !== only)) continue;
    throw new RunbookError('usage', `The database asks for ${name}=${value}, which rb cannot promise.`, {
      next: [
        `leave ${name} out (of the URL, the service file and ${libpqVariables[name]}): sslmode=verify-full shows who answers`,
      ],
    });
  }
};

const fromEnvironment = (environment: Environment): Parameters => {
  const found = Object.entries(libpqVariables).map(([name, variable]) => [name, environment[variable] ?? ''] as const);
  return Object.fromEntries(found.filter(([, value]) => value !== ''));
};

const hostsOf = (all: Parameters): readonly Host[] => {
  const names = all['host']?.split(',') ?? (all['hostaddr'] === undefined ? [defaultHost()] : []);
  const addresses = all['hostaddr']?.split(',') ?? [];
  const ports = all['port']?.split(',') ?? [];
  const count = Math.max(names.length, addresses.length);
  if (ports.length > 1 && ports.length !== count)
    throw new RunbookError('usage', `The URL of the database names ${count} hosts and ${ports.length} ports.`);
  return Array.from({ length: count }, (_, index) => {
    const hostaddr = addresses[index];
    const port = Number((ports.length === 1 ? ports[0] : ports[index]) || 5432);
    if (!Number.isInteger(port) || port < 1 || port > 65_535)
      throw new RunbookError('usage', 'The URL of the database names a port that is none: a number from 1 to 65535.');
    return { host: names[index] || hostaddr || defaultHost(), port, ...(hostaddr && { hostaddr }) };
  });
};

const socketDirectories = ['/var/run/postgresql', '/tmp'];
const defaultHost = (): string => socketDirectories.find((directory) => existsSync(directory)) ?? 'localhost';

export const isSocket = ({ host }: Host): boolean => host.startsWith('/');

const isLoopback = (one: Host): boolean => {
  const address = one.hostaddr ?? one.host;
  return (
    isSocket(one) || address === 'localhost' || address === '::1' || (isIP(address) === 4 && address.startsWith('127.'))
  );
};

const passwordOf = (
  all: Parameters,
  { home, remember }: ParameterDeps,
  host: Host,
  database: string,
  user: string,
): ReturnType<ConnectionParameters['password']> => {
  if (all['password'] !== undefined) return { password: all['password'] };
  const file = all['passfile'] ?? join(home, '.pgpass');
  const name = socketDirectories.includes(host.host) ? 'localhost' : host.host;
  const found = passwordFrom(file, { host: name, port: host.port, database, user });
  if (found.password !== undefined) {
    remember(`password file ${file}`, found.password);
    return found;
  }
  const reasons = {
    'no such file': 'the URL has none, PGPASSWORD is not set, and there is no password file',
    'no such line': `the URL has none, PGPASSWORD is not set, and ${file} has no line for it`,
    'others may read it': `${file} is not used because others may read it: chmod 600 ${file}`,
    'not a file': `${file} is not a plain file`,
  };
  return { password: undefined, because: reasons[found.because] };
};

/**
 * libpq's default is to take any encryption or none. Ours: to a server elsewhere an encrypted connection to a verified
 * server, since what is read and done here is worth it; on this machine libpq's.
 */
const tlsOf = (
  all: Parameters,
  home: string,
  hosts: readonly Host[],
): Pick<
  ConnectionParameters,
  'sslmode' | 'sslmodeIsDefault' | 'sslrootcert' | 'sslcert' | 'sslkey' | 'sslpassword' | 'sslcrl'
> => {
  const file = (name: string, standard: string): Record<string, string> => {
    const path = all[name] ?? (existsSync(join(home, '.postgresql', standard)) && join(home, '.postgresql', standard));
    return path === false ? {} : { [name]: path };
  };
  const root = file('sslrootcert', 'root.crt');
  const system = root['sslrootcert'] === 'system';
  const standard: SslMode = system || !hosts.every(isLoopback) ? 'verify-full' : 'prefer';
  const chosen = oneOf('sslmode', all['sslmode'] ?? standard, sslModes);
  if (system && all['sslmode'] !== undefined && chosen !== 'verify-full')
    throw new RunbookError('usage', `The URL of the database has sslrootcert=system, which needs sslmode=verify-full.`);
  return {
    // With the certificate of an authority at hand, `require` verifies too: so libpq has it.
    sslmode: chosen === 'require' && root['sslrootcert'] !== undefined ? 'verify-ca' : chosen,
    sslmodeIsDefault: all['sslmode'] === undefined,
    ...(system ? {} : root),
    ...file('sslcert', 'postgresql.crt'),
    ...file('sslkey', 'postgresql.key'),
    ...file('sslcrl', 'root.crl'),
    ...(all['sslpassword'] !== undefined && { sslpassword: all['sslpassword'] }),
  };
};

const tlsVersionsOf = (all: Parameters): Pick<ConnectionParameters, 'minTls' | 'maxTls'> => {
  const of = (name: string): TlsVersion | undefined => {
    const value = all[name] ?? '';
    return value === '' ? undefined : oneOf(name, value, tlsVersions);
  };
  const [minTls, maxTls] = [of('ssl_min_protocol_version'), of('ssl_max_protocol_version')];
  if (minTls && maxTls && tlsVersions.indexOf(minTls) > tlsVersions.indexOf(maxTls))
    throw new RunbookError('usage', `The database asks for ${minTls} at least, and for ${maxTls} at most.`);
  return { ...(minTls && { minTls }), ...(maxTls && { maxTls }) };
};

const connectTimeoutOf = (text: string | undefined): number => {
  const seconds = Number(text ?? 10);
  // libpq waits at least two seconds, and for ever on 0 or less: a person in front of a terminal does not.
  return Number.isFinite(seconds) && seconds > 0 ? Math.max(2, seconds) * 1000 : 10_000;
};

const oneOf = <const Value extends string>(name: string, value: string, values: readonly Value[]): Value => {
  const found = values.find((each) => each === value);
  if (found !== undefined) return found;
  throw new RunbookError('usage', `The URL of the database has ${name}=${value}; there are: ${values.join(', ')}.`);
};
