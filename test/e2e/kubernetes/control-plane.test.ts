import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { type Cluster, startCluster } from '../../rigs/kubernetes/cluster.ts';
import { openGate } from '../../rigs/kubernetes/gate.ts';
import { startProxy } from '../../rigs/toxiproxy.ts';
import { until } from '../../rigs/kubernetes/wait.ts';
import { useKubernetes } from './stage.ts';

// A control plane that stands still, restarts, or cannot be reached for a while: the verdict is right all the same.

let cluster: Cluster;
const stage = useKubernetes(async () => {
  cluster = await startCluster();
  return cluster;
});

const gone = async (before: readonly string[], name: string) =>
  (await stage.control.pods(name)).filter(
    ({ metadata }) => before.includes(metadata.name) && metadata.deletionTimestamp === undefined,
  );

test('counts that look complete were made for an older generation: not done before the controller has seen the restart', async () => {
  const name = await stage.deploy('unseen');
  const before = await stage.podNames(name);
  const letGo = cluster.hold('kube-controller-manager');
  try {
    const running = stage.operator(name).start('restart --rolling --yes');
    await running.writes('the change is not seen by its controller yet');
    const { metadata, spec, status } = await stage.control.get('Deployment', name);
    expect(status).toMatchObject({ replicas: 3, updatedReplicas: 3, availableReplicas: 3 });
    expect([spec.replicas, status.observedGeneration]).toEqual([3, (metadata.generation ?? 0) - 1]);
    const early = await Promise.race([running.ended.then(() => 'ended'), sleep(2000, 'waits')]);
    expect(early).toBe('waits');
    letGo();
    const { code, stderr } = await running.ended;
    expect([code, stderr]).toEqual([0, expect.stringContaining('3 of 3 instances healthy')]);
    expect(await gone(before, name)).toEqual([]);
  } finally {
    letGo();
  }
});

test('a progress deadline that the version before has exceeded is not held against the undo', async () => {
  const name = await stage.deploy('stale', { spec: { progressDeadlineSeconds: 10 } });
  await stage.control.release('Deployment', name, '2.0.0', { behaviour: 'unready' });
  const exceeded = () =>
    until(
      'the deadline is exceeded',
      () => stage.control.get('Deployment', name),
      ({ status }) => status.conditions?.some(({ reason }) => reason === 'ProgressDeadlineExceeded') ?? false,
    );
  await exceeded();
  const operator = stage.operator(name);
  const before = await operator.run('restart status');
  expect([before.code, before.stdout]).toEqual([6, expect.stringContaining('has timed out progressing')]);
  const { code, stderr } = await operator.run('restart undo --yes');
  expect([code, stderr]).toEqual([0, expect.stringContaining('Rolled back. 3 of 3 instances healthy.')]);
  expect(await stage.versions(name)).toEqual(['1.0.0 3']);

  // And where it is the present version that exceeds it, it counts.
  await stage.control.release('Deployment', name, '3.0.0', { behaviour: 'unready' });
  const failed = await operator.run('restart --rolling --yes');
  expect([failed.code, failed.stderr]).toEqual([1, expect.stringContaining('has timed out progressing')]);
});

/** A way to the API server that notes what is asked, and can be cut. */
const throughProxy = async () => {
  const gate = await openGate(stage.cluster);
  const proxy = await startProxy(gate.url);
  const close = async () => {
    await proxy.close();
    await gate.close();
  };
  return { gate, proxy, close };
};

describe('the API server cannot be reached for a while', () => {
  test('for ten seconds, in which the rollout ends: it is seen to be complete', async () => {
    const name = await stage.deployHeld('cut');
    const { gate, proxy, close } = await throughProxy();
    try {
      const running = stage.operator(name, { kubeconfig: { url: proxy.url } }).start('restart --rolling --yes');
      await running.writes('new pods');
      await proxy.cut();
      await Promise.all([running.writes('the connection to the cluster is lost'), sleep(10_000)]);
      await stage.control.letGo('Deployment', name);
      await proxy.restore();
      const { code, stderr } = await running.ended;
      expect([code, stderr]).toEqual([0, expect.stringContaining('3 of 3 instances healthy')]);
      expect(stderr).toContain('connected again');
      // It went on from the last version: no second list.
      expect(gate.passed.filter(({ verb, resource }) => verb === 'list' && resource === 'pods')).toHaveLength(1);
    } finally {
      await close();
    }
  });

  test('for ten seconds, in which the new pods begin to crash: it is seen to have failed', async () => {
    const name = await stage.deployHeld('cut-crash');
    const { proxy, close } = await throughProxy();
    try {
      const before = await stage.podNames(name);
      const running = stage.operator(name, { kubeconfig: { url: proxy.url } }).start('restart --rolling --yes');
      await running.writes('new pods');
      await proxy.cut();
      const fresh = async () =>
        (await stage.control.pods(name)).filter(({ metadata }) => !before.includes(metadata.name));
      const made = await until('a new pod is made', fresh, (pods) => pods.length > 0);
      await stage.control.behave(made, { behaviour: 'crash-loop', exitCode: 5, readyAfter: '1h' });
      const loops = until('it crashes', fresh, (pods) =>
        pods.some(({ status }) => (status.containerStatuses?.[0]?.restartCount ?? 0) > 1),
      );
      await Promise.all([loops, sleep(10_000)]);
      await proxy.restore();
      const { code, stderr } = await running.ended;
      expect([code, stderr]).toEqual([1, expect.stringMatching(/container app: .*exit code 5/)]);
    } finally {
      await close();
    }
  });

  test('and has restarted meanwhile: its watch answers 410 Gone, it is listed again, and the verdict is right', async () => {
    const name = await stage.deployHeld('restarted');
    const before = await stage.podNames(name);
    const { gate, proxy, close } = await throughProxy();
    // Of the object: whoever sees that it is complete need not have seen all of its pods again.
    const lists = () =>
      gate.passed.filter(({ verb, resource }) => verb === 'list' && resource === 'deployments').length;
    try {
      const running = stage.operator(name, { kubeconfig: { url: proxy.url } }).start('restart --rolling --yes');
      await running.writes('new pods');
      await proxy.cut();
      await cluster.stopComponent('kube-apiserver');
      await cluster.startComponent('kube-apiserver');
      await cluster.ready();
      await stage.control.letGo('Deployment', name);
      // What the server remembers begins after what rb has seen last.
      await cluster.stopComponent('kube-apiserver');
      await cluster.startComponent('kube-apiserver');
      await cluster.ready();
      expect(lists()).toBe(1);
      await proxy.restore();
      const { code, stderr } = await running.ended;
      expect([code, stderr]).toEqual([0, expect.stringContaining('3 of 3 instances healthy')]);
      expect(lists()).toBe(2);
      expect(await gone(before, name)).toEqual([]);
    } finally {
      await close();
    }
  });
});
