import type { Clock } from '../../engine/clock.ts';
import { UnusableAnswer } from '../peer/unusable.ts';
import { isBusy, mayPass, mostAttempts, pauseMs } from './attempts.ts';
import { errorTextOf } from './body.ts';
import { Broken } from './broken.ts';
import type { Credential, Endpoint } from './endpoint.ts';
import { createTransport } from './transport.ts';
import type { Incoming, Outgoing } from './transport.ts';

export interface HttpRequest extends Omit<Outgoing, 'credential'> {
  /** It may change something at the server: it is sent again only where the server has certainly not done it. */
  readonly changes: boolean;
  /** Ask once: the caller has retries of its own. */
  readonly once?: boolean;
}

/** What a failure is to the caller, in its own words. */
export interface Failures {
  /** An answer of 400 or more. */
  answered(answer: { readonly status: number; readonly body: string }): Answered;
  /** Something in between wants to be asked first: a login page, mostly. It gets no credentials. */
  redirected(to: string | undefined): Error;
  /** No answer, or not all of it. `outcomeOf` says what that means. */
  broken(broken: Broken): Error;
  /** A 2xx answer that is over a limit, or is not what the server is expected to say. */
  unusable(answer: UnusableAnswer): Error;
}

interface Answered {
  readonly error: Error;
  /** Where the body says another than the status line. */
  readonly status?: number;
  /** The answer stays the same however often it is asked for, though its status says "later". */
  readonly final?: boolean;
}

/** Returns what `finish` makes of a 2xx answer. Rejects with what `failures` make of it, or with the reason of the signal. */
export type Send = <Result>(
  request: HttpRequest,
  finish: (answer: Incoming) => Promise<Result>,
  failures: Failures,
) => Promise<Result>;

export interface HttpDeps {
  readonly clock: Clock;
  /** How long a connection may take until it stands, in milliseconds. */
  readonly connectMs: number;
}

/**
 * Asks one server with the credentials of its endpoint: again where that is safe and may help, and with new credentials after a
 * 401. Follows no redirect. Knows nothing of what is asked. Sends nothing before the first request.
 */
export const openHttpClient = (endpoint: Endpoint, { clock, connectMs }: HttpDeps): Send => {
  const { credentials } = endpoint;
  const transport = createTransport(endpoint, { connectMs });

  /** After a 401 once more, if there are other credentials to be had: nothing was done. */
  const sendAs = async (request: HttpRequest): Promise<Incoming> => {
    const credential = await credentials.current(request.signal);
    const answer = await transport({ ...request, credential });
    if (answer.status !== 401) return answer;
    credentials.refuse(credential);
    const other = await credentials.current(request.signal);
    if (isSame(credential, other)) return answer;
    await errorTextOf(answer);
    return transport({ ...request, credential: other });
  };

  return async (request, finish, failures) => {
    for (let number = 0; ; number++) {
      const last = request.once === true || number + 1 >= mostAttempts;
      let waitMs: number;
      try {
        // oxlint-disable-next-line no-await-in-loop -- one after the other is the point
        const answer = await sendAs(request);
        // oxlint-disable-next-line no-await-in-loop
        if (answer.status >= 200 && answer.status < 300) return await finish(answer);
        // oxlint-disable-next-line no-await-in-loop
        const body = await errorTextOf(answer);
        if (answer.status < 400) throw failures.redirected(answer.headers.location);
        const { error, status = answer.status, final = false } = failures.answered({ status: answer.status, body });
        if (last || final || !isBusy(status, request)) throw error;
        waitMs = pauseMs(number, answer.headers['retry-after']);
      } catch (error) {
        if (error instanceof UnusableAnswer) throw failures.unusable(error);
        if (!(error instanceof Broken)) throw error;
        if (request.signal.aborted && !(request.changes && error.stage === 'sent')) throw request.signal.reason;
        if (last || !mayPass(error, request)) throw failures.broken(error);
        waitMs = pauseMs(number);
      }
      // oxlint-disable-next-line no-await-in-loop
      await clock.sleep(waitMs, request.signal);
    }
  };
};

const isSame = (one: Credential, other: Credential): boolean =>
  one === other ||
  (one.headers['authorization'] === other.headers['authorization'] &&
    one.certificate?.cert === other.certificate?.cert);
