import { describe, expect } from 'vitest';
import type { Workload } from '../../../../src/providers/workload/port.ts';
import { until } from '../../../rigs/kubernetes/wait.ts';
import { deployment } from '../../../rigs/kubernetes/workloads.ts';
import { carriedOut, newCall } from '../call.ts';
import { test } from './started.ts';

const viewsOf = ({ views }: Workload) => {
  if (!views) throw new Error('Kubernetes tells more than the instances');
  return views;
};

const none = (): Promise<never> => Promise.reject(new Error('not asked for'));

describe.concurrent('the status', () => {
  test('counts no pod of another Deployment whose labels match as well', async ({ start }) => {
    const rig = await start();
    const other = deployment('other', { replicas: 2 }) as {
      spec: { selector: object; template: { metadata: object } };
    };
    const labels = { app: 'checkout', other: 'yes' };
    other.spec.selector = { matchLabels: labels };
    other.spec.template.metadata = { labels };
    await rig.control.create(other);
    await until(
      'its pods are there',
      () => rig.control.pods('checkout'),
      (pods) => pods.length === 5,
    );
    const { instances } = await rig.open().status(newCall());
    expect(instances).toHaveLength(3);
  });

  test('tells why a pod does not serve, and how often it was restarted', async ({ start }) => {
    const rig = await start();
    const [pod] = await rig.control.pods('checkout');
    await rig.crash(pod?.metadata.name ?? '');
    const { instances } = await rig.open().status(newCall());
    expect(instances.find(({ id }) => id === pod?.metadata.name)).toMatchObject({
      health: 'critical',
      state: 'starting',
      detail: 'CrashLoopBackOff',
      restarts: 1,
    });
  });

  test('a brief look is one request', async ({ start }) => {
    const rig = await start();
    const client = await rig.client();
    const workload = rig.openWith({ client: { ...client, list: none } });
    expect(await workload.status(newCall(), 'brief')).toMatchObject({ desired: 3, healthy: 3, instances: [] });
  });
});

describe.concurrent('the rollout', () => {
  test('complete', async ({ start }) => {
    const rig = await start();
    expect(await viewsOf(rig.open()).rollout(newCall())).toMatchObject({
      verdict: 'ok',
      summary: 'rollout complete: 3 of 3 pods are new and available',
    });
  });

  test('paused', async ({ start }) => {
    const rig = await start();
    await rig.control.patch('Deployment', 'checkout', { spec: { paused: true } });
    await rig.control.release('Deployment', 'checkout', '3.0.0');
    expect(await viewsOf(rig.open()).rollout(newCall())).toMatchObject({
      verdict: 'warn',
      summary: expect.stringMatching(/^rollout held: paused/) as string,
    });
  });

  test('with new pods that crash: why', async ({ start }) => {
    const rig = await start();
    await rig.control.release('Deployment', 'checkout', '3.0.0', { behaviour: 'crash-loop', backOff: '1h' });
    await until(
      'it backs off',
      () => rig.control.pods('checkout'),
      (pods) => pods.some(({ status }) => status.containerStatuses?.[0]?.state.waiting?.reason === 'CrashLoopBackOff'),
    );
    expect(await viewsOf(rig.open()).rollout(newCall())).toMatchObject({
      verdict: 'critical',
      summary: expect.stringMatching(/^rollout under way: .*CrashLoopBackOff, exit code 1/) as string,
      data: {
        state: 'under way',
        troubles: [{ log: ['connecting to the database', 'fatal: no such database: shop'] }],
      },
    });
  });
});

describe.concurrent('the history', () => {
  test('says what changed last: versions, restarts, and what somebody wrote down', async ({ start }) => {
    const rig = await start();
    await rig.restartBehind();
    await rig.control.patch('Deployment', 'checkout', {
      metadata: { annotations: { 'kubernetes.io/change-cause': 'hotfix 41' } },
      spec: { template: { spec: { containers: [{ name: 'app', image: 'registry.test/checkout:3.0.0' }] } } },
    });
    await rig.control.settled('Deployment', 'checkout');
    await rig.restartBehind();
    const { evidence, summary } = await viewsOf(rig.open()).revisions(newCall());
    expect(summary).toMatch(/^revision 5, version 3\.0\.0, since \d+ (s|min)$/);
    expect(evidence?.rows.map((row) => [row[0], row[2], row[4]])).toEqual([
      [5, '3.0.0', 'restarted (present)'],
      [4, '3.0.0', 'hotfix 41'],
      [3, '2.0.0', 'restarted'],
      [2, '2.0.0', 'version 1.0.0 -> 2.0.0'],
      [1, '1.0.0', 'the oldest that is kept'],
    ]);
  });

  test('a version that an undo brought back does not claim to be there since it was first released', async ({
    start,
  }) => {
    const rig = await start();
    // Dates of ReplicaSets are whole seconds.
    await newCall().clock.sleep(1100);
    await rig.control.release('Deployment', 'checkout', '3.0.0');
    await rig.control.settled('Deployment', 'checkout');
    const call = newCall();
    const workload = rig.open();
    const { rollback } = workload;
    if (!rollback) throw new Error('there is a way back');
    expect(await carriedOut(rollback, await rollback.plan({}, call), call)).toMatchObject({ verdict: 'ok' });
    const { evidence, summary } = await viewsOf(rig.open()).revisions(newCall());
    expect(summary).toBe('revision 4, version 2.0.0, brought back');
    expect(evidence?.rows[0]?.slice(0, 3)).toEqual([4, null, '2.0.0']);
  });

  test.for<'StatefulSet' | 'DaemonSet'>(['StatefulSet', 'DaemonSet'])('of a %s', async (kind, { start }) => {
    const rig = await start({ kind });
    const { evidence } = await viewsOf(rig.open()).revisions(newCall());
    expect(evidence?.rows.map((row) => [row[0], row[2], row[4]])).toEqual([
      [2, '2.0.0', 'version 1.0.0 -> 2.0.0 (present)'],
      [1, '1.0.0', 'the oldest that is kept'],
    ]);
  });

  test('the events of the object, its ReplicaSets and its pods, the newest first, and nobody else’s', async ({
    start,
  }) => {
    const rig = await start();
    await rig.control.createSettled(deployment('other'));
    await rig.crash((await rig.control.pods('checkout'))[0]?.metadata.name ?? '');
    await until(
      'the kubelet has told it',
      () => rig.control.events(),
      (events) => events.some(({ reason }) => reason === 'BackOff'),
    );
    const finding = await viewsOf(rig.open()).events(newCall());
    expect(finding).toMatchObject({
      verdict: 'warn',
      summary: expect.stringMatching(/^pod\/checkout-.*BackOff/) as string,
    });
    const { events } = finding.data as unknown as { events: readonly { at: string; object: string; reason: string }[] };
    expect(new Set(events.map(({ object }) => object.split('/')[0]))).toEqual(
      new Set(['deployment', 'replicaset', 'pod']),
    );
    expect(events.filter(({ object }) => object.includes('other'))).toEqual([]);
    expect(events.map(({ at }) => Date.parse(at))).toEqual(
      events.map(({ at }) => Date.parse(at)).toSorted((a, b) => b - a),
    );
  });
});
