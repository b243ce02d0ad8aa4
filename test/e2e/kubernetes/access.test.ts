import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { newDirectory, writeFiles } from '../rig.ts';
import { useKubernetes } from './stage.ts';

const stage = useKubernetes();

const closedPort = async (): Promise<number> => {
  const server = createServer();
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => {
    server.close(resolve);
  });
  return port;
};

/** What may be looked at, and nothing changed. */
const reader = [
  { apiGroups: ['apps'], resources: ['deployments', 'replicasets'], verbs: ['get', 'list', 'watch'] },
  { apiGroups: [''], resources: ['pods', 'events'], verbs: ['get', 'list', 'watch'] },
];

test('a right that is missing: exit code 5, the verb and the resource are named, nothing is done', async () => {
  const name = await stage.deploy('guarded');
  const before = await stage.podNames(name);
  const user = await stage.cluster.userFor(stage.control.namespace, 'reader', reader);
  const operator = stage.operator(name, { kubeconfig: { credential: { token: user.token } } });
  const { code, stderr } = await operator.run('restart --rolling --yes');
  expect(code).toBe(5);
  expect(stderr).toMatch(/patch.*deployments/s);
  expect(stderr).toContain(stage.control.namespace);
  expect(await stage.podNames(name)).toEqual(before);
  expect((await operator.run('restart status')).stdout).toContain('3 of 3 instances healthy');
});

test('a server that cannot be reached: exit code 5, with its address', async () => {
  const url = `https://127.0.0.1:${String(await closedPort())}`;
  const { code, stderr } = await stage.operator('nowhere', { kubeconfig: { url } }).run('restart --rolling --yes');
  expect([code, stderr]).toEqual([5, expect.stringContaining(url)]);
});

test('a token that has expired: exit code 5, and whose it is', async () => {
  const name = await stage.deploy('expired', { replicas: 1 });
  const user = await stage.cluster.userFor(stage.control.namespace, 'late', reader);
  const credential = { token: stage.cluster.expired(user) };
  const { code, stderr } = await stage.operator(name, { kubeconfig: { credential } }).run('restart status');
  expect([code, stderr]).toEqual([5, expect.stringContaining('does not accept the credentials of context rig (401)')]);
  expect(stderr).not.toContain(credential.token);
});

test('the login of a credential plugin lets it in; its token is nowhere written', async () => {
  const name = await stage.deploy('plugged', { replicas: 1 });
  const { token } = await stage.cluster.userFor(stage.control.namespace, 'plugged', [
    ...reader,
    { apiGroups: ['apps'], resources: ['deployments'], verbs: ['patch'] },
  ]);
  const directory = newDirectory();
  const credential = { apiVersion: 'client.authentication.k8s.io/v1', kind: 'ExecCredential', status: { token } };
  writeFiles(directory, { login: `#!/bin/sh\necho '${JSON.stringify(credential)}'\n` });
  const exec = { command: join(directory, 'login') };
  const operator = stage.operator(name, { kubeconfig: { credential: { exec } } });
  const { code, stderr, stdout } = await operator.run('restart --rolling --yes');
  expect([code, stderr]).toEqual([0, expect.stringContaining('1 of 1 instances healthy')]);
  expect(operator.written() + stderr + stdout).not.toContain(token);
});

test('a context that leads to another server than the configured one: exit code 3, nothing is asked there', async () => {
  const { code, stderr } = await stage
    .operator('elsewhere', { workload: { server: 'https://k8s.example.com' } })
    .run('restart --rolling --yes');
  expect([code, stderr]).toEqual([3, expect.stringContaining('leads to')]);
  expect(stderr).toContain('https://k8s.example.com');
});

test('the present context of the kubeconfig is never used: one that is not there is a usage error that names those there are', async () => {
  const { code, stderr } = await stage.operator('any', { kubeconfig: { context: 'other' } }).run('restart status');
  expect([code, stderr]).toEqual([2, expect.stringContaining('there is no context "rig"')]);
  expect(stderr).toContain('there are: other');
});

test('a Deployment that is not there: exit code 2, and where it was looked for', async () => {
  const { code, stderr } = await stage.operator('nobody').run('restart --rolling --yes');
  expect([code, stderr]).toEqual([2, expect.stringContaining('there is no deployment/nobody')]);
  expect(stderr).toContain(stage.control.namespace);
});
