import type { ECSClientConfig } from '@aws-sdk/client-ecs';
import { RunbookError } from '../../engine/errors.ts';
import type { Clock } from '../../engine/clock.ts';
import type { Environment } from '../process/environment.ts';
import { shown } from '../process/shown.ts';
import { boundAnswers } from './bounded-answers.ts';
import { endpointFor } from './endpoint.ts';
import { awsFailure, isBusy, isThrottled } from './failure.ts';
import { rememberCredentials, remembering } from './secrets.ts';
import type { Remember } from './secrets.ts';
import { requirePlainSharedFiles } from './shared-files.ts';
import type { ClientSettings } from './settings.ts';

export interface AwsConfig {
  readonly region: string;
  /** Of the shared configuration files; it wins over `AWS_PROFILE` and over keys in the environment. */
  readonly profile?: string | undefined;
}

interface Client {
  readonly config: Required<Pick<ECSClientConfig, 'credentials'>> & {
    readonly requestHandler: NonNullable<ECSClientConfig['requestHandler']>;
  };
}

export interface Clients<Of> {
  /** The SDK repeats what failed for a moment, and sends more slowly when it is throttled. */
  readonly reads: Of;
  /** The SDK repeats nothing: what was sent once may have been done. */
  readonly writes: Of;
}

/** One identity at AWS: a region, and credentials as the AWS CLI finds them, looked up once for all clients. */
export interface AwsSession {
  readonly region: string;
  /** `service` is the id that endpoint variables use: `ECS`, `Scheduler`, `Application Auto Scaling`. */
  connect<Of extends Client>(service: string, create: (settings: ClientSettings) => Of): Promise<Clients<Of>>;
  /** Errors: those of `awsFailure`; `action` is the name in IAM policies, `ecs:DescribeServices`. */
  readonly read: <Answer>(
    action: string,
    send: () => Promise<Answer>,
    call: { readonly signal: AbortSignal },
  ) => Promise<Answer>;
  /**
   * Sends a change. What is throttled, or came while another change was under way, was not done and is sent again; what got no
   * answer may have been done: `unknown`.
   */
  readonly write: <Answer>(
    action: string,
    send: () => Promise<Answer>,
    call: { readonly signal: AbortSignal; readonly clock: Clock },
  ) => Promise<Answer>;
  /** A command of the AWS CLI as an engineer would type it. */
  command(...words: readonly string[]): string;
}

const readAttempts = 6;
const writeAttempts = 6;
/** In milliseconds; of an answer that is not there by then, its body included. */
const answerWithin = 10_000;
/** The AWS CLI goes by HTTPS_PROXY, HTTP_PROXY and NO_PROXY; the SDK only where its agents are told to. */
const handlerFor = (environment: Environment, answerWithinMs: number): ClientSettings['requestHandler'] => {
  const timeouts = { connectionTimeout: 5000, requestTimeout: answerWithinMs, throwOnRequestTimeout: true } as const;
  const has = (name: string) => Boolean(environment[name] ?? environment[name.toLowerCase()]);
  if (!has('HTTPS_PROXY') && !has('HTTP_PROXY')) return timeouts;
  const proxied = { proxyEnv: environment };
  return { ...timeouts, httpAgent: proxied, httpsAgent: proxied };
};
const quiet = { trace: () => {}, debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };

export const openAwsSession = (
  config: AwsConfig,
  environment: Environment,
  remember: Remember,
  answerWithinMs = answerWithin,
): AwsSession => {
  const { region, profile } = config;
  requirePlainSharedFiles(environment);
  const keys = keysInEnvironment(config, environment);
  if (keys) rememberCredentials(remember, keys);
  let identity: ClientSettings['credentials'] = keys;

  const mapped = async <Answer>(
    action: string,
    purpose: 'read' | 'write',
    signal: AbortSignal,
    send: () => Promise<Answer>,
  ): Promise<Answer> => {
    signal.throwIfAborted();
    try {
      return await unlessAborted(send(), signal);
    } catch (error) {
      signal.throwIfAborted();
      throw awsFailure(error, { action, purpose, ...config });
    }
  };

  return {
    region,
    connect: async (service, create) => {
      const endpoint = await endpointFor(service, profile, environment);
      const common = {
        region,
        ignoreConfiguredEndpointUrls: true,
        logger: quiet,
        ...(profile === undefined ? {} : { profile }),
        ...(endpoint === undefined ? {} : { endpoint }),
      } as const;
      const reads = create({
        ...common,
        maxAttempts: readAttempts,
        retryMode: 'adaptive',
        requestHandler: handlerFor(environment, answerWithinMs),
        ...(identity === undefined ? {} : { credentials: identity }),
      });
      boundAnswers(reads.config.requestHandler, answerWithinMs);
      if (identity === undefined) {
        const found = reads.config.credentials;
        if (typeof found === 'function') reads.config.credentials = remembering(found, profile, environment, remember);
        identity = reads.config.credentials;
      }
      const writes = create({
        ...common,
        maxAttempts: 1,
        retryMode: 'standard',
        requestHandler: reads.config.requestHandler,
        credentials: identity,
      });
      return { reads, writes };
    },
    read: (action, send, { signal }) => mapped(action, 'read', signal, send),
    write: async (action, send, { signal, clock }) => {
      for (let attempt = 1; ; attempt++) {
        try {
          return await mapped(action, 'write', signal, send);
        } catch (error) {
          if (!(isThrottled(error) || isBusy(error)) || attempt === writeAttempts) throw error;
          await clock.sleep(1000 * 2 ** (attempt - 1) * (0.5 + Math.random() / 2), signal);
        }
      }
    },
    command: (...words) =>
      shown(['aws', ...words, '--region', region, ...(profile === undefined ? [] : ['--profile', profile])]),
  };
};

/** The SDK ends its own requests, but not the program of a `credential_process`, nor the pauses of its rate limit. */
const unlessAborted = async <Answer>(answer: Promise<Answer>, signal: AbortSignal): Promise<Answer> => {
  let stop: (() => void) | undefined;
  const aborted = new Promise<never>((_, reject) => {
    stop = () => reject(signal.reason);
    signal.addEventListener('abort', stop, { once: true });
  });
  try {
    return await Promise.race([answer, aborted]);
  } finally {
    if (stop) signal.removeEventListener('abort', stop);
  }
};

/** The AWS CLI takes keys from the environment before `AWS_PROFILE`, but not before a profile that is named to it. The SDK prefers the profile either way. */
const keysInEnvironment = ({ profile }: AwsConfig, environment: Environment) => {
  const {
    AWS_ACCESS_KEY_ID: accessKeyId,
    AWS_SECRET_ACCESS_KEY: secretAccessKey,
    AWS_SESSION_TOKEN: sessionToken,
  } = environment;
  if (profile !== undefined || !accessKeyId) return undefined;
  if (!secretAccessKey)
    throw new RunbookError('unreachable', 'AWS_ACCESS_KEY_ID is set and AWS_SECRET_ACCESS_KEY is not', {
      next: ['set both, or neither'],
    });
  return { accessKeyId, secretAccessKey, ...(sessionToken ? { sessionToken } : {}) };
};
