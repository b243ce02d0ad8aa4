import { join } from 'node:path';
import { expect, test } from 'vitest';
import { newDirectory, writeFiles } from '../rig.ts';
import { leaks, spellings } from '../spellings.ts';
import { useKubernetes } from './stage.ts';

/*
 * Tokens and passwords that rb finds by itself, as kubectl does. The cluster gives them away: an event quotes them, in every spelling.
 */

const stage = useKubernetes();

const secrets = {
  'a variable of the plugin': 'plugin/env+Pw 1',
  'an argument of the plugin': 'plugin-arg=Pw_2',
  'a variable that the plugin inherits': 'inherited:Pw"3"',
};

const quoting = (name: string, of: Readonly<Record<string, string>>) => ({
  apiVersion: 'v1',
  kind: 'Event',
  metadata: { name: `${name}-leak`, namespace: stage.control.namespace },
  involvedObject: { apiVersion: 'apps/v1', kind: 'Deployment', name, namespace: stage.control.namespace },
  type: 'Warning',
  reason: 'Leak',
  message: Object.values(of)
    .map((secret) => `LEAK ${spellings(secret).join(' ')}`)
    .join(' '),
  count: 1,
  firstTimestamp: new Date().toISOString(),
  lastTimestamp: new Date().toISOString(),
});

const commands = [
  'restart status -v',
  'restart status -o json',
  'restart status -o ndjson',
  'restart --rolling --dry-run -v',
  'restart --rolling --yes -v',
  'audit show -v',
  'audit show -o json',
  'audit report',
];

test('what a credential plugin is given, and the token that it hands out, show nowhere', async () => {
  const name = await stage.deploy('leaking', { replicas: 1 });
  const { token } = await stage.cluster.userFor(stage.control.namespace, 'leaking', [
    { apiGroups: ['apps'], resources: ['deployments', 'replicasets'], verbs: ['get', 'list', 'watch', 'patch'] },
    { apiGroups: [''], resources: ['pods', 'events'], verbs: ['get', 'list', 'watch'] },
  ]);
  const all = { ...secrets, 'the token': token };
  await stage.cluster.kubectl(['create', '-f', '-'], { input: JSON.stringify(quoting(name, all)) });
  const directory = newDirectory();
  const credential = { apiVersion: 'client.authentication.k8s.io/v1', kind: 'ExecCredential', status: { token } };
  writeFiles(directory, { login: `#!/bin/sh\necho '${JSON.stringify(credential)}'\n` });
  const exec = {
    command: join(directory, 'login'),
    args: ['--password', secrets['an argument of the plugin']],
    env: [{ name: 'AZURE_CLIENT_SECRET', value: secrets['a variable of the plugin'] }],
  };
  const operator = stage.operator(name, { kubeconfig: { credential: { exec } } });
  const env = { VAULT_TOKEN: secrets['a variable that the plugin inherits'] };
  for (const line of commands) {
    const { all: shown } = await operator.run(line, { env });
    if (line.startsWith('restart status')) expect(shown).toContain('LEAK ‹secret:');
    expect([line, leaks(shown, all)]).toEqual([line, []]);
  }
  expect(leaks(operator.written(), all)).toEqual([]);
});

test('a plugin that fails with all of them on its lips', async () => {
  const name = await stage.deploy('talking', { replicas: 1 });
  const directory = newDirectory();
  writeFiles(directory, {
    login: '#!/bin/sh\necho "$AZURE_CLIENT_SECRET $VAULT_TOKEN $2" >&2\nexit 1\n',
  });
  const exec = {
    command: join(directory, 'login'),
    args: ['--password', secrets['an argument of the plugin']],
    env: [{ name: 'AZURE_CLIENT_SECRET', value: secrets['a variable of the plugin'] }],
  };
  const operator = stage.operator(name, { kubeconfig: { credential: { exec } } });
  const env = { VAULT_TOKEN: secrets['a variable that the plugin inherits'] };
  for (const line of ['restart status -v', 'restart --rolling --yes -v', 'restart status -o json']) {
    const { all, code } = await operator.run(line, { env });
    expect([code, all]).toEqual([5, expect.stringContaining('ended with exit code 1: ‹secret:AZURE_CLIENT_SECRET›')]);
    expect([line, leaks(all, secrets)]).toEqual([line, []]);
  }
});
