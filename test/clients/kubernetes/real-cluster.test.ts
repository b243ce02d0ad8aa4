import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type { V1Deployment, V1Pod } from '@kubernetes/client-node';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { JsonObject } from '../../../src/engine/json.ts';
import { openKubernetes } from '../../../src/clients/kubernetes/client.ts';
import { openMirror } from '../../../src/clients/kubernetes/mirror.ts';
import type { Kubernetes } from '../../../src/clients/kubernetes/port.ts';
import type { Access, KubeconfigOptions } from '../../rigs/kubernetes/access.ts';
import { type Control, controlOf } from '../../rigs/kubernetes/control.ts';
import { sharedCluster } from '../../rigs/kubernetes/shared.ts';
import { until } from '../../rigs/kubernetes/wait.ts';
import { deployment, podDisruptionBudget } from '../../rigs/kubernetes/workloads.ts';
import { clock, forever } from './clock.ts';
import { connect, deployments, pods, testDirectory } from './kubeconfig-rig.ts';
import { failure } from './scripted-rig.ts';
import { haveTimeForPrograms } from '../../patience.ts';

haveTimeForPrograms();

const directory = testDirectory();
const configMaps = { api: 'v1', plural: 'configmaps' };

let cluster: Access;
let control: Control;
let admin: Kubernetes;

const clientAs = async (credential?: KubeconfigOptions['credential']): Promise<Kubernetes> => {
  const path = cluster.kubeconfig({ context: 'prod', ...(credential ? { credential } : {}), current: 'none' });
  return openKubernetes(await connect([path], { namespace: control.namespace, server: cluster.url }), { clock });
};

beforeAll(async () => {
  cluster = await sharedCluster();
  control = controlOf(cluster.api, await cluster.namespace());
  admin = await clientAs();
  await control.createSettled(deployment('checkout', { replicas: 2 }));
});

afterAll(async () => {
  await cluster.removeNamespace(control.namespace);
  cluster.close();
});

const reader = [{ apiGroups: ['apps'], resources: ['deployments'], verbs: ['get'] }];
const name = (client: Kubernetes) =>
  client.get<V1Deployment>(deployments, 'checkout', { signal: forever }).then(({ metadata }) => metadata?.name);

describe('who asks', () => {
  test('may come with a client certificate, a token, a token file or a credential plugin', async () => {
    const { token } = await cluster.userFor(control.namespace, 'reader', reader);
    const tokenFile = join(directory, 'token');
    writeFileSync(tokenFile, `${token}\n`);
    const { plugin } = cluster.execPlugin(token);
    const credentials = [
      { token },
      { tokenFile },
      { exec: plugin },
      await cluster.certificateFor('root', ['system:masters']),
    ];
    const clients = await Promise.all(credentials.map((credential) => clientAs(credential)));
    expect(await Promise.all(clients.map(name))).toEqual(credentials.map(() => 'checkout'));
  });

  test('with a token that has expired is not let in; the error does not show it', async () => {
    const user = await cluster.userFor(control.namespace, 'late', reader);
    const token = cluster.expired(user);
    const error = await failure(name(await clientAs({ token })));
    expect(error).toMatchObject({
      kind: 'unreachable',
      status: 401,
      message: expect.stringContaining('context prod (401); have they expired?'),
    });
    expect(JSON.stringify([error.message, error.next, error.details])).not.toContain(token.slice(-20));
  });

  test('with a plugin whose credential has expired gets a new one, unseen', async () => {
    const user = await cluster.userFor(control.namespace, 'renewed', reader);
    const { plugin, calls } = cluster.execPlugin(user.token);
    const stale = cluster.execPlugin(cluster.expired(user)).plugin;
    const first = `if [ "$(wc -l < ${calls})" = 0 ]; then echo called >> ${calls}; exec sh ${stale.args?.[0]}; else exec sh ${plugin.args?.[0]}; fi`;
    expect(await name(await clientAs({ exec: { command: 'sh', args: ['-c', first] } }))).toBe('checkout');
    expect(readFileSync(calls, 'utf8')).toBe('called\ncalled\n');
  });

  test('may get a client certificate from a plugin', async () => {
    const credential = await cluster.certificateFor('plugged', ['system:masters']);
    if (!(typeof credential === 'object' && 'keyFile' in credential)) throw new Error('no certificate');
    const answer = join(directory, 'certificate.json');
    const status = {
      clientCertificateData: readFileSync(credential.certificateFile, 'utf8'),
      clientKeyData: readFileSync(credential.keyFile, 'utf8'),
    };
    const apiVersion = 'client.authentication.k8s.io/v1';
    writeFileSync(answer, JSON.stringify({ apiVersion, kind: 'ExecCredential', status }));
    expect(await name(await clientAs({ exec: { command: 'cat', args: [answer] } }))).toBe('checkout');
  });

  test('without the right is told which, on what and as whom', async () => {
    const user = await cluster.userFor(control.namespace, 'weak', reader);
    const client = await clientAs({ token: user.token });
    const patch = client.patch(
      deployments,
      'checkout',
      { spec: { replicas: 1 } },
      { type: 'merge', subresource: 'scale', signal: forever },
    );
    const error = await failure(patch);
    expect(error).toMatchObject({
      kind: 'unreachable',
      status: 403,
      message: `user ${user.name} may not patch deployments.apps/scale in namespace ${control.namespace} of context prod`,
    });
    expect(error.next[0]).toBe(
      `kubectl --context prod -n ${control.namespace} auth can-i patch deployments.apps --subresource=scale`,
    );
    expect((await failure(client.list(pods, { signal: forever }))).message).toBe(
      `user ${user.name} may not list pods in namespace ${control.namespace} of context prod`,
    );
  });

  test('with nothing is nobody', async () => {
    expect((await failure(name(await clientAs('none')))).message).toContain(
      'user system:anonymous may not get deployments.apps',
    );
  });
});

const change = (body: JsonObject | readonly JsonObject[], type: 'merge' | 'strategic' | 'json') =>
  admin.patch<V1Deployment>(deployments, 'checkout', body, { type, signal: forever });

const log = (of: string, more: object = {}) =>
  admin.log(of, { container: 'app', tailLines: 2, signal: forever, ...more });

describe('reading and changing', () => {
  test('an object, a part of it, and one that is not there', async () => {
    expect(await admin.get(deployments, 'checkout', { subresource: 'scale', signal: forever })).toMatchObject({
      kind: 'Scale',
      spec: { replicas: 2 },
    });
    expect(await admin.find(deployments, 'nothing', { signal: forever })).toBeUndefined();
    expect(await admin.find({ api: 'no.such.group/v1', plural: 'things' }, 'a', { signal: forever })).toBeUndefined();
    expect(await admin.list({ api: 'no.such.group/v1', plural: 'things' }, { signal: forever })).toEqual({
      items: [],
      resourceVersion: '',
    });
    expect(await failure(admin.get(deployments, 'nothing', { signal: forever }))).toMatchObject({
      status: 404,
      reason: 'NotFound',
    });
  });

  test('each type of patch; the fields are those of rb', async () => {
    await change({ metadata: { annotations: { a: '1' } } }, 'merge');
    await change(
      { spec: { template: { spec: { containers: [{ name: 'app', env: [{ name: 'A', value: '1' }] }] } } } },
      'strategic',
    );
    const { metadata, spec } = await change([{ op: 'replace', path: '/metadata/annotations/a', value: '2' }], 'json');
    expect(metadata?.annotations).toMatchObject({ a: '2' });
    expect(spec?.template.spec?.containers[0]).toMatchObject({
      image: 'registry.test/checkout:1.0.0',
      env: [{ name: 'A', value: '1' }],
    });
    expect(metadata?.managedFields?.map(({ manager }) => manager)).toContain('rb');
  });

  test('a dry run is checked by the server and changes nothing; what it does not know it refuses', async () => {
    const scale = (replicas: number, dryRun: boolean) =>
      admin.patch<V1Deployment>(
        deployments,
        'checkout',
        { spec: { replicas } },
        { type: 'merge', dryRun, signal: forever },
      );
    expect((await scale(7, true)).spec?.replicas).toBe(7);
    expect((await admin.get<V1Deployment>(deployments, 'checkout', { signal: forever })).spec?.replicas).toBe(2);
    expect(await failure(scale(-1, true))).toMatchObject({ status: 422, reason: 'Invalid' });
    const misspelt = admin.patch(
      deployments,
      'checkout',
      { spec: { replicass: 1 } },
      { type: 'merge', signal: forever },
    );
    expect((await failure(misspelt)).message).toContain('unknown field "spec.replicass"');
  });

  test('an object that somebody else changed meanwhile is a conflict', async () => {
    const { metadata } = await admin.get<V1Deployment>(deployments, 'checkout', { signal: forever });
    const resourceVersion = metadata?.resourceVersion ?? '';
    await control.patch('Deployment', 'checkout', { metadata: { labels: { by: 'somebody-else' } } });
    const patch = admin.patch(
      deployments,
      'checkout',
      { metadata: { resourceVersion, labels: { by: 'us' } } },
      { type: 'merge', signal: forever },
    );
    expect(await failure(patch)).toMatchObject({ kind: 'refused', status: 409, reason: 'Conflict' });
  });

  test('something new, and its end', async () => {
    const body = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'note' }, data: { a: 'ä' } };
    await admin.create(configMaps, body, { dryRun: true, signal: forever });
    expect(await admin.create(configMaps, body, { signal: forever })).toMatchObject({ data: { a: 'ä' } });
    expect(await failure(admin.create(configMaps, body, { signal: forever }))).toMatchObject({
      status: 409,
      reason: 'AlreadyExists',
    });
    await admin.remove(configMaps, 'note', { dryRun: true, signal: forever });
    await admin.remove(configMaps, 'note', { propagation: 'Background', signal: forever });
    expect(await admin.find(configMaps, 'note', { signal: forever })).toBeUndefined();
  });

  test('an eviction that a disruption budget forbids is a refusal that names it', async () => {
    await control.createSettled(deployment('guarded', { replicas: 1 }));
    await control.create(podDisruptionBudget('guarded', { minAvailable: 1 }));
    const budgets = { api: 'policy/v1', plural: 'poddisruptionbudgets' };
    await until(
      'the budget has counted',
      () => admin.get<{ status: { expectedPods?: number } }>(budgets, 'guarded', { signal: forever }),
      ({ status }) => status.expectedPods === 1,
    );
    const pod = (await control.pods('guarded'))[0]?.metadata.name ?? '';
    const body = { apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name: pod } };
    const error = await failure(admin.create(pods, body, { name: pod, subresource: 'eviction', signal: forever }));
    expect(error).toMatchObject({ kind: 'refused', status: 429 });
    expect(JSON.stringify(error.details)).toContain('guarded');
  });

  test('the end of a log, and of the log before; none where there is none', async () => {
    cluster.setLogs(control.namespace, { current: ['one', 'two', 'thrée'], previous: ['fatal: no such database'] });
    const pod = (await control.pods('checkout'))[0]?.metadata.name ?? '';
    expect(await log(pod)).toBe('two\nthrée\n');
    expect(await log(pod, { previous: true })).toBe('fatal: no such database\n');
    expect(await log('no-such-pod')).toBe('');
    expect(await log(pod, { container: 'no-such-container' })).toBe('');
  });
});

describe('watching', () => {
  test('goes on from a version', async () => {
    const stop = new AbortController();
    const seen: string[] = [];
    const { resourceVersion } = await admin.list(configMaps, { signal: forever });
    await admin.create(
      configMaps,
      { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'watched', labels: { watched: 'yes' } } },
      { signal: forever },
    );
    for await (const { type, object } of admin.watch<V1Pod>(configMaps, {
      resourceVersion,
      labelSelector: 'watched=yes',
      signal: stop.signal,
    })) {
      seen.push(type === 'BOOKMARK' ? type : `${type} ${object.metadata?.name}`);
      if (type === 'ADDED') await admin.remove(configMaps, 'watched', { signal: forever });
      if (type === 'DELETED') break;
    }
    expect(seen.filter((line) => line !== 'BOOKMARK')).toEqual(['ADDED watched', 'DELETED watched']);
  });

  test('500 objects are listed once; what is kept of them is all that stays in memory', async () => {
    const count = 500;
    const text = 'x'.repeat(20_000);
    const create = (index: number) =>
      cluster.api.post(`/api/v1/namespaces/${control.namespace}/configmaps`, {
        apiVersion: 'v1',
        kind: 'ConfigMap',
        metadata: { name: `many-${index}`, labels: { many: 'yes' } },
        data: { text },
      });
    for (let from = 0; from < count; from += 20)
      // oxlint-disable-next-line no-await-in-loop -- not all at once
      await Promise.all(Array.from({ length: 20 }, (_, index) => create(from + index)));

    let lists = 0;
    const counted: Kubernetes = {
      ...admin,
      list: async <Item>(...call: Parameters<Kubernetes['list']>) => {
        lists += 1;
        return admin.list<Item>(...call);
      },
    };
    const listed: WeakRef<V1Pod>[] = [];
    const before = heapUsed();
    const mirror = await openMirror<V1Pod, string>(counted, configMaps, {
      labelSelector: 'many=yes',
      signal: forever,
      clock,
      keep: (object) => {
        listed.push(new WeakRef(object));
        return `${object.metadata?.name} ${object.metadata?.labels?.['touched'] ?? ''}`;
      },
    });
    expect(mirror.items.size).toBe(count);
    const touched = { metadata: { labels: { touched: 'yes' } } };
    for (let index = 0; index < 50; index++)
      // oxlint-disable-next-line no-await-in-loop
      await admin.patch(configMaps, `many-${index}`, touched, { type: 'merge', signal: forever });
    while ([...mirror.items.values()].filter((kept) => kept.endsWith('yes')).length < 50)
      // oxlint-disable-next-line no-await-in-loop
      await mirror.changed();
    expect(lists).toBe(1);
    // What came was about 11 MB; what else the process keeps meanwhile is not the mirror's.
    expect(heapUsed() - before).toBeLessThan(6e6);
    // One may be in the hands of what is on its way.
    expect(listed.filter((object) => object.deref() !== undefined).length).toBeLessThan(5);
    mirror.close();
  });
});

const heapUsed = (): number => {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  collect();
  return process.memoryUsage().heapUsed;
};
