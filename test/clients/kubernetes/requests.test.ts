import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { forever } from './clock.ts';
import { clientOf, deployments, pods } from './kubeconfig-rig.ts';
import { get, patch, scriptedRig } from './scripted-rig.ts';
import { object, type Script, send, sendStatus } from './scripted-server.ts';

const { serve, directory } = scriptedRig();

describe('what is asked (a scripted server)', () => {
  test('one path for each resource; a change says who makes it and wants unknown fields refused', async () => {
    const { server, client } = await serve((answer) => send(answer, object('checkout', 1)));
    await get(client);
    await patch(client, true);
    await client.create({ api: 'v1', plural: 'pods' }, {}, { name: 'a', subresource: 'eviction', signal: forever });
    await client.remove(pods, 'a/b', { propagation: 'Foreground', signal: forever });
    await client.get(deployments, 'checkout', { subresource: 'scale', signal: forever });
    expect(server.requests.map(({ method, url }) => `${method} ${url.pathname}${url.search}`)).toEqual([
      'GET /apis/apps/v1/namespaces/shop/deployments/checkout',
      'PATCH /apis/apps/v1/namespaces/shop/deployments/checkout?fieldManager=rb&fieldValidation=Strict&dryRun=All',
      'POST /api/v1/namespaces/shop/pods/a/eviction?fieldManager=rb&fieldValidation=Strict',
      'DELETE /api/v1/namespaces/shop/pods/a%2Fb?propagationPolicy=Foreground',
      'GET /apis/apps/v1/namespaces/shop/deployments/checkout/scale',
    ]);
    expect(server.requests[1]).toMatchObject({
      body: '{"spec":{"replicas":3}}',
      headers: { authorization: 'Bearer a-token', 'content-type': 'application/merge-patch+json', 'user-agent': 'rb' },
    });
    expect(server.connections()).toBe(1);
  });

  test('a server behind a gateway has a path of its own', async () => {
    const { server } = await serve((answer) => send(answer, {}));
    const cluster = { server: `${server.url}/k8s/clusters/c-1/` };
    await get(await clientOf(directory, server, { cluster }));
    expect(server.requests[0]?.url.pathname).toBe(
      '/k8s/clusters/c-1/apis/apps/v1/namespaces/shop/deployments/checkout',
    );
  });

  test('who acts as somebody else says so', async () => {
    const user = {
      token: 't',
      as: 'eve',
      'as-uid': '7',
      'as-groups': ['ops', 'dev'],
      'as-user-extra': { 'acme.com/why': ['drill'] },
    };
    const { server, client } = await serve((answer) => send(answer, {}), { user });
    await get(client);
    expect(server.requests[0]?.headers).toMatchObject({
      'impersonate-user': 'eve',
      'impersonate-uid': '7',
      'impersonate-group': 'ops, dev',
      'impersonate-extra-acme.com%2fwhy': 'drill',
    });
  });
});

/** Compresses what may be. */
const compressing: Script = (answer, { headers }) => {
  const body = JSON.stringify({ metadata: { resourceVersion: '1' }, items: [object('ä', 1)] });
  if (headers['accept-encoding'] === 'gzip')
    answer.writeHead(200, { 'content-type': 'application/json', 'content-encoding': 'gzip' }).end(gzipSync(body));
  else answer.writeHead(200, { 'content-type': 'application/json' }).end(body);
};

describe('a list (a scripted server)', () => {
  test('is read page after page', async () => {
    const { server, client } = await serve((answer, { url }) => {
      const from = Number(url.searchParams.get('continue') ?? 0);
      const metadata = { resourceVersion: '7', ...(from < 2 ? { continue: String(from + 1) } : {}) };
      send(answer, { metadata, items: [object(`pod-${from}`, 1)] });
    });
    const { items, resourceVersion } = await client.list(pods, {
      labelSelector: 'app=checkout,tier!=x',
      signal: forever,
    });
    expect(items).toHaveLength(3);
    expect(resourceVersion).toBe('7');
    expect(server.requests.map(({ url }) => url.searchParams.get('labelSelector'))).toEqual(
      Array(3).fill('app=checkout,tier!=x'),
    );
  });

  test('whose pages the server has forgotten is read at once', async () => {
    const { server, client } = await serve((answer, { url }) => {
      if (url.searchParams.has('continue'))
        sendStatus(answer, 410, 'Expired', 'The provided continue parameter is too old');
      else
        send(answer, {
          metadata: { resourceVersion: '8', ...(url.searchParams.has('limit') ? { continue: 'x' } : {}) },
          items: [object('a', 1)],
        });
    });
    expect(await client.list(pods, { signal: forever })).toMatchObject({
      resourceVersion: '8',
      items: [{ metadata: { name: 'a' } }],
    });
    expect(server.requests.map(({ url }) => url.searchParams.get('limit'))).toEqual(['250', '250', null]);
  });

  test('of a resource that the cluster does not know is empty', async () => {
    const { client } = await serve((answer) => answer.writeHead(404).end('404 page not found\n'));
    expect(await client.list({ api: 'keda.sh/v1alpha1', plural: 'scaledobjects' }, { signal: forever })).toEqual({
      items: [],
      resourceVersion: '',
    });
    expect(
      await client.find({ api: 'keda.sh/v1alpha1', plural: 'scaledobjects' }, 'a', { signal: forever }),
    ).toBeUndefined();
  });

  test('may come compressed, unless the kubeconfig says no', async () => {
    const { server, client } = await serve(compressing);
    expect(await client.list(pods, { signal: forever })).toMatchObject({ items: [{ metadata: { name: 'ä' } }] });
    const plain = await clientOf(directory, server, { cluster: { 'disable-compression': true } });
    expect(await plain.list(pods, { signal: forever })).toMatchObject({ items: [{ metadata: { name: 'ä' } }] });
    expect(server.requests.map(({ headers }) => headers['accept-encoding'])).toEqual(['gzip', undefined]);
  });
});
