import { networkFailure } from '../../words/network.ts';
import type { NetworkFailure, NetworkFailureKind } from '../../words/network.ts';
import { shortText } from '../../words/short-text.ts';
import { messageOf, RunbookError } from '../../engine/errors.ts';
import type { ErrorKind } from '../../engine/errors.ts';
import { UnusableAnswer } from '../peer/unusable.ts';
import { credentialProblem } from './credentials.ts';

/** What AWS answered, or why there was no answer. `code` is the service's own word: `ServiceNotFoundException`, `ThrottlingException`. */
export class AwsFailure extends RunbookError {
  readonly code: string;

  constructor(kind: ErrorKind, message: string, code: string, options: { next?: readonly string[]; cause?: unknown }) {
    super(kind, message, options);
    this.code = code;
  }
}

export interface Attempt {
  /** As IAM policies name it: `ecs:UpdateService`. */
  readonly action: string;
  readonly purpose: 'read' | 'write';
  readonly region: string;
  readonly profile?: string | undefined;
}

/**
 * - `unreachable`: no credentials, not allowed (the action and the resource are named), no answer or one that cannot be used,
 *   throttled all the time
 * - `unknown`: a change was sent and no answer came
 * - `failed`: the service said no; its `code` says why
 */
export const awsFailure = (error: unknown, attempt: Attempt): AwsFailure => {
  const { action, purpose, region } = attempt;
  const { code, status, said, network } = wordsOf(error);
  const failure = (kind: ErrorKind, message: string, next: readonly string[] = []) =>
    new AwsFailure(kind, message, code, { next, cause: error });

  const credentials = credentialProblem({ code, said }, attempt);
  if (credentials) return failure('unreachable', credentials.message, credentials.next);
  if (denials.has(code))
    return failure('unreachable', denied(action, said), [`allow ${actionIn(said) ?? action} to this role`]);
  if (throttles.has(code) || status === 429)
    return failure('unreachable', `AWS throttles ${action} in ${region}: ${said}`, ['wait a minute and run it again']);
  if (network && neverSent.includes(network.kind))
    return failure('unreachable', `AWS does not answer in ${region} (${action}): ${said}`, [
      'check the network, the region and AWS_ENDPOINT_URL',
    ]);
  if (error instanceof UnusableAnswer || (status !== undefined && status < 300)) {
    // Where it is ours it says what is wrong; what the SDK says of an answer that it cannot parse is about the SDK.
    const what = error instanceof UnusableAnswer ? said : 'answers with what cannot be read';
    return purpose === 'write'
      ? failure('unknown', `AWS ${what}, so whether ${action} was done is not known`)
      : failure('unreachable', `AWS in ${region} ${what} (${action})`, ['look whether AWS_ENDPOINT_URL is set']);
  }
  if (status === undefined || status >= 500)
    return purpose === 'write'
      ? failure('unknown', `no answer to ${action}, so whether it was done is not known: ${said}`)
      : failure('unreachable', `AWS does not answer in ${region} (${action}): ${said}`, [
          ...(status === undefined ? ['check the network, the region and AWS_ENDPOINT_URL'] : []),
          'https://health.aws.amazon.com',
        ]);
  return failure('failed', `${action} was refused by AWS: ${said}`);
};

export const isThrottled = (error: unknown): boolean =>
  error instanceof AwsFailure && (throttles.has(error.code) || error.message.startsWith('AWS throttles'));

/** Another change of the same thing is under way: this one was not made, and may be in a moment. */
export const isBusy = (error: unknown): boolean => hasCode(error, 'ConcurrentUpdateException');

/** Not allowed: to ask again does not help. */
export const isDenied = (error: unknown): boolean => error instanceof AwsFailure && denials.has(error.code);

export const hasCode = (error: unknown, ...codes: readonly string[]): error is AwsFailure =>
  error instanceof AwsFailure && codes.includes(error.code);

/** The sentence and the code of anything that the SDK throws. A connection to several addresses fails with all their errors in one. */
const wordsOf = (
  error: unknown,
): { code: string; status: number | undefined; said: string; network: NetworkFailure | undefined } => {
  const inner: unknown = error instanceof AggregateError && error.errors.length > 0 ? error.errors[0] : error;
  const { name, code, $metadata } = (inner ?? {}) as {
    name?: unknown;
    code?: unknown;
    $metadata?: { httpStatusCode?: number };
  };
  const word = typeof code === 'string' ? code : typeof name === 'string' ? name : 'Error';
  // The SDK adds a hint for those who write programs.
  const message = shortText(messageOf(inner))
    .replace(/\n {2}Deserialization error: .*/, '')
    .trim();
  const status = $metadata?.httpStatusCode;
  const network = status === undefined ? networkFailure(inner) : undefined;
  // The SDK names its own setting there. It is the answer that took too long, and not the connection.
  const said = message.includes('requestTimeout')
    ? 'no answer in time'
    : network
      ? `${network.phrase}${whereOf(inner)}`
      : message || word;
  return { code: word, status, said, network };
};

/** Where the system tried to get to: the endpoint may come from a variable that somebody forgot. */
const whereOf = (error: unknown): string => {
  const { address, port, hostname } = (error ?? {}) as { address?: unknown; port?: unknown; hostname?: unknown };
  if (typeof address === 'string') return ` (${address}${typeof port === 'number' ? `:${port}` : ''})`;
  return typeof hostname === 'string' ? ` (${hostname})` : '';
};

const denials = new Set(['AccessDeniedException', 'AccessDenied', 'UnauthorizedOperation', 'NotAuthorizedException']);
const throttles = new Set([
  'ThrottlingException',
  'Throttling',
  'ThrottledException',
  'RequestThrottled',
  'RequestThrottledException',
  'TooManyRequestsException',
  'RequestLimitExceeded',
  'PriorRequestNotComplete',
  'SlowDown',
]);
/** A request that failed so was not sent. */
const neverSent: readonly NetworkFailureKind[] = [
  'no-such-name',
  'no-resolver',
  'refused',
  'no-route',
  'expired',
  'not-yet-valid',
  'untrusted',
  'other-name',
  'revoked',
  'not-tls',
];

const actionIn = (said: string): string | undefined => /perform: ([\w-]+:\w+)/.exec(said)?.[1];

/** AWS's own sentence names who, what and on which resource; where it is shorter, the action is added. */
const denied = (action: string, said: string): string =>
  actionIn(said) === undefined ? `not allowed: ${action}: ${said}` : `not allowed: ${said}`;
