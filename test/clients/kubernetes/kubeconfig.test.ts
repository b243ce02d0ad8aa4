import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { base64, clusterOf, connect, kubeconfig, testDirectory, write } from './kubeconfig-rig.ts';
import { type ScriptedServer, send, startServer, testAuthority } from './scripted-server.ts';

const directory = testDirectory();
let server: ScriptedServer;
beforeAll(async () => {
  server = await startServer((answer) => send(answer, {}));
});
afterAll(() => server.close());

const plain = { server: 'https://prod.example.com:6443' };
const fails = (content: unknown, place: Parameters<typeof connect>[1] = {}) =>
  connect([write(directory, content)], place).then(
    () => undefined,
    (error: unknown) => error,
  );

describe('which cluster is meant', () => {
  test('is what the named context says; the current context and its namespace play no part', async () => {
    const { identity } = await connect([write(directory, kubeconfig(clusterOf(server)))]);
    expect(identity).toEqual({
      context: 'prod',
      server: server.url,
      ca: expect.stringMatching(/^[0-9a-f]{16}$/),
      namespace: 'shop',
    });
  });

  test('an unknown context is an error that lists those there are', async () => {
    expect(await fails(kubeconfig(plain), { context: 'staging' })).toMatchObject({
      kind: 'usage',
      message: expect.stringMatching(/no context "staging" in .*; there are: prod$/),
    });
  });

  test.each([
    ['https://prod.example.com', 'https://PROD.example.com:443/'],
    ['https://prod.example.com:6443/k8s/clusters/c-1/', 'https://prod.example.com:6443/k8s/clusters/c-1'],
    ['https://[::1]:6443', 'https://[0:0:0:0:0:0:0:1]:6443'],
  ])('%s and %s are the same server', async (written, wanted) => {
    const { identity } = await connect([write(directory, kubeconfig({ server: written }))], { server: wanted });
    expect(identity.context).toBe('prod');
  });

  test.each(['https://prod.example.com:6444', 'https://prod.example.org:6443', 'https://prod.example.com:6443/other'])(
    'a context that leads elsewhere than to %s is refused, and both are named',
    async (wanted) => {
      expect(await fails(kubeconfig(plain), { server: wanted })).toMatchObject({
        kind: 'refused',
        message: `the context prod leads to https://prod.example.com:6443, but the configuration says ${wanted}; nothing was asked there`,
      });
    },
  );

  test('a wrong server is refused before anything: no connection is made, no credential plugin runs, no certificate is read', async () => {
    const ran = join(directory, 'plugin-ran');
    const exec = {
      apiVersion: 'client.authentication.k8s.io/v1',
      command: 'touch',
      args: [ran],
      interactiveMode: 'Never',
    };
    const content = kubeconfig({ server: server.url, 'certificate-authority': 'not-there.pem' }, { exec });
    expect(await fails(content, { server: 'https://10.0.0.1:6443' })).toMatchObject({ kind: 'refused' });
    expect(server.connections()).toBe(0);
    expect(() => readFileSync(ran)).toThrow('ENOENT');
  });

  test('the authority is part of the identity, however its certificate is wrapped into lines and wherever it lies', async () => {
    const { certificate } = await testAuthority();
    const wrapped = certificate.replaceAll('\n', '\r\n');
    const cas = await Promise.all(
      [
        { 'certificate-authority-data': base64(certificate) },
        { 'certificate-authority-data': base64(wrapped) },
        { 'certificate-authority': write(directory, certificate) },
      ].map(async (ca) => (await connect([write(directory, kubeconfig({ ...plain, ...ca }))])).identity.ca),
    );
    expect(new Set(cas).size).toBe(1);
    expect((await connect([write(directory, kubeconfig(plain))])).identity.ca).toBe('system');
  });
});

describe('nobody could tell who answers', () => {
  test.each([true, 'yes'])('insecure-skip-tls-verify: %s is refused', async (value) => {
    expect(await fails(kubeconfig({ ...plain, 'insecure-skip-tls-verify': value }))).toMatchObject({
      kind: 'refused',
      message: expect.stringContaining('insecure-skip-tls-verify'),
    });
  });

  test('http:// is refused, except on this machine (kubectl proxy)', async () => {
    expect(await fails(kubeconfig({ server: 'http://prod.example.com:8080' }))).toMatchObject({ kind: 'refused' });
    expect((await connect([write(directory, kubeconfig({ server: 'http://localhost:8001' }))])).identity.server).toBe(
      'http://localhost:8001',
    );
  });
});

describe('the files', () => {
  test('of KUBECONFIG are merged as kubectl does it: the first that names an entry has it, missing files are passed over', async () => {
    const first = write(directory, {
      contexts: [{ name: 'prod', context: { cluster: 'b', user: 'ann' } }],
      clusters: [{ name: 'b', cluster: { server: 'https://b.example.com' } }],
    });
    const second = write(directory, {
      ...kubeconfig(plain),
      clusters: [{ name: 'b', cluster: { server: 'https://late.example.com' } }],
    });
    const { identity, credentials } = await connect(['/not/there', first, second]);
    expect(identity.server).toBe('https://b.example.com');
    expect(credentials.owner).toBe(`user ann of ${second}`);
  });

  test('~/.kube/config counts where KUBECONFIG is not set', async () => {
    const failure = await connect([], {}, { env: { KUBECONFIG: '', HOME: '/not/there' } }).catch(
      (error: unknown) => error,
    );
    expect(failure).toMatchObject({
      kind: 'usage',
      message: 'there is no kubeconfig: /not/there/.kube/config does not exist',
    });
  });

  test('paths in a file begin at the file', async () => {
    const { certificate } = await testAuthority();
    write(directory, certificate, 'relative-ca.pem');
    const path = write(directory, kubeconfig({ ...plain, 'certificate-authority': 'relative-ca.pem' }));
    expect((await connect([path])).ca).toBe(certificate);
  });

  test.each<[string, unknown, string]>([
    ['YAML that is none, without quoting it', 'users: [{name: x, user: {token: s3cr3t-token\n"x"', 'is not valid YAML'],
    ['a list', '- a', 'it is not a mapping'],
    ['an entry without a name', { clusters: [{ cluster: plain }] }, 'entry 1 of clusters has no name'],
    ['two entries of a name', { users: [{ name: 'ann' }, { name: 'ann' }] }, 'there are two users named ann'],
    [
      'a cluster that is not there',
      { ...kubeconfig(plain), clusters: [] },
      'context prod names the cluster prod-cluster, which is not there',
    ],
    [
      'a user that is not there',
      { ...kubeconfig(plain), users: [] },
      'context prod names the user ann, which is not there',
    ],
    ['a server that is no URL', kubeconfig({ server: 'prod.example.com' }), 'is not an http(s) URL'],
    ['a number for a text', kubeconfig(plain, { token: 12345678 }), 'token of ann is not text'],
    [
      'an authority that is no certificate',
      kubeconfig({ ...plain, 'certificate-authority-data': base64('s3cr3t-token') }),
      'is not PEM',
    ],
    [
      'a certificate without its key',
      kubeconfig(plain, {
        'client-certificate-data': base64('-----BEGIN CERTIFICATE-----\ns3cr3t\n-----END CERTIFICATE-----'),
      }),
      'has a client certificate only',
    ],
    [
      'a plugin of an old kind',
      kubeconfig(plain, { exec: { apiVersion: 'client.authentication.k8s.io/v1alpha1', command: 'x' } }),
      'has the apiVersion',
    ],
    [
      'a plugin that insists on a terminal',
      kubeconfig(plain, {
        exec: { apiVersion: 'client.authentication.k8s.io/v1', command: 'x', interactiveMode: 'Always' },
      }),
      'wants to ask at the terminal',
    ],
    ['a login that kubectl gave up', kubeconfig(plain, { 'auth-provider': { name: 'gcp' } }), 'no longer supported'],
    [
      'a proxy of an unknown kind',
      kubeconfig({ ...plain, 'proxy-url': 'ftp://u:s3cr3t@proxy' }),
      'is not a URL that begins with',
    ],
  ])('%s is an error that says where', async (_, content, message) => {
    const failure = (await fails(content)) as Error & { next: readonly string[] };
    expect(failure).toMatchObject({ kind: 'usage', message: expect.stringContaining(message) });
    expect(failure.next.length).toBeGreaterThan(0);
    expect(failure.message.split('\n')).toHaveLength(1);
    expect(JSON.stringify([failure.message, failure.next])).not.toContain('s3cr3t');
  });

  test('a certificate file that is missing is named', async () => {
    expect(await fails(kubeconfig({ ...plain, 'certificate-authority': '/not/there.pem' }))).toMatchObject({
      kind: 'usage',
      message: expect.stringMatching(
        /cannot read the certificate authority of cluster prod-cluster .*\/not\/there\.pem.*: no such file/,
      ),
    });
  });
});

describe('in-cluster', () => {
  test('is the service account of the pod', async () => {
    const { certificate } = await testAuthority();
    write(directory, certificate, 'ca.crt');
    write(directory, 'pod-token\n', 'token');
    const connection = await connect(
      [],
      { context: 'in-cluster' },
      {
        serviceAccountDirectory: directory,
        env: { KUBERNETES_SERVICE_HOST: 'fd00::1', KUBERNETES_SERVICE_PORT: '443' },
      },
    );
    expect(connection.identity).toMatchObject({
      context: 'in-cluster',
      server: 'https://[fd00::1]',
      namespace: 'shop',
    });
    expect((await connection.credentials.current(new AbortController().signal)).headers).toEqual({
      authorization: 'Bearer pod-token',
    });
  });

  test('outside of a pod is an error that says so', async () => {
    expect(await connect([], { context: 'in-cluster' }).catch((error: unknown) => error)).toMatchObject({
      kind: 'usage',
      message: expect.stringContaining('KUBERNETES_SERVICE_HOST is not set'),
    });
  });
});
