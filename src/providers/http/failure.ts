import type { ProbeFailure } from './port.ts';

export interface Failure {
  readonly failure: ProbeFailure;
  readonly detail: string;
}

/** Thrown from the name lookup when it leads to an address that must not be asked. */
export class ForbiddenAddress extends Error {
  override readonly name = 'ForbiddenAddress';
}

const byCode: Record<string, Failure> = {
  ENOTFOUND: { failure: 'nxdomain', detail: 'the name does not exist' },
  ENODATA: { failure: 'nxdomain', detail: 'the name has no address' },
  EAI_AGAIN: { failure: 'servfail', detail: 'the name server did not answer' },
  ESERVFAIL: { failure: 'servfail', detail: 'the name server failed' },
  EAI_FAIL: { failure: 'servfail', detail: 'the name server failed' },
  ECONNREFUSED: { failure: 'refused', detail: 'connection refused' },
  ETIMEDOUT: { failure: 'timeout', detail: 'the connection timed out' },
  ECONNRESET: { failure: 'reset', detail: 'connection closed without an answer' },
  EPIPE: { failure: 'reset', detail: 'connection closed without an answer' },
  ECONNABORTED: { failure: 'reset', detail: 'connection closed without an answer' },
  EHOSTUNREACH: { failure: 'network', detail: 'no route to the host' },
  ENETUNREACH: { failure: 'network', detail: 'the network cannot be reached' },
};

const tlsByCode: Record<string, string> = {
  CERT_HAS_EXPIRED: 'the certificate has expired',
  CERT_NOT_YET_VALID: 'the certificate is not valid yet',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'the certificate is self-signed',
  SELF_SIGNED_CERT_IN_CHAIN: 'the certificate comes from an authority that is not trusted here',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'the certificate comes from an authority that is not trusted here',
  UNABLE_TO_GET_ISSUER_CERT: 'the certificate comes from an authority that is not trusted here',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'the certificate comes from an authority that is not trusted here',
  ERR_TLS_CERT_ALTNAME_INVALID: 'the certificate is for another name',
  CERT_REVOKED: 'the certificate is revoked',
  ECONNRESET: 'the connection was closed before TLS was established',
  EPROTO: 'the TLS handshake failed',
};

/** What an error of a request means. `handshaking`: connected, but TLS was not established yet. */
export const failureOf = (error: unknown, handshaking: boolean): Failure => {
  if (error instanceof ForbiddenAddress) return { failure: 'forbidden', detail: error.message };
  const code = codeOf(error);
  const message = error instanceof Error ? error.message : String(error);
  if (handshaking && /wrong version number|packet length too long/i.test(message))
    return { failure: 'tls', detail: 'the other side does not speak TLS' };
  if (handshaking) return { failure: 'tls', detail: tlsByCode[code] ?? `TLS: ${phrase(message)}` };
  if (code.startsWith('HPE_')) return { failure: 'network', detail: 'the answer is not HTTP' };
  return byCode[code] ?? { failure: 'network', detail: phrase(message) };
};

const codeOf = (error: unknown): string =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : '';

const phrase = (message: string): string => (message.split('\n')[0] ?? '').slice(0, 200);
