import { RunbookError } from '../../engine/errors.ts';
import type { UnusableAnswer } from '../peer/unusable.ts';
import type { Connection } from './connection.ts';
import { shownLocation } from './paths.ts';
import type { ApiRequest } from './request.ts';
import { Broken, Silence } from '../http/transport.ts';

/** The error for a request that got no answer: `unknown` for a change that may have been taken, else `unreachable`. */
export const brokenRequest = (broken: Broken, request: ApiRequest, connection: Connection): RunbookError => {
  const { identity } = connection;
  const why = reasonOf(broken, connection);
  if (request.changes && broken.stage === 'sent' && !isRejection(broken.cause))
    return new RunbookError(
      'unknown',
      `${request.verb} ${shownLocation(request.location)} was sent to ${identity.server}, but ${why.text}; whether it was done is not known`,
      { cause: broken.cause },
    );
  const proxy = connection.proxy ? ` through the proxy ${connection.proxy.host}` : '';
  return new RunbookError(
    'unreachable',
    `cannot reach the API server ${identity.server} of context ${identity.context}${proxy}: ${why.text}`,
    { next: why.next ?? [`kubectl --context ${identity.context} version`], cause: broken.cause },
  );
};

/** Something in between wants to be asked first: a login page, mostly. It gets no credentials. */
export const redirected = (to: string | undefined, { identity }: Connection): RunbookError =>
  new RunbookError(
    'unreachable',
    `the server ${identity.server} of context ${identity.context} answers with a redirect${to !== undefined && URL.canParse(to) ? ` to ${new URL(to).host}` : ''}, which an API server does not`,
    { next: [elsewhere] },
  );

/** A 2xx answer that is over a limit, or not what an API server says: `unknown` for a change, else `unreachable`. */
export const unusableAnswer = (
  answer: UnusableAnswer,
  request: Pick<ApiRequest, 'verb' | 'location' | 'changes'>,
  { identity }: Connection,
): RunbookError =>
  request.changes
    ? new RunbookError(
        'unknown',
        `${request.verb} ${shownLocation(request.location)} was sent to ${identity.server}, which ${answer.message}; whether it was done is not known`,
        { cause: answer },
      )
    : new RunbookError(
        'unreachable',
        `the server ${identity.server} of context ${identity.context} ${answer.message}`,
        { next: [elsewhere], cause: answer },
      );

/** What `UnusableAnswer` says of an answer that is something else. */
export const notKubernetes = (contentType: string | undefined): string =>
  `answers with ${contentType?.slice(0, 100) ?? 'something'} that is not the JSON of an API server`;

/** The code of a system or TLS error; '' for others. */
export const codeOf = (error: unknown): string =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : '';

interface Reason {
  readonly text: string;
  readonly next?: readonly string[];
}

const vpn = 'look whether the network or the VPN to the cluster is up';

const reasonOf = ({ stage, cause }: Broken, connection: Connection): Reason => {
  const host = connection.server.hostname;
  const code = codeOf(cause);
  if (cause instanceof Silence)
    return stage === 'sent'
      ? { text: `it gave no answer within ${cause.ms / 1000} s` }
      : { text: `no connection within ${cause.ms / 1000} s`, next: [vpn] };
  const tls = tlsReason(code, cause, connection);
  if (tls) return tls;
  if (connection.proxy && stage === 'connecting')
    return {
      text: `it did not let us through (${phrase(cause)})`,
      next: ['look at proxy-url in the kubeconfig, and at HTTPS_PROXY and NO_PROXY'],
    };
  switch (code) {
    case 'ECONNREFUSED':
      return {
        text: 'connection refused',
        next: [`look whether the server is up: curl -k ${connection.identity.server}/livez`, vpn],
      };
    case 'ENOTFOUND':
    case 'ENODATA':
      return { text: `the name ${host} does not exist`, next: [vpn, 'correct the server in the kubeconfig'] };
    case 'EAI_AGAIN':
    case 'EAI_FAIL':
      return { text: `the name ${host} cannot be looked up now`, next: [vpn] };
    case 'EHOSTUNREACH':
    case 'ENETUNREACH':
      return { text: 'there is no way to it in the network', next: [vpn] };
    case 'ETIMEDOUT':
      return { text: 'the connection timed out', next: [vpn] };
    default:
      return { text: stage === 'sent' ? 'the connection broke before the answer' : phrase(cause) };
  }
};

const elsewhere = 'look whether the kubeconfig is the one of this cluster, or whether something stands between';

const tlsReason = (code: string, cause: unknown, { serverName, server }: Connection): Reason | undefined => {
  switch (code) {
    case 'CERT_HAS_EXPIRED':
      return { text: "the server's certificate has expired", next: ['renew the certificate of the API server'] };
    case 'CERT_NOT_YET_VALID':
      return { text: "the server's certificate is not valid yet", next: ['check the clock of this machine: date -u'] };
    case 'DEPTH_ZERO_SELF_SIGNED_CERT':
    case 'SELF_SIGNED_CERT_IN_CHAIN':
    case 'UNABLE_TO_VERIFY_LEAF_SIGNATURE':
    case 'UNABLE_TO_GET_ISSUER_CERT':
    case 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY':
    case 'CERT_SIGNATURE_FAILURE':
      return {
        text: "the server's certificate does not come from the authority that the context trusts",
        next: [elsewhere],
      };
    case 'ERR_TLS_CERT_ALTNAME_INVALID':
      return {
        text: `the server's certificate is for another name than ${serverName ?? server.hostname}`,
        next: [elsewhere, 'set tls-server-name in the kubeconfig, if the name is right'],
      };
  }
  if (/wrong version number|packet length too long/i.test(phrase(cause)))
    return { text: 'the other side does not speak TLS', next: [elsewhere] };
  if (isRejection(cause)) return { text: 'the server does not accept the client certificate', next: [elsewhere] };
  return undefined;
};

/** Since TLS 1.3 the server looks at the client's certificate only after the handshake; then it has read no request. */
const isRejection = (cause: unknown): boolean =>
  /alert (?:certificate|bad certificate|unknown ca|access denied|handshake)/i.test(phrase(cause));

const phrase = (error: unknown): string =>
  (error instanceof Error ? error.message : String(error)).split('\n')[0]?.slice(0, 200) ?? '';
