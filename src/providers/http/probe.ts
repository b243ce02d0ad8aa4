import { lookup as systemLookup } from 'node:dns';
import { type ClientRequest, request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { isIP, type LookupFunction } from 'node:net';
import { unescape } from 'node:querystring';
import { getCACertificates, TLSSocket } from 'node:tls';
import { monotonicMs } from '../../engine/clock.ts';
import { isLinkLocal } from './address.ts';
import { boundInterim } from '../../clients/peer/interim.ts';
import { limits } from '../../clients/peer/limits.ts';
import { type Answer, faultOf, jsonOf, latencyOf, saysOf } from './answer.ts';
import { type Failure, failureOf, ForbiddenAddress } from './failure.ts';
import type { Http, Probe, ProbeResult } from './port.ts';
import { readBody } from './read-body.ts';

export interface HttpDeps {
  /** Certificates in PEM that are trusted besides the system's. */
  readonly ca?: readonly string[];
  /** Ask link-local and metadata addresses too. Default false. */
  readonly allowLinkLocal?: boolean;
  /** How names are resolved. Default: the system's way. */
  readonly lookup?: LookupFunction;
  /** Given the password of an address before it is used: addresses also come from what lists the instances. */
  readonly remember?: (name: string, secret: string) => void;
}

const bodyLimit = limits.health.bytes;

/** Probes over http and https: one connection and one deadline for each, no redirect followed. */
export const openHttp = (deps: HttpDeps = {}): Http => {
  const allowed = deps.allowLinkLocal ?? false;
  const lookup = allowed ? (deps.lookup ?? systemLookup) : guarded(deps.lookup ?? systemLookup);
  let trusted: string[] | undefined;
  // Reading the system's certificates takes a while: only when a probe needs them.
  const ca = () => (trusted ??= [...getCACertificates('default'), ...(deps.ca ?? [])]);

  return {
    probe: async (probe, signal) => {
      signal.throwIfAborted();
      const began = monotonicMs();
      const url = URL.canParse(probe.url) ? new URL(probe.url) : undefined;
      if (url?.password) for (const secret of [url.password, unescape(url.password)]) deps.remember?.(url.host, secret);
      const outcome = url
        ? (forbidden(url, allowed) ?? (await ask(url, probe, lookup, deps.ca ? ca : undefined, signal)))
        : notUrl;
      return resultOf(probe, url, monotonicMs() - began, outcome);
    },
  };
};

const notUrl: Failure = { failure: 'forbidden', detail: 'not a URL' };

const forbidden = (url: URL, linkLocalAllowed: boolean): Failure | undefined => {
  if (url.protocol !== 'http:' && url.protocol !== 'https:')
    return { failure: 'forbidden', detail: 'only http and https URLs are asked' };
  // A literal address is connected to without a lookup.
  const host = url.hostname.replace(/^\[|\]$/g, '');
  if (!linkLocalAllowed && isIP(host) !== 0 && isLinkLocal(host))
    return { failure: 'forbidden', detail: notAsked(host) };
  return undefined;
};

const notAsked = (address: string) => `${address} is a link-local or metadata address; it is not asked`;

/** Resolves as `lookup` does, and fails when the address that would be connected to must not be asked. */
const guarded =
  (lookup: LookupFunction): LookupFunction =>
  (hostname, options, callback) =>
    lookup(hostname, options, (error, address, family) => {
      const addresses = typeof address === 'string' ? [address] : (address ?? []).map((each) => each.address);
      const bad = error ? undefined : addresses.find(isLinkLocal);
      if (bad === undefined) callback(error, address, family);
      else callback(new ForbiddenAddress(`${hostname} is ${notAsked(bad)}`), '', 0);
    });

const ask = (
  url: URL,
  probe: Probe,
  lookup: LookupFunction,
  ca: (() => string[]) | undefined,
  signal: AbortSignal,
): Promise<Answer | Failure> =>
  new Promise((resolve, reject) => {
    let connected = false;
    let secured = url.protocol === 'http:';
    const options = {
      agent: false,
      lookup,
      headers: { accept: 'application/json, */*;q=0.5', 'accept-encoding': 'identity', 'user-agent': 'rb' },
    } as const;
    let request: ClientRequest;
    try {
      request =
        url.protocol === 'https:'
          ? httpsRequest(url, { ...options, ...(ca && { ca: ca() }) })
          : httpRequest(url, options);
    } catch {
      // Its user or password has a percent sign that begins nothing: a URL, and not one that can be sent.
      resolve(notUrl);
      return;
    }

    const settle = (finish: () => void) => {
      clearTimeout(deadline);
      signal.removeEventListener('abort', aborted);
      finish();
      request.destroy();
    };
    const fail = (error: unknown) => settle(() => resolve(failureOf(error, connected && !secured)));
    const aborted = () => settle(() => reject(signal.reason));
    const deadline = setTimeout(
      () => settle(() => resolve({ failure: 'timeout', detail: `no answer within ${probe.timeoutMs / 1000} s` })),
      probe.timeoutMs,
    );
    signal.addEventListener('abort', aborted, { once: true });
    request.on('socket', (socket) => {
      socket.once('connect', () => (connected = true));
      if (socket instanceof TLSSocket) socket.once('secureConnect', () => (secured = true));
    });
    // Errors go on coming after it is settled (the destroyed socket): they change nothing any more.
    request.on('error', fail);
    request.on('close', () => fail(Object.assign(new Error('closed'), { code: 'ECONNRESET' })));
    boundInterim(request, ({ message }) =>
      settle(() => resolve({ failure: 'network', detail: `the server ${message}` })),
    );
    request.on('response', (response) => read(response, (answer) => settle(() => resolve(answer)), fail));
    request.end();
  });

const read = (response: IncomingMessage, done: (answer: Answer) => void, fail: (error: unknown) => void): void => {
  const chunks: Buffer[] = [];
  let length = 0;
  const finish = (cut: boolean) =>
    done({
      status: response.statusCode ?? 0,
      ...(response.headers.location === undefined ? {} : { location: response.headers.location }),
      body: readBody({
        bytes: Buffer.concat(chunks).subarray(0, bodyLimit),
        cut,
        contentType: response.headers['content-type'] ?? '',
        contentEncoding: response.headers['content-encoding'] ?? '',
      }),
    });
  response.on('data', (chunk: Buffer) => {
    chunks.push(chunk);
    length += chunk.length;
    if (length > bodyLimit) finish(true);
  });
  response.on('end', () => finish(false));
  response.on('error', fail);
};

const resultOf = (probe: Probe, url: URL | undefined, ms: number, outcome: Answer | Failure): ProbeResult => {
  const common = { url: withoutPassword(probe.url, url), ms };
  if ('failure' in outcome) return { ...common, healthy: false, ...outcome };
  const body = jsonOf(outcome);
  const fault = faultOf(outcome, probe);
  const says = saysOf(outcome);
  const reported = latencyOf(body, probe.latencyField);
  return {
    ...common,
    healthy: fault === undefined,
    ...(fault ?? { detail: `HTTP ${outcome.status}` }),
    httpStatus: outcome.status,
    ...(body === undefined ? {} : { body }),
    ...(says === undefined ? {} : { says }),
    ...(reported === undefined ? {} : { reportedLatencyMs: reported }),
  };
};

const withoutPassword = (given: string, url: URL | undefined): string => {
  if (url === undefined || (url.username === '' && url.password === '')) return given;
  const bare = new URL(url);
  bare.username = '';
  bare.password = '';
  return bare.href;
};
