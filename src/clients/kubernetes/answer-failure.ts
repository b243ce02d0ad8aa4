import type { ErrorKind } from '../../engine/errors.ts';
import type { Connection } from './connection.ts';
import { ApiFailure } from './failure.ts';
import { isFields } from './kubeconfig-file.ts';
import type { Fields } from './kubeconfig-file.ts';
import { resourceName, shownLocation } from './paths.ts';
import type { ApiRequest } from './request.ts';

/** What the server answered where it is not 2xx; `status` is that of HTTP, or the code in the Status of a broken watch. */
export interface NoAnswer {
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
