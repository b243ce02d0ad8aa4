import type { ClientRequest, IncomingMessage, OutgoingHttpHeaders } from 'node:http';
import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import { monotonicMs } from '../../engine/clock.ts';
import { RunbookError } from '../../engine/errors.ts';
import { boundInterim } from '../peer/interim.ts';
import { limits } from '../peer/limits.ts';
import { createAgents } from './agents.ts';
import { Broken, Silence } from './broken.ts';
import type { Stage } from './broken.ts';
import type { Credential, Endpoint } from './endpoint.ts';
import { hostOf } from './url.ts';

export interface Outgoing {
  readonly method: string;
  /** Below the path of the endpoint, with its query. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly credential: Credential;
  /** How long the server may be silent, in milliseconds. */
  readonly silenceMs: number;
  /**
   * How long it may take from the moment that it was sent until the answer has ended, in milliseconds: a server that trickles is
   * never silent. A long answer gets more time as it comes.
   */
  readonly wholeMs: number;
  readonly signal: AbortSignal;
}

export interface Incoming {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  /** As they come. Throws `Broken`. */
  chunks(): AsyncGenerator<Buffer, void>;
  /** Gives the connection up, where its answer is not wanted to the end. */
  drop(): void;
}

/** Rejects with `Broken`: also where the signal ended it, whose reason is then the cause. */
type Transport = (outgoing: Outgoing) => Promise<Incoming>;

const { bytes, bytesPerSecond } = limits.http;

/** HTTP/1.1 over a few connections that are kept for the next request. `connectMs`: how long a connection may take until it stands. */
export const createTransport = (endpoint: Endpoint, { connectMs }: { readonly connectMs: number }): Transport => {
  const { server } = endpoint;
  const agentFor = createAgents(endpoint);
  const secure = server.protocol === 'https:';
  return async (outgoing) => {
    outgoing.signal.throwIfAborted();
    requireSendable(outgoing.credential, endpoint);
    const agent = await agentFor(outgoing.credential);
    const options = {
      agent,
      // For agents that are not Node's own: without it they guess, and find no connection again that they kept.
      secureEndpoint: secure,
      method: outgoing.method,
      path: server.pathname.replace(/\/$/, '') + outgoing.path,
      headers: headersOf(outgoing),
      host: hostOf(server),
      port: server.port || (secure ? 443 : 80),
    };
    return exchange(secure ? httpsRequest(options) : httpRequest(options), outgoing, { secure, connectMs });
  };
};

const headersOf = ({ headers, credential, body }: Outgoing): OutgoingHttpHeaders => ({
  ...headers,
  ...(body === undefined ? {} : { 'content-length': Buffer.byteLength(body) }),
  ...Object.fromEntries(
    Object.entries(credential.headers).map(([name, value]) => [
      name,
      typeof value === 'string' ? inBytes(value) : value.map(inBytes),
    ]),
  ),
});

/** Errors: `usage` where a header would not end where it should: a token with a line break in it, mostly. */
const requireSendable = ({ headers }: Credential, { credentials: { owner, renewal } }: Endpoint): void => {
  // oxlint-disable-next-line no-control-regex -- they are what is looked for
  if (
    Object.values(headers)
      .flat()
      .some((value) => /[\u0000-\u0008\u000a-\u001f\u007f]/.test(value))
  )
    throw new RunbookError('usage', `the credentials of ${owner} have a line break or control character in them`, {
      next: renewal,
    });
};

/** A header is UTF-8; Node writes each character as one byte, and none beyond 255. */
const inBytes = (value: string): string => Buffer.from(value, 'utf8').toString('latin1');

const exchange = (
  request: ClientRequest,
  { body, signal, silenceMs, wholeMs }: Outgoing,
  { secure, connectMs }: { readonly secure: boolean; readonly connectMs: number },
): Promise<Incoming> =>
  new Promise((resolve, reject) => {
    let stage: Stage = 'connecting';
    let why: unknown;
    const stop = (reason: unknown): void => {
      why ??= reason;
      request.destroy();
    };
    const aborted = (): void => stop(signal.reason);
    const connecting = setTimeout(() => stop(new Silence(connectMs)), connectMs);
    const silence = (): void => stop(new Silence(silenceMs));
    const failure = (error: unknown): Broken => new Broken(stage, why ?? error);
    let whole: NodeJS.Timeout | undefined;
    let endsAt = 0;
    const late = (): void => {
      const leftMs = endsAt - monotonicMs();
      if (leftMs > 0) whole = setTimeout(late, leftMs);
      else stop(new Silence(wholeMs));
    };
    const over = (): void => {
      clearTimeout(connecting);
      clearTimeout(whole);
      signal.removeEventListener('abort', aborted);
    };
    signal.addEventListener('abort', aborted, { once: true });
    request.once('socket', (socket: Socket) =>
      whenReady(socket, secure, (reached) => {
        stage = reached;
        if (reached !== 'sent') return;
        clearTimeout(connecting);
        request.setTimeout(silenceMs, silence);
        endsAt = monotonicMs() + wholeMs;
        whole = setTimeout(late, wholeMs);
      }),
    );
    request.on('error', (error) => {
      over();
      reject(failure(error));
    });
    boundInterim(request, stop);
    request.once('response', (response) => {
      const incoming: Incoming = {
        status: response.statusCode ?? 0,
        headers: response.headers,
        chunks: async function* () {
          const chunks: AsyncIterable<Buffer> = response;
          try {
            let read = 0;
            for await (const chunk of chunks) {
              if (read < bytes) endsAt += (chunk.length / bytesPerSecond) * 1000;
              read += chunk.length;
              yield chunk;
            }
          } catch (error) {
            throw failure(error);
          } finally {
            over();
          }
        },
        drop: () => {
          over();
          request.destroy();
        },
      };
      resolve(incoming);
    });
    request.end(body);
  });

/** Tells how far the connection is: at once for one that stands already, kept from an earlier request or led through a proxy. */
const whenReady = (socket: Socket, secure: boolean, reached: (stage: Stage) => void): void => {
  if (!secure) return socket.connecting ? void socket.once('connect', () => reached('sent')) : reached('sent');
  if (socket instanceof TLSSocket && socket.authorized) return reached('sent');
  if (socket.connecting) socket.once('connect', () => reached('handshaking'));
  else reached('handshaking');
  socket.once('secureConnect', () => reached('sent'));
};
