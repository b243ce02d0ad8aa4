import { describe, expect, test } from 'vitest';
import { clock, forever } from './clock.ts';
import { pods } from './kubeconfig-rig.ts';
import { failure, get, patch, scriptedRig } from './scripted-rig.ts';
import { object, send, sendStatus } from './scripted-server.ts';

const { serve } = scriptedRig();

describe('an answer that says no (a scripted server)', () => {
  test.each<[number, string, string]>([
    [400, 'BadRequest', 'failed'],
    [404, 'NotFound', 'failed'],
    [409, 'Conflict', 'refused'],
    [422, 'Invalid', 'failed'],
  ])('%i is told with its status, its reason and its words', async (code, reason, kind) => {
    const { client } = await serve((answer) => sendStatus(answer, code, reason, 'it is so'));
    expect(await failure(patch(client))).toMatchObject({
      kind,
      status: code,
      reason,
      message: 'patch deployments.apps/checkout in namespace shop of context prod: it is so',
    });
  });

  test('a long one, which quotes a whole object, is cut in the middle', async () => {
    const { client } = await serve((answer) =>
      sendStatus(answer, 422, 'Invalid', `"" is invalid: ${'x'.repeat(50_000)} unknown field "spec.replicasss"`),
    );
    const { message } = await failure(patch(client));
    expect(message).toMatch(/is invalid: x.* … x.*unknown field "spec.replicasss"$/);
    expect(message.length).toBeLessThan(600);
  });

  test('429 of a disruption budget is a refusal, which is not asked again', async () => {
    const details = {
      causes: [{ reason: 'DisruptionBudget', message: 'The disruption budget checkout needs 2 healthy pods' }],
    };
    const { server, client } = await serve((answer) =>
      sendStatus(answer, 429, 'TooManyRequests', 'Cannot evict pod', { details, headers: { 'retry-after': '10' } }),
    );
    const evict = client.create(pods, {}, { name: 'a', subresource: 'eviction', signal: forever });
    expect(await failure(evict)).toMatchObject({ kind: 'refused', status: 429, details });
    expect(server.requests).toHaveLength(1);
  });

  test('a failed webhook says that nothing was stored; any other 5xx leaves a change open', async () => {
    const { client } = await serve((answer, _, number) =>
      sendStatus(
        answer,
        500,
        'InternalError',
        number === 0 ? 'Internal error occurred: failed calling webhook "a.b"' : 'etcdserver: request timed out',
      ),
    );
    expect(await failure(patch(client))).toMatchObject({ kind: 'failed', status: 500 });
    expect(await failure(patch(client))).toMatchObject({
      kind: 'unknown',
      message: expect.stringContaining('whether it was done is not known'),
    });
    expect(await failure(patch(client, true))).toMatchObject({ kind: 'unreachable' });
  });

  test('a login page, or a redirect to one, is not taken for an API server', async () => {
    const { client } = await serve((answer, _, number) =>
      number === 0
        ? answer.writeHead(200, { 'content-type': 'text/html' }).end('<html>')
        : answer.writeHead(302, { location: 'https://login.example.com/?next=x' }).end(),
    );
    expect(await failure(get(client))).toMatchObject({
      kind: 'unreachable',
      message: expect.stringContaining('text/html'),
    });
    expect(await failure(get(client))).toMatchObject({
      kind: 'unreachable',
      message: expect.stringContaining('a redirect to login.example.com'),
    });
  });

  test('something in the cluster that says no is a refusal in its own words, no missing right', async () => {
    const message = 'admission webhook "policy.example.com" denied the request: no restarts on Friday';
    const { client } = await serve((answer) => sendStatus(answer, 403, 'Forbidden', message));
    expect(await failure(patch(client))).toMatchObject({
      kind: 'refused',
      status: 403,
      message: `the cluster refused patch deployments.apps/checkout: ${message}`,
    });
  });
});

describe('a server that is busy, or breaks off (a scripted server)', () => {
  test('a read is asked again', async () => {
    const { server, client } = await serve((answer, _, number) => {
      if (number === 0) sendStatus(answer, 503, 'ServiceUnavailable', 'apiserver is shutting down');
      else if (number === 1) answer.destroy();
      else if (number === 2)
        answer.writeHead(429, { 'retry-after': '1' }).end('Too many requests, please try again later.');
      else send(answer, object('checkout', 1));
    });
    const began = performance.now();
    expect(await get(client)).toMatchObject({ metadata: { name: 'checkout' } });
    expect(server.requests).toHaveLength(4);
    expect(performance.now() - began).toBeGreaterThan(1000);
  });

  test('but not for ever', async () => {
    const { server, client } = await serve((answer) =>
      sendStatus(answer, 503, 'ServiceUnavailable', 'the server is starting'),
    );
    expect(await failure(get(client))).toMatchObject({
      kind: 'unreachable',
      status: 503,
      message: expect.stringContaining('the server is starting'),
    });
    expect(server.requests).toHaveLength(4);
  });

  test('a change is sent again only after 429: then it was surely not done', async () => {
    const { server, client } = await serve((answer, _, number) => {
      if (number === 0) answer.writeHead(429, { 'retry-after': '0' }).end('Too many requests');
      else send(answer, object('checkout', 2));
    });
    expect(await patch(client)).toMatchObject({ metadata: { resourceVersion: '2' } });
    expect(server.requests).toHaveLength(2);
  });

  test('a change whose connection broke before the answer is unknown, and not sent again', async () => {
    const { server, client } = await serve((answer) => answer.destroy());
    expect(await failure(patch(client))).toMatchObject({
      kind: 'unknown',
      message: `patch deployments.apps/checkout was sent to ${server.url}, but the connection broke before the answer; whether it was done is not known`,
    });
    expect(server.requests).toHaveLength(1);
  });

  test('an answer that breaks off in its middle is none', async () => {
    const { server, client } = await serve((answer, _, number) => {
      if (number > 0) return send(answer, object('checkout', 1));
      answer.writeHead(200, { 'content-type': 'application/json' }).write('{"metadata":{');
      return answer.socket?.end();
    });
    expect(await get(client)).toMatchObject({ metadata: { name: 'checkout' } });
    expect(server.requests).toHaveLength(2);
  });

  test('a connection that was not used for a while is not trusted with the next request', async () => {
    const { server, client } = await serve((answer) => send(answer, object('checkout', 1)));
    await get(client);
    await get(client);
    expect(server.connections()).toBe(1);
    await clock.sleep(10_500);
    await patch(client);
    expect(server.connections()).toBe(2);
  });
});
