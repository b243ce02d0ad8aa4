import { RunbookError } from '../../engine/errors.ts';
import type { NetworkFailureKind } from '../../words/network.ts';
import { networkFailure, networkPhrase } from '../../words/network.ts';
import { outcomeOf, Silence } from '../http/broken.ts';
import type { Broken } from '../http/broken.ts';
import type { UnusableAnswer } from '../peer/unusable.ts';
import type { Connection } from './connection.ts';
import { shownLocation } from './paths.ts';
import type { ApiRequest } from './request.ts';

/** The error for a request that got no answer: `unknown` for a change that may have been taken, else `unreachable`. */
export const brokenRequest = (broken: Broken, request: ApiRequest, connection: Connection): RunbookError => {
  const { identity } = connection;
  const why = reasonOf(broken, connection);
  if (outcomeOf(broken, request) === 'unknown')
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

interface Reason {
  readonly text: string;
  readonly next?: readonly string[] | undefined;
}

const vpn = 'look whether the network or the VPN to the cluster is up';
const elsewhere = 'look whether the kubeconfig is the one of this cluster, or whether something stands between';

const reasonOf = ({ stage, cause }: Broken, connection: Connection): Reason => {
  if (cause instanceof Silence)
    return stage === 'sent'
      ? { text: `it gave no answer within ${cause.ms / 1000} s` }
      : { text: `no connection within ${cause.ms / 1000} s`, next: [vpn] };
  const moment = { handshaking: stage === 'handshaking' };
  const failure = networkFailure(cause, moment);
  const phrase = networkPhrase(cause, moment);
  if (connection.proxy && stage === 'connecting' && !failure?.tls)
    return {
      text: `it did not let us through (${phrase})`,
      next: ['look at proxy-url in the kubeconfig, and at HTTPS_PROXY and NO_PROXY'],
    };
  const text =
    failure?.kind === 'other-name' ? `${phrase} than ${connection.serverName ?? connection.server.hostname}` : phrase;
  return { text, next: failure && adviceFor(connection)[failure.kind] };
};

const adviceFor = ({ identity }: Connection): Partial<Record<NetworkFailureKind, readonly string[]>> => ({
  refused: [`look whether the server is up: curl -k ${identity.server}/livez`, vpn],
  'no-such-name': [vpn, 'correct the server in the kubeconfig'],
  'no-resolver': [vpn],
  'no-route': [vpn],
  timeout: [vpn],
  expired: ['renew the certificate of the API server'],
  'not-yet-valid': ['check the clock of this machine: date -u'],
  untrusted: [elsewhere],
  'other-name': [elsewhere, 'set tls-server-name in the kubeconfig, if the name is right'],
  'not-tls': [elsewhere],
  'client-certificate': [elsewhere],
});
