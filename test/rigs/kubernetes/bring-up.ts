import { mkdirSync } from 'node:fs';
import { freePort } from '../../../sandbox/ports.ts';
import { openApi } from './api.ts';
import { type ComponentProcess, componentProcess } from './component-process.ts';
import { writeFiles } from './files.ts';
import { installKinds } from './kinds.ts';
import type { SupervisorSettings } from './messages.ts';
import { createNodes, nodesReady } from './nodes.ts';
import { type ClusterState, type Component, components } from './state.ts';
import { until } from './wait.ts';

/** Starts the control plane and its nodes; resolves when the nodes are ready and take pods. What it starts is in `started`, also where it fails. */
export const bringUp = async (
  { directory, nodes }: SupervisorSettings,
  started: Map<Component, ComponentProcess>,
): Promise<ClusterState> => {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const [etcd, etcdPeer, api, kubelet] = [await freePort(), await freePort(), await freePort(), await freePort()];
  const ports = { etcd, etcdPeer, api, kubelet };
  const url = `https://127.0.0.1:${String(ports.api)}`;
  const admin = openApi(await writeFiles(directory, url));
  const start = async (...names: readonly Component[]): Promise<void> => {
    for (const name of names) {
      const component = componentProcess(name, directory, ports);
      started.set(name, component);
      await component.start();
    }
  };
  const failure = (): string | undefined =>
    [...started.values()].map((component) => component.failure()).find((each) => each !== undefined);
  try {
    await start('etcd', 'kube-apiserver');
    await until('the API server is ready', () => admin.text('/readyz'), Boolean, { failure });
    await Promise.all([start('kube-controller-manager', 'kube-scheduler'), createNodes(admin, nodes)]);
    // kwok wants the kinds before it starts to read them.
    await installKinds(admin, 'kwok-logs');
    await start('kwok');
    await until('the nodes are ready', () => nodesReady(admin), Boolean, { failure });
  } finally {
    admin.close();
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
