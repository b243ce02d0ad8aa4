import { generateKeyPairSync } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseAllDocuments } from 'yaml';
import { freePort } from '../../../sandbox/ports.ts';
import { type Api, ApiError, openApi } from './api.ts';
import { createAuthority } from './certificates.ts';
import { type ComponentProcess, componentProcess } from './component-process.ts';
import type { Ports } from './components.ts';
import { kubeconfigText } from './kubeconfig.ts';
import type { SupervisorSettings } from './messages.ts';
import { type ClusterState, type Component, components, filesOf } from './state.ts';
import { until } from './wait.ts';

/** Starts the control plane and its nodes; resolves when the nodes are ready and take pods. What it starts is in `started`, also where it fails. */
export const bringUp = async (
  { directory, nodes }: SupervisorSettings,
  started: Map<Component, ComponentProcess>,
): Promise<ClusterState> => {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const ports: Ports = {
    etcd: await freePort(),
    etcdPeer: await freePort(),
    api: await freePort(),
    kubelet: await freePort(),
  };
  const url = `https://127.0.0.1:${String(ports.api)}`;
  const identity = await writeFiles(directory, url);
  const start = async (...names: readonly Component[]): Promise<void> => {
    for (const name of names) {
      const component = componentProcess(name, directory, ports);
      started.set(name, component);
      await component.start();
    }
  };
  const failed = (): void => {
    for (const component of started.values()) {
      const failure = component.failure();
      if (failure !== undefined) throw new StartFailure(failure);
    }
  };
  const api = openApi({ url, ...identity });
  const soon = async (what: string, look: () => Promise<boolean>): Promise<void> => {
    const result = await until(what, async () => {
      try {
        failed();
      } catch (error) {
        return error as StartFailure;
      }
      return await look();
    });
    if (result instanceof StartFailure) throw result;
  };
  try {
    await start('etcd', 'kube-apiserver');
    await soon('the API server is ready', async () => (await api.text('/readyz')) === 'ok');
    await Promise.all([start('kube-controller-manager', 'kube-scheduler'), createNodes(api, nodes)]);
    await installLogKinds(api);
    await start('kwok');
    await soon('the nodes are ready', () => nodesReady(api, nodes));
    failed();
  } finally {
    api.close();
  }
  const pids = Object.fromEntries(components.map((name) => [name, started.get(name)?.pid() ?? 0]));
  return {
    directory,
    url,
    etcdUrl: `http://127.0.0.1:${String(ports.etcd)}`,
    supervisorPid: process.pid,
    pids: pids as Record<Component, number>,
  };
};

class StartFailure extends Error {}

const writeFiles = async (
  directory: string,
  url: string,
): Promise<{ ca: string; certificate: string; key: string }> => {
  const files = filesOf(directory);
  const authority = await createAuthority();
  const server = await authority.issueServer();
  const admin = await authority.issueClient('rig-admin', ['system:masters']);
  const accounts = generateKeyPairSync('ec', {
    namedCurve: 'P-256',
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  });
  const credential = { certificateFile: files.adminCertificate, keyFile: files.adminKey };
  const context = { name: 'rig-admin', url, caFile: files.ca, credential };
  const texts: readonly (readonly [string, string])[] = [
    [files.ca, authority.certificate],
    [files.caKey, authority.key],
    [files.serverCertificate, server.certificate],
    [files.serverKey, server.key],
    [files.adminCertificate, admin.certificate],
    [files.adminKey, admin.key],
    [files.serviceAccountKey, accounts.privateKey],
    [files.serviceAccountPublicKey, accounts.publicKey],
    [files.adminKubeconfig, kubeconfigText([context], context.name)],
  ];
  for (const [path, text] of texts) writeFileSync(path, text, { mode: 0o600 });
  return { ca: authority.certificate, certificate: admin.certificate, key: admin.key };
};

const createNodes = async (api: Api, count: number): Promise<void> => {
  for (let number = 1; number <= count; number += 1) {
    const name = `node-${String(number)}`;
    const labels = { 'kubernetes.io/hostname': name, 'kubernetes.io/os': 'linux', 'kubernetes.io/arch': 'amd64' };
    await api.post('/api/v1/nodes', { apiVersion: 'v1', kind: 'Node', metadata: { name, labels } });
  }
};

interface NodeList {
  readonly items: readonly {
    readonly spec: { readonly taints?: readonly unknown[] };
    readonly status: { readonly conditions?: readonly { readonly type: string; readonly status: string }[] };
  }[];
}

const nodesReady = async (api: Api, count: number): Promise<boolean> => {
  const { items } = await api.get<NodeList>('/api/v1/nodes');
  const ready = items.filter(
    ({ spec, status }) =>
      (spec.taints ?? []).length === 0 &&
      status.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True'),
  );
  return ready.length === count;
};

/** The kinds by which kwok is told what a pod has logged. */
const installLogKinds = async (api: Api): Promise<void> => {
  await installKinds(api, 'kwok-logs');
};

/** Creates the custom resource definitions of a file in `crds`, and waits until the API server serves them. */
export const installKinds = async (api: Api, file: string): Promise<void> => {
  const path = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';
  const text = readFileSync(join(import.meta.dirname, 'crds', `${file}.yaml`), 'utf8');
  for (const document of parseAllDocuments(text)) {
    const kind = document.toJSON() as { metadata: { name: string } };
    await api.post(path, kind).catch((error: unknown) => {
      // Another test file has done it.
      if (!(error instanceof ApiError && error.status === 409)) throw error;
    });
    await until(`${kind.metadata.name} is served`, async () => {
      const { status } = await api.get<{ status?: { conditions?: { type: string; status: string }[] } }>(
        `${path}/${kind.metadata.name}`,
      );
      return status?.conditions?.some(({ type, status }) => type === 'Established' && status === 'True');
    });
  }
};
