import { RunbookError } from '../../../../engine/errors.ts';
import { UnusableAnswer } from '../../../../clients/peer/unusable.ts';
import { codeOf, isFromServer, oneLine, unusableAnswer } from '../query/failure.ts';
import type { Doing } from '../query/failure.ts';
import type { ConnectionParameters } from '../parameters/parameters.ts';

/** Why no connection came about: one line that names the host, and what to do. */
export const connectFailure = (error: unknown, doing: Doing, parameters: ConnectionParameters): RunbookError => {
  if (error instanceof RunbookError) return error;
  if (error instanceof UnusableAnswer) return unusableAnswer(error, doing);
  const [why, next] = isFromServer(error) ? serverSays(error, doing) : networkSays(error, doing, parameters);
  return new RunbookError('unreachable', `${why}.`, { next, cause: error });
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
  const code = codeOf(error) ?? '';
  const host = address.replace(/:\d+$/, '');
  const said = oneLine(error);
  switch (code) {
    case 'ENOTFOUND':
      return [
        `there is no host ${host} (NXDOMAIN)`,
        ['correct the host in `database.url`, or look at the resolver of this machine'],
      ];
    case 'EAI_AGAIN':
      return [
        `the resolver does not tell the address of ${host}`,
        ['look at the resolver of this machine, and try again'],
      ];
    case 'ECONNREFUSED':
      return [
        `${address} refuses connections: no server listens there`,
        ['is it running, and is this its host and port?'],
      ];
    case 'ENOENT':
      return [`${address} does not exist: no server has a socket there`, ['is it running on this machine?']];
    case 'EHOSTUNREACH':
    case 'ENETUNREACH':
      return [`there is no way through the network to ${address}`, ['look at the network and at the VPN']];
  }
  if (/timeout expired/.test(said) || code === 'ETIMEDOUT')
    return [
      `${address} does not answer within ${parameters.connectTimeoutMs / 1000} s`,
      ['look at the server, the network and the firewalls between; `connect_timeout` in the URL changes the limit'],
    ];
  return (
    tlsSays(code, said, address, host, parameters) ?? [
      `no connection to ${address}: ${said}`,
      ['look at the server and the network'],
    ]
  );
};

const tlsSays = (
  code: string,
  said: string,
  address: string,
  host: string,
  { sslmode, sslmodeIsDefault, sslrootcert }: ConnectionParameters,
): Explained | undefined => {
  const mode = `sslmode=${sslmode}${sslmodeIsDefault ? ', the default' : ''}`;
  if (/does not support SSL/.test(said))
    return [
      `${address} does not do TLS, and ${mode} wants it`,
      ['switch it on there, or add to the URL: sslmode=disable'],
    ];
  if (code === 'CERT_HAS_EXPIRED') return [`the certificate of ${address} has expired`, ['renew it: rb certs renew']];
  if (code === 'CERT_NOT_YET_VALID') return [`the certificate of ${address} is not valid yet`, ['compare the clocks']];
  if (code === 'CERT_REVOKED') return [`the certificate of ${address} is revoked`, ['renew it there']];
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID')
    return [
      `the certificate of ${address} is for another name than ${host}: ${reasonOf(said)}`,
      ['connect by a name that is in it, or add to the URL: sslmode=verify-ca'],
    ];
  if (/SELF_SIGNED|UNABLE_TO|CERT_UNTRUSTED|ISSUER/.test(code))
    return [
      `the certificate of ${address} is signed by no authority that is trusted here (${mode})`,
      [
        sslrootcert === undefined
          ? 'add to the URL: sslrootcert=<file with the certificate of its authority>'
          : `is ${sslrootcert} the certificate of its authority?`,
      ],
    ];
  if (/alert protocol version|unsupported protocol/.test(said))
    return [
      `${address} does no version of TLS that is allowed here`,
      ['compare ssl_min_protocol_version and ssl_max_protocol_version in the URL and on the server'],
    ];
  if (/^ERR_SSL|^ERR_TLS/.test(code)) return [`no TLS with ${address}: ${said}`, ['look at the log of the server']];
  return undefined;
};

const reasonOf = (said: string): string => /altnames: (.*)$/.exec(said)?.[1] ?? said;
