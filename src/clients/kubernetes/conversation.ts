import type { Failures, HttpRequest, Send } from '../http/client.ts';
import type { Incoming } from '../http/transport.ts';
import type { Connection } from './connection.ts';
import { answerFailure, brokenRequest, isDisruptionBudget, redirected, unusableAnswer } from './failure.ts';
import { pathOf } from './request.ts';
import type { ApiRequest } from './request.ts';

interface ConversationDeps {
  readonly send: Send;
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
  /** Ask once: the caller has retries of its own. */
  readonly once?: boolean;
}

/** Sends a request and returns what `finish` makes of a 2xx answer. Rejects as the port says; see `Kubernetes`. */
export type Converse = <Result>(request: Sending, finish: (answer: Incoming) => Promise<Result>) => Promise<Result>;

/** Requests in the API's own terms, over a client that knows none of them. */
export const createConversation = (connection: Connection, deps: ConversationDeps): Converse => {
  const inHttp = (request: Sending): HttpRequest => {
    const { method, body, changes, once = false, signal } = request;
    const usualMs = changes ? deps.changeMs : deps.readMs;
    return {
      method,
      path: pathOf(request.location, request.query),
      headers: {
        accept: request.accept ?? 'application/json',
        'user-agent': deps.userAgent,
        ...(request.compressed && connection.compression ? { 'accept-encoding': 'gzip' } : {}),
        ...(request.contentType === undefined ? {} : { 'content-type': request.contentType }),
      },
      ...(body === undefined ? {} : { body }),
      silenceMs: request.silenceMs ?? usualMs,
      wholeMs: request.wholeMs ?? usualMs,
      changes,
      once,
      signal,
    };
  };
  const failuresOf = (request: Sending): Failures => ({
    answered: (answer) => {
      const error = answerFailure(answer, request, connection);
      return { error, status: error.status, final: isDisruptionBudget(error.details) };
    },
    redirected: (to) => redirected(to, connection),
    broken: (broken) => brokenRequest(broken, request, connection),
    unusable: (answer) => unusableAnswer(answer, request, connection),
  });
  return (request, finish) => deps.send(inHttp(request), finish, failuresOf(request));
};
