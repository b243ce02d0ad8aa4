import { RunbookError } from '../../../../engine/errors.ts';
import { networkFailure } from '../../../../words/network.ts';
import type { NetworkFailureKind } from '../../../../words/network.ts';
import { UnusableAnswer } from '../../../../clients/peer/unusable.ts';
import { codeOf, isFromServer, oneLine, unusableAnswer } from '../query/failure.ts';
import type { Doing } from '../query/failure.ts';
import type { ConnectionParameters } from '../parameters/parameters.ts';

/** One way to connect that was tried, and why it did not work. */
export interface Failure {
  readonly error: unknown;
  /** With TLS or without. */
  readonly encrypted: boolean;
}

/**
 * Why no connection came about: one line that names the host, and what to do. Of several ways that were tried, the one that came
 * furthest decides: a server that was reached without TLS and does not accept the password says more than that it has no TLS.
 */
export const connectFailure = (
  failures: readonly Failure[],
  doing: Doing,
  parameters: ConnectionParameters,
): RunbookError => {
  const furthest = Math.max(...failures.map(({ error }) => stageOf(error)));
  const [decisive, other] = failures.filter(({ error }) => stageOf(error) === furthest).toReversed();
  const error = decisive?.error;
  if (error instanceof RunbookError) return error;
  if (error instanceof UnusableAnswer) return unusableAnswer(error, doing);
  const [why, next] = isFromServer(error) ? serverSays(error, doing) : networkSays(error, doing, parameters);
  // A server that lets nobody in either way has a reason for each.
  const besides =
    other !== undefined && isFromServer(error)
      ? ` (${other.encrypted ? 'with' : 'without'} TLS: ${oneLine(other.error)})`
      : '';
  return new RunbookError('unreachable', `${why}${besides}.`, { next, cause: error });
};

/** How far it came: to the server's network, to its pg_hba.conf (28000), or into what it asks of the role. */
const stageOf = (error: unknown): number => {
  if (error instanceof RunbookError) return 2;
  if (!isFromServer(error)) return 0;
  return codeOf(error) === '28000' ? 1 : 2;
};

type Explained = readonly [why: string, next: readonly string[]];

const serverSays = (error: unknown, { address, database, user }: Doing): Explained => {
  const said = oneLine(error);
  switch (codeOf(error)) {
    case '28P01':
      return [`${address} does not accept the password of "${user}"`, ['correct `database.url`, or what it refers to']];
    case '28000':
      return [`${address} does not let "${user}" in: ${said}`, ['look at the role and at pg_hba.conf of the server']];
    case '3D000':
      return [`${address} has no database "${database}"`, ['correct the name in `database.url`']];
    case '42501':
      return [
        `${address} does not let "${user}" into the database "${database}": ${said}`,
        [`GRANT CONNECT ON DATABASE "${database}" TO "${user}"`],
      ];
    case '53300':
      return [`${address} has no connection left: ${said}`, tooMany(user)];
    case '57P03':
      return [`${address} takes no connections now: ${said}`, ['wait until it has started']];
    default:
      return [`${address} refuses the connection: ${said}`, ['look at the log of the server']];
  }
};

/** Slots are kept for such a moment: for superusers, and from 16 on for a role of its own. */
const tooMany = (user: string): readonly string[] => [
  `give "${user}" one of the reserved connections (16 and later): GRANT pg_use_reserved_connections TO "${user}"; reserved_connections = 3`,
  'now: log in as a superuser (psql), or end idle connections of the service by restarting one of its instances',
];

const networkSays = (error: unknown, { address }: Doing, parameters: ConnectionParameters): Explained => {
  const said = oneLine(error);
  const mode = `sslmode=${parameters.sslmode}${parameters.sslmodeIsDefault ? ', the default' : ''}`;
  if (/does not support SSL/.test(said))
    return [
      `${address} does not do TLS, and ${mode} wants it`,
      ['switch it on there, or add to the URL: sslmode=disable'],
    ];
  const failure = networkFailure(error);
  if (failure?.kind === 'timeout' || /timeout expired/.test(said))
    return [
      `${address} does not answer within ${parameters.connectTimeoutMs / 1000} s`,
      ['look at the server, the network and the firewalls between; `connect_timeout` in the URL changes the limit'],
    ];
  const host = address.replace(/:\d+$/, '');
  const detail =
    failure?.kind === 'other-name'
      ? ` than ${host}: ${/altnames: (.*)$/.exec(said)?.[1] ?? said}`
      : failure?.kind === 'untrusted'
        ? ` (${mode})`
        : '';
  return [
    `cannot reach ${address}: ${failure?.phrase ?? said}${detail}`,
    (failure && adviceFor(parameters)[failure.kind]) ?? ['look at the network and at the log of the server'],
  ];
};

const adviceFor = ({ sslrootcert }: ConnectionParameters): Partial<Record<NetworkFailureKind, readonly string[]>> => ({
  'no-such-name': ['correct the host in `database.url`, or look at the resolver of this machine'],
  'no-resolver': ['look at the resolver of this machine, and try again'],
  refused: ['is it running, and is this its host and port?'],
  'no-socket': ['is it running on this machine?'],
  'no-route': ['look at the network and at the VPN'],
  expired: ['renew it: rb certs renew'],
  'not-yet-valid': ['compare the clocks'],
  revoked: ['renew it there'],
  untrusted: [
    sslrootcert === undefined
      ? 'add to the URL: sslrootcert=<file with the certificate of its authority>'
      : `is ${sslrootcert} the certificate of its authority?`,
  ],
  'other-name': ['connect by a name that is in it, or add to the URL: sslmode=verify-ca'],
  'tls-version': ['compare ssl_min_protocol_version and ssl_max_protocol_version in the URL and on the server'],
  'client-certificate': ['look at sslcert in the URL, and at pg_hba.conf of the server'],
});
