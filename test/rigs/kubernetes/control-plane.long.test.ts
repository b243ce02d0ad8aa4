import { fork } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Cluster, startCluster } from './cluster.ts';
import { controlOf } from './control.ts';
import type { ClusterState } from './state.ts';
import { type Proxy, startProxy } from '../toxiproxy.ts';
import { until } from './wait.ts';
import { deployment } from './workloads.ts';
import { haveTimeForPrograms } from '../../patience.ts';

haveTimeForPrograms();

/** Whether a process runs, and is no one's unread end. */
const runs = (pid: number): boolean => {
  try {
    return !readFileSync(`/proc/${String(pid)}/stat`, 'utf8').includes(') Z ');
  } catch {
    return false;
  }
};
const processesOf = ({ supervisorPid, pids }: ClusterState): readonly number[] => [
  supervisorPid,
  ...Object.values(pids),
];
const gone = (state: ClusterState): Promise<unknown> =>
  until(
    'all its processes have ended',
    async () => processesOf(state).filter(runs),
    (left) => left.length === 0,
  );

describe('a cluster of one test file', () => {
  let cluster: Cluster;
  let proxy: Proxy;
  beforeAll(async () => {
    cluster = await startCluster({ nodes: 1 });
    proxy = await startProxy(cluster.url);
  });
  afterAll(async () => {
    await proxy.close();
    await cluster.stop();
  });

  it('has the processes that its state names', () => {
    expect(processesOf(cluster.state).filter(runs)).toHaveLength(6);
  });

  it('loses its API server and gets it back, and what was stored is still there', async () => {
    const control = controlOf(cluster.api, await cluster.namespace());
    await control.createSettled(deployment('web', { replicas: 1 }));
    await cluster.stopComponent('kube-apiserver');
    await expect(cluster.api.text('/readyz')).rejects.toThrow('ECONNREFUSED');
    await cluster.startComponent('kube-apiserver');
    await cluster.ready();
    await control.release('Deployment', 'web', '1.1.0');
    await control.settled('Deployment', 'web');
  });

  it('answers 410 to a watch from before a restart of the API server, if something has changed since', async () => {
    const control = controlOf(cluster.api, await cluster.namespace());
    const pods = `/api/v1/namespaces/${control.namespace}/pods`;
    const { metadata } = await cluster.api.get<{ metadata: { resourceVersion: string } }>(pods);
    await control.createSettled(deployment('web', { replicas: 1 }));
    await cluster.stopComponent('kube-apiserver');
    await cluster.startComponent('kube-apiserver');
    await cluster.ready();
    const query = `watch=1&timeoutSeconds=5&resourceVersion=${metadata.resourceVersion}`;
    const [line = ''] = (await cluster.api.text(`${pods}?${query}`)).split('\n');
    expect(JSON.parse(line)).toMatchObject({ type: 'ERROR', object: { code: 410, reason: 'Expired' } });
  });

  it('holds a component: nothing answers until it is let go', async () => {
    const letGo = cluster.hold('kube-apiserver');
    const answer = cluster.api.text('/readyz');
    const early = await Promise.race([answer, new Promise((resolve) => setTimeout(resolve, 300, 'silence'))]);
    expect(early).toBe('silence');
    letGo();
    expect(await answer).toBe('ok');
  });

  it('is reached through a proxy that can be cut, silenced and slowed', async () => {
    const kubeconfig = cluster.kubeconfig({ url: proxy.url });
    const version = (...more: string[]) => cluster.kubectl(['get', 'nodes', '-o', 'name', ...more], { kubeconfig });
    expect(await version()).toBe('node/node-1\n');
    await proxy.cut();
    await expect(version()).rejects.toThrow('refused');
    await proxy.restore();
    await proxy.silence();
    await expect(version('--request-timeout=500ms')).rejects.toThrow(/[Tt]imeout|deadline/);
    await proxy.restore();
    await proxy.delay(300);
    const began = performance.now();
    expect(await version()).toBe('node/node-1\n');
    expect(performance.now() - began).toBeGreaterThan(300);
    await proxy.restore();
  });
});

describe('the end of a cluster', () => {
  it('leaves no process and no file', async () => {
    const cluster = await startCluster({ nodes: 1 });
    await cluster.stop();
    await gone(cluster.state);
    expect(existsSync(cluster.state.directory)).toBe(false);
  });

  it('comes with the death of the process that started it', async () => {
    const starter = fork(join(import.meta.dirname, 'starter.ts'), { execArgv: [] });
    const [state] = (await once(starter, 'message')) as [ClusterState];
    starter.kill('SIGKILL');
    await gone(state);
    await until('its files are gone', async () => !existsSync(state.directory));
  });

  it('comes with the death of its supervisor, where the kernel can be asked for that', async () => {
    const cluster = await startCluster({ nodes: 1 });
    process.kill(cluster.state.supervisorPid, 'SIGKILL');
    await gone(cluster.state);
    cluster.close();
    rmSync(cluster.state.directory, { recursive: true });
  });
});
