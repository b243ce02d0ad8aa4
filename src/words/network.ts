/*
 * The one table of what goes wrong between two machines, in words. Each client adds whose connection it was and what to do.
 */

export type NetworkFailureKind =
  | 'no-such-name'
  | 'no-resolver' // whether the name exists is not known
  | 'refused'
  | 'no-socket'
  | 'timeout'
  | 'closed'
  | 'no-route'
  | 'expired' // and what else may be wrong with a certificate
  | 'not-yet-valid'
  | 'untrusted'
  | 'other-name'
  | 'revoked'
  | 'client-certificate'
  | 'not-tls' // nothing that a certificate could mend
  | 'tls-version'
  | 'tls'
  | 'not-http';

export interface NetworkFailure {
  readonly kind: NetworkFailureKind;
  /** Begins where the name of the server and a colon end: "connection refused", "the server's certificate has expired". */
  readonly phrase: string;
  /** Of TLS: the network is fine. */
  readonly tls: boolean;
}

const plain = (kind: NetworkFailureKind, phrase: string): NetworkFailure => ({ kind, phrase, tls: false });
const tls = (kind: NetworkFailureKind, phrase: string): NetworkFailure => ({ kind, phrase, tls: true });

const noSuchName = plain('no-such-name', 'the name does not exist');
const noResolver = plain('no-resolver', 'the name cannot be looked up now');
const closed = plain('closed', 'the connection broke before the answer');
const noRoute = plain('no-route', 'there is no route to it in the network');
const untrusted = tls('untrusted', "the server's certificate comes from an authority that is not trusted here");

const byCode: Readonly<Record<string, NetworkFailure>> = {
  ENOTFOUND: noSuchName,
  ENODATA: noSuchName,
  EAI_AGAIN: noResolver,
  EAI_FAIL: noResolver,
  ESERVFAIL: noResolver,
  ECONNREFUSED: plain('refused', 'connection refused'),
  ENOENT: plain('no-socket', 'the socket does not exist'),
  ETIMEDOUT: plain('timeout', 'the connection timed out'),
  ECONNRESET: closed,
  ECONNABORTED: closed,
  EPIPE: closed,
  EHOSTUNREACH: noRoute,
  ENETUNREACH: noRoute,
  CERT_HAS_EXPIRED: tls('expired', "the server's certificate has expired"),
  CERT_NOT_YET_VALID: tls('not-yet-valid', "the server's certificate is not valid yet"),
  DEPTH_ZERO_SELF_SIGNED_CERT: tls('untrusted', "the server's certificate is self-signed"),
  SELF_SIGNED_CERT_IN_CHAIN: untrusted,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: untrusted,
  UNABLE_TO_GET_ISSUER_CERT: untrusted,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: untrusted,
  CERT_SIGNATURE_FAILURE: untrusted,
  CERT_UNTRUSTED: untrusted,
  ERR_TLS_CERT_ALTNAME_INVALID: tls('other-name', "the server's certificate is for another name"),
  CERT_REVOKED: tls('revoked', "the server's certificate is revoked"),
};

/** OpenSSL has one code for many things; which it was stands in the message. */
const byMessage: readonly (readonly [RegExp, NetworkFailure])[] = [
  [/wrong version number|packet length too long/i, tls('not-tls', 'the other side does not speak TLS')],
  [
    /alert protocol version|unsupported protocol/i,
    tls('tls-version', 'the other side speaks no version of TLS that is allowed here'),
  ],
  [
    /alert (?:certificate|bad certificate|unknown ca|access denied|handshake)/i,
    tls('client-certificate', 'the server does not accept the client certificate'),
  ],
];

/** While TLS is being agreed on, whatever ends the connection is a failure of TLS. */
interface Moment {
  readonly handshaking?: boolean;
}

/** What an error of a connection means; undefined for one that says nothing of the network. */
export const networkFailure = (error: unknown, { handshaking = false }: Moment = {}): NetworkFailure | undefined => {
  const code = codeOf(error);
  const said = byMessage.find(([pattern]) => pattern.test(messageOf(error)))?.[1];
  if (said) return said;
  if (code.startsWith('HPE_')) return plain('not-http', 'the answer is not HTTP');
  const known = Object.hasOwn(byCode, code) ? byCode[code] : undefined;
  if (handshaking && known === closed) return tls('tls', 'the connection was closed before TLS was established');
  if (known) return known;
  if (handshaking || /^EPROTO$|^ERR_SSL|^ERR_TLS/.test(code))
    return tls('tls', `the TLS handshake failed: ${reasonOf(error)}`);
  return undefined;
};

/** In our words where the failure is known, else in the error's own. */
export const networkPhrase = (error: unknown, moment?: Moment): string =>
  networkFailure(error, moment)?.phrase ?? reasonOf(error);

/** The first line, at most 200 characters; of OpenSSL the one part that is for people. */
const reasonOf = (error: unknown): string => {
  const reason = error instanceof Error && 'reason' in error ? error.reason : undefined;
  return ((typeof reason === 'string' && reason !== '' ? reason : messageOf(error)).split('\n')[0] ?? '').slice(0, 200);
};

/** The code of a system or TLS error; '' for others. A connection to several addresses fails with all their errors in one. */
const codeOf = (error: unknown): string =>
  typeof error === 'object' && error !== null && 'code' in error && typeof error.code === 'string' ? error.code : '';

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
