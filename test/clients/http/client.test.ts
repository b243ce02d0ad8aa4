import { afterEach, describe, expect, test } from 'vitest';
import type { Failures, HttpRequest } from '../../../src/clients/http/client.ts';
import { openHttpClient } from '../../../src/clients/http/client.ts';
import { textOf } from '../../../src/clients/http/body.ts';
import { outcomeOf } from '../../../src/clients/http/broken.ts';
import type { Credential } from '../../../src/clients/http/endpoint.ts';
import { proxyFor } from '../../../src/clients/http/proxy.ts';
import { clock, forever } from '../kubernetes/clock.ts';
import { send, startServer } from '../kubernetes/scripted-server.ts';
import type { Script, ScriptedServer } from '../kubernetes/scripted-server.ts';

// What every client over HTTP gets; here one that knows nothing but the status of an answer.

let server: ScriptedServer | undefined;
afterEach(() => server?.close());

const waits: number[] = [];
const quick = {
  ...clock,
  sleep: async (ms: number) => {
    waits.push(ms);
  },
};

const clientOf = async (script: Script, tokens: readonly string[] = ['a']) => {
  server = await startServer(script);
  waits.length = 0;
  let at = 0;
  const credentials = {
    owner: 'ann',
    renewal: [],
    current: async (): Promise<Credential> => ({ headers: { authorization: `Bearer ${tokens[at] ?? ''}` } }),
    refuse: () => void (at = Math.min(at + 1, tokens.length - 1)),
  };
  const endpoint = { server: new URL(`${server.url}/gateway`), ca: server.ca, credentials };
  return { server, ask: openHttpClient(endpoint, { clock: quick, connectMs: 2000 }) };
};

const request = (more: Partial<HttpRequest> = {}): HttpRequest => ({
  method: 'GET',
  path: '/ready?x=1',
  headers: {},
  changes: false,
  silenceMs: 2000,
  wholeMs: 2000,
  signal: forever,
  ...more,
});

const failures = (asked: HttpRequest): Failures => ({
  answered: ({ status, body }) => ({ error: new Error(`answered ${status} ${body}`) }),
  redirected: (to) => new Error(`redirected to ${to ?? ''}`),
  broken: (broken) => new Error(outcomeOf(broken, asked)),
  unusable: (answer) => new Error(answer.message),
});

type Client = Awaited<ReturnType<typeof clientOf>>;
const said = ({ ask }: Client, asked = request()) =>
  ask(asked, textOf, failures(asked)).catch((error: Error) => error.message);

const accepts =
  (token: string): Script =>
  (answer, { headers }) =>
    headers.authorization === `Bearer ${token}` ? send(answer, {}) : answer.writeHead(401).end();

describe('one server over HTTP', () => {
  test('is asked below the path of its endpoint', async () => {
    const client = await clientOf((answer) => send(answer, { ok: true }));
    expect(await said(client)).toContain('ok');
    expect(client.server.requests[0]?.url.pathname).toBe('/gateway/ready');
  });

  test('that is too busy is asked again, after the time that it names', async () => {
    const client = await clientOf((answer, _, number) =>
      number === 0 ? answer.writeHead(429, { 'retry-after': '3' }).end() : send(answer, {}),
    );
    expect(await said(client, request({ method: 'POST', changes: true }))).toBe('{}');
    expect(waits).toEqual([expect.closeTo(3250, -3)]);
  });

  test.each([
    [false, 4],
    [true, 1],
  ])('that answers 503 to a request that changes something (%s) is asked %i times', async (changes, times) => {
    const client = await clientOf((answer) => answer.writeHead(503).end('down'));
    expect(await said(client, request({ changes }))).toBe('answered 503 down');
    expect(client.server.requests).toHaveLength(times);
  });

  test('that does not accept a credential gets the next one, once', async () => {
    expect(await said(await clientOf(accepts('b'), ['a', 'b']))).toBe('{}');
    server?.close();
    const refused = await clientOf(accepts('c'), ['a', 'b', 'c']);
    expect(await said(refused)).toBe('answered 401 ');
    expect(refused.server.requests).toHaveLength(2);
  });

  test('is not followed elsewhere', async () => {
    const client = await clientOf((answer) => answer.writeHead(302, { location: 'https://login.example.com' }).end());
    expect(await said(client)).toBe('redirected to https://login.example.com');
  });

  test.each([
    [false, 'unreachable', 4],
    [true, 'unknown', 1],
  ])('that breaks the connection: a change (%s) is %s, sent %i times', async (changes, outcome, times) => {
    const client = await clientOf((answer) => answer.socket?.destroy());
    expect(await said(client, request({ changes }))).toBe(outcome);
    expect(client.server.requests).toHaveLength(times);
  });

  test('that does not listen has not done a change', async () => {
    const client = await clientOf(() => undefined);
    client.server.close();
    expect(await said(client, request({ changes: true }))).toBe('unreachable');
  });

  test('that sends more than is read is not believed', async () => {
    const client = await clientOf((answer) => answer.writeHead(200).end('x'.repeat(9 * 1024 * 1024)));
    expect(await said(client)).toBe('answers with more than 8 MiB');
  });
});

test('a server without TLS goes through the proxy for such servers', () => {
  const env = { HTTP_PROXY: 'http://plain:3128', HTTPS_PROXY: 'http://secure:3128' };
  expect(proxyFor(new URL('http://loki.example.com'), undefined, env)?.host).toBe('plain:3128');
  expect(proxyFor(new URL('https://loki.example.com'), undefined, env)?.host).toBe('secure:3128');
});
