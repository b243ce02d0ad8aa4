import type { Clock } from '../../engine/clock.ts';
import { answerFailure, isDisruptionBudget } from './answer-failure.ts';
import { isBusy, mayPass, mostAttempts, pauseMs } from '../http/attempts.ts';
import { UnusableAnswer } from '../peer/unusable.ts';
import { errorTextOf } from '../http/body.ts';
import { brokenRequest, redirected, unusableAnswer } from './broken-request.ts';
import type { Connection, Credential } from './connection.ts';
import { pathOf } from './paths.ts';
import type { ApiRequest } from './request.ts';
import { Broken } from '../http/transport.ts';
import type { Incoming, Transport } from '../http/transport.ts';

export interface ConversationDeps {
  readonly clock: Clock;
  readonly transport: Transport;
  /** How long an answer may take, in milliseconds, to its end: for reads, and for changes, which the server may have to ask others about. */
  readonly readMs: number;
  readonly changeMs: number;
  readonly userAgent: string;
}

export interface Sending extends ApiRequest {
  readonly accept?: string;
  /** A long answer may come compressed. */
  readonly compressed?: boolean;
  /** Instead of `readMs`, each. */
  readonly silenceMs?: number;
  readonly wholeMs?: number;
  /** Ask once: whoever calls has a patience of their own. */
  readonly once?: boolean;
}

/**
 * Sends a request with the credentials of the connection, again where that is safe and may help, and returns what `finish` makes
 * of a 2xx answer. Rejects as the port says; see `Kubernetes`.
 */
export type Converse = <Result>(request: Sending, finish: (answer: Incoming) => Promise<Result>) => Promise<Result>;

export const createConversation = (connection: Connection, deps: ConversationDeps): Converse => {
  const { credentials } = connection;

  const send = (request: Sending, credential: Credential): Promise<Incoming> => {
    const usualMs = request.changes ? deps.changeMs : deps.readMs;
    return deps.transport({
      method: request.method,
      path: pathOf(request.location, request.query),
      headers: {
        accept: request.accept ?? 'application/json',
        'user-agent': deps.userAgent,
        ...(request.compressed && connection.compression ? { 'accept-encoding': 'gzip' } : {}),
        ...(request.contentType === undefined ? {} : { 'content-type': request.contentType }),
      },
      ...(request.body === undefined ? {} : { body: request.body }),
      credential,
      silenceMs: request.silenceMs ?? usualMs,
      wholeMs: request.wholeMs ?? usualMs,
      signal: request.signal,
    });
  };

  /** After a 401 once more, if there are other credentials to be had: nothing was done. */
  const sendAs = async (request: Sending): Promise<Incoming> => {
    const credential = await credentials.current(request.signal);
    const answer = await send(request, credential);
    if (answer.status !== 401) return answer;
    credentials.refuse(credential);
    const other = await credentials.current(request.signal);
    if (isSame(credential, other)) return answer;
    await errorTextOf(answer);
    return send(request, other);
  };

  /** What came of one attempt: a result, or what to wait for before the next. */
  const attempt = async <Result>(
    request: Sending,
    finish: (answer: Incoming) => Promise<Result>,
    { number, last }: { readonly number: number; readonly last: boolean },
  ): Promise<{ readonly result: Result } | { readonly waitMs: number }> => {
    try {
      const answer = await sendAs(request);
      if (answer.status >= 200 && answer.status < 300) return { result: await finish(answer) };
      const body = await errorTextOf(answer);
      if (answer.status < 400) throw redirected(answer.headers.location, connection);
      const failure = answerFailure({ status: answer.status, body }, request, connection);
      if (last || !isBusy(failure.status, request) || isDisruptionBudget(failure.details)) throw failure;
      return { waitMs: pauseMs(number, answer.headers['retry-after']) };
    } catch (error) {
      if (error instanceof UnusableAnswer) throw unusableAnswer(error, request, connection);
      if (!(error instanceof Broken)) throw error;
      if (request.signal.aborted && !(request.changes && error.stage === 'sent')) throw request.signal.reason;
      if (last || !mayPass(error, request)) throw brokenRequest(error, request, connection);
      return { waitMs: pauseMs(number) };
    }
  };

  return async (request, finish) => {
    for (let number = 0; ; number++) {
      // oxlint-disable-next-line no-await-in-loop -- one after the other is the point
      const came = await attempt(request, finish, {
        number,
        last: request.once === true || number + 1 >= mostAttempts,
      });
      if ('result' in came) return came.result;
      // oxlint-disable-next-line no-await-in-loop
      await deps.clock.sleep(came.waitMs, request.signal);
    }
  };
};

const isSame = (one: Credential, other: Credential): boolean =>
  one === other ||
  (one.headers['authorization'] === other.headers['authorization'] &&
    one.certificate?.cert === other.certificate?.cert);
