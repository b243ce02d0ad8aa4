import type { ErrorKind } from '../../engine/errors.ts';
import { RunbookError } from '../../engine/errors.ts';
import type { NetworkFailureKind } from '../../words/network.ts';
import { networkFailure, networkPhrase } from '../../words/network.ts';
import { outcomeOf, Silence } from '../http/broken.ts';
import type { Broken } from '../http/broken.ts';
import { UnusableAnswer } from '../peer/unusable.ts';
import type { Connection } from './connection.ts';
import { isFields } from './kubeconfig.ts';
import type { Fields } from './kubeconfig.ts';
import { resourceName, shownLocation } from './request.ts';
import type { ApiRequest } from './request.ts';

/**
 * What the API server answered, where it answered no. Its `status` decides: 401 and 403 not let in (kind `unreachable`), 404
 * gone, 409 changed meanwhile, 410 too old, 422 invalid, 429 not now.
 */
export class ApiFailure extends RunbookError {
  readonly status: number;
  /** The server's own word: NotFound, Conflict, Expired, Invalid, TooManyRequests. */
  readonly reason: string;
  /** What the Status object of the answer carries besides: causes, retryAfterSeconds. */
  readonly details: unknown;

  constructor(
    kind: ErrorKind,
    message: string,
    answer: {
      readonly status: number;
      readonly reason: string;
      readonly details?: unknown;
      readonly next?: readonly string[];
    },
  ) {
    super(kind, message, answer.next ? { next: answer.next } : {});
    this.status = answer.status;
    this.reason = answer.reason;
    this.details = answer.details;
  }
}

export const isStatus = (error: unknown, status: number): error is ApiFailure =>
  error instanceof ApiFailure && error.status === status;

/** What the server answered where it is not 2xx; `status` is that of HTTP, or the code in the Status of a broken watch. */
interface NoAnswer {
  readonly status: number;
  readonly body: string;
}

/** The error for an answer that says no. */
export const answerFailure = (answer: NoAnswer, request: ApiRequest, connection: Connection): ApiFailure => {
  const status = statusIn(answer.body);
  const { code, reason, message, details } = fieldsOf(status, answer);
  const about = { status: code, reason, details };
  if (code === 401) return notAccepted(about, connection);
  if (code === 403) return forbidden(message, about, request, connection);
  const what = `${request.verb} ${shownLocation(request.location)} in namespace ${request.location.namespace} of context ${connection.identity.context}`;
  const kind = kindOf(code, details, message, request);
  const unclear = kind === 'unknown' ? '; whether it was done is not known' : '';
  return new ApiFailure(kind, `${what}: ${message}${unclear}`, about);
};

/** Is the cluster's own guard in the way, which waiting a moment does not change? */
export const isDisruptionBudget = (details: unknown): boolean =>
  isFields(details) &&
  Array.isArray(details['causes']) &&
  details['causes'].some((cause: unknown) => isFields(cause) && cause['reason'] === 'DisruptionBudget');

type About = { readonly status: number; readonly reason: string; readonly details: unknown };

const kindOf = (code: number, details: unknown, message: string, request: ApiRequest): ErrorKind => {
  if (code === 409) return 'refused';
  if (code === 429) return isDisruptionBudget(details) ? 'refused' : 'unreachable';
  if (code < 500) return 'failed';
  // A webhook is asked before anything is stored.
  if (/failed calling webhook/.test(message)) return 'failed';
  return request.changes ? 'unknown' : 'unreachable';
};

const notAccepted = (about: About, { identity, credentials }: Connection): ApiFailure =>
  new ApiFailure(
    'unreachable',
    `the API server ${identity.server} does not accept the credentials of context ${identity.context} (401); have they expired? It was asked as ${credentials.owner}`,
    { ...about, next: credentials.renewal },
  );

/** A missing right; or something in the cluster that says no to what we have the right to do, in its own words. */
const forbidden = (message: string, about: About, request: ApiRequest, { identity }: Connection): ApiFailure => {
  const { verb, location } = request;
  const right = /User "([^"]{0,512})" cannot (\S{1,64}) resource/.exec(message);
  if (!right && message !== '' && !/is forbidden: User/.test(message))
    return new ApiFailure('refused', `the cluster refused ${verb} ${shownLocation(location)}: ${message}`, about);
  const user = right?.[1] ?? 'the user';
  const resource = resourceName(location.of);
  const part = location.subresource === undefined ? '' : `/${location.subresource}`;
  const narrow = location.subresource === undefined ? '' : ` --subresource=${location.subresource}`;
  return new ApiFailure(
    'unreachable',
    `${user === 'the user' ? user : `user ${user}`} may not ${verb} ${resource}${part} in namespace ${location.namespace} of context ${identity.context}`,
    {
      ...about,
      next: [
        `kubectl --context ${identity.context} -n ${location.namespace} auth can-i ${verb} ${resource}${narrow}`,
        'ask the owner of the cluster for a Role with this right',
      ],
    },
  );
};

const statusIn = (body: string): Fields | undefined => {
  try {
    const value: unknown = JSON.parse(body);
    return isFields(value) && value['kind'] === 'Status' ? value : undefined;
  } catch {
    return undefined;
  }
};

const fieldsOf = (status: Fields | undefined, { status: code, body }: NoAnswer) => {
  const text = (field: string) => {
    const value = status?.[field];
    return typeof value === 'string' ? value : undefined;
  };
  const own = status?.['code'];
  return {
    code: typeof own === 'number' ? own : code,
    reason: text('reason') ?? '',
    message: shortened(text('message') ?? (status ? '' : (body.split('\n')[0] ?? '').slice(0, 200) || `HTTP ${code}`)),
    details: status?.['details'],
  };
};

/** It may quote a whole object, with all that is in it, and say what is wrong behind that. */
const shortened = (message: string): string =>
  message.length <= 500 ? message : `${message.slice(0, 100)} … ${message.slice(-300)}`;

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
  if (cause instanceof UnusableAnswer) return { text: `it ${cause.message}`, next: [elsewhere] };
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
