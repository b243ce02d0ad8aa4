import { describe, expect } from 'vitest';
import type { AnyFinding } from '../../../../src/engine/finding.ts';
import type { Pod, WorkloadKind } from '../../../rigs/kubernetes/objects.ts';
import { until } from '../../../rigs/kubernetes/wait.ts';
import type { PodBehaviour } from '../../../rigs/kubernetes/workloads.ts';
import { carriedOut, newCall } from '../call.ts';
import type { KubernetesRig } from '../rig/kubernetes-rig.ts';
import { test } from './started.ts';

const unit = { id: 'checkout', instances: [] };
const restart = async (rig: KubernetesRig): Promise<AnyFinding> => {
  const workload = rig.open();
  const call = newCall();
  const change = await workload.restart.plan(unit, call);
  return carriedOut(workload.restart, change, call);
};
interface Told {
  readonly troubles: readonly {
    readonly pod: string;
    readonly exitCode: number | null;
    readonly log: readonly string[];
  }[];
}

describe.concurrent('why new pods do not come up', () => {
  test.for<[string, PodBehaviour, RegExp]>([
    ['a crash', { behaviour: 'crash-loop', exitCode: 3 }, /container app: (Error|CrashLoopBackOff), exit code 3/],
    ['too little memory', { behaviour: 'oom' }, /container app: OOMKilled, exit code 137/],
    ['no such image', { behaviour: 'image-pull' }, /container app: ErrImagePull \(.*not found\)|ImagePullBackOff/],
    ['a missing Secret', { behaviour: 'config-error' }, /container app: CreateContainerConfigError/],
  ])('%s', async ([, behaviour, summary], { start }) => {
    const rig = await start();
    await rig.fate.set(behaviour);
    const finding = await restart(rig);
    expect(finding).toMatchObject({ verdict: 'critical', summary: expect.stringMatching(summary) as string });
    const names = (await rig.control.pods('checkout')).map(({ metadata }) => metadata.name);
    expect(names).toContain((finding.data as unknown as Told).troubles[0]?.pod);
  });

  test('a crash is told with the last words of the run that ended', async ({ start }) => {
    const rig = await start();
    rig.cluster.setLogs(rig.control.namespace, { previous: ['starting', 'fatal: no route to db-1'] });
    await rig.fate.set({ behaviour: 'crash-loop' });
    const finding = await restart(rig);
    expect((finding.data as unknown as Told).troubles[0]?.log.at(-1)).toBe('fatal: no route to db-1');
    expect(finding.evidence?.rows.flat()).toContain('fatal: no route to db-1');
  });

  test.for<WorkloadKind>(['Deployment', 'StatefulSet'])('the namespace is full, of a %s', async (kind, { start }) => {
    const rig = await start({ kind });
    const { namespace } = rig.control;
    await rig.cluster.api.post(`/api/v1/namespaces/${namespace}/resourcequotas`, {
      apiVersion: 'v1',
      kind: 'ResourceQuota',
      metadata: { name: 'full' },
      spec: { hard: { pods: kind === 'Deployment' ? '3' : '2' } },
    });
    await until(
      'the quota is in force',
      () => rig.cluster.api.get<{ status?: { used?: object } }>(`/api/v1/namespaces/${namespace}/resourcequotas/full`),
      ({ status }) => status?.used !== undefined,
    );
    expect(await restart(rig)).toMatchObject({
      verdict: 'critical',
      summary: expect.stringContaining('exceeded quota: full') as string,
    });
  });

  test('no node takes them: told while it is waited, decided by the deadline', async ({ start }) => {
    const rig = await start();
    const spec = { progressDeadlineSeconds: 9, template: { spec: { nodeSelector: { disk: 'none' } } } };
    const workload = rig.open();
    await rig.control.patch('Deployment', 'checkout', { spec });
    const call = newCall();
    const change = await workload.restart.plan(unit, call);
    const finding = await carriedOut(workload.restart, change, call);
    expect(call.notes()).toMatch(/Unschedulable \(0\/\d+ nodes.*still waiting/);
    expect(finding).toMatchObject({
      verdict: 'critical',
      summary: expect.stringMatching(/timed out progressing.*Unschedulable/) as string,
    });
  });
});

/** Of the restart: the fate of these tests is on the new pods alone. */
const isNew = ({ metadata }: Pod): boolean => metadata.annotations?.['kubectl.kubernetes.io/restartedAt'] !== undefined;

describe.concurrent('what is not held against a rollout', () => {
  test('old pods that crash', async ({ start }) => {
    const rig = await start();
    await rig.control.behave(await rig.control.pods('checkout'), { behaviour: 'crash-loop' });
    expect(await restart(rig)).toMatchObject({ verdict: 'ok' });
  });

  test('a new pod that crashes once and then comes up', async ({ start }) => {
    const rig = await start();
    await rig.fate.set({ readyAfter: '1h' });
    const workload = rig.open();
    const call = newCall();
    const change = await workload.restart.plan(unit, call);
    const receipt = await workload.restart.apply(change, call);
    const verdict = workload.restart.verify(change, call, receipt);
    const [fresh] = await until(
      'the first new pod runs',
      async () => (await rig.control.pods('checkout')).filter(isNew).filter(({ status }) => status.phase === 'Running'),
      (pods) => pods.length > 0,
    );
    await rig.fate.set({});
    if (!fresh) throw new Error('there is one');
    await rig.control.behave([fresh], { behaviour: 'crash-loop', crashAfter: '5s' });
    await until(
      'it has ended once',
      async () => (await rig.control.pods('checkout')).find(({ metadata }) => metadata.uid === fresh.metadata.uid),
      (pod) => pod?.status.containerStatuses?.[0]?.restartCount === 1,
    );
    await rig.control.behave([fresh], {});
    expect(await verdict).toMatchObject({ verdict: 'ok' });
  });
});

describe.concurrent('a deadline that was exceeded by another version', () => {
  test('does not fool the undo, nor the way forward', async ({ start }) => {
    const rig = await start();
    await rig.control.patch('Deployment', 'checkout', { spec: { progressDeadlineSeconds: 3 } });
    await rig.control.release('Deployment', 'checkout', '3.0.0', { behaviour: 'unready' });
    await until(
      'the deadline is exceeded',
      () => rig.control.get('Deployment', 'checkout'),
      ({ status }) => status.conditions?.some(({ reason }) => reason === 'ProgressDeadlineExceeded') ?? false,
    );
    const workload = rig.open();
    const call = newCall();
    const { rollback } = workload;
    if (!rollback) throw new Error('a Deployment can be rolled back');
    const change = await rollback.plan({}, call);
    expect(await carriedOut(rollback, change, call)).toMatchObject({
      verdict: 'ok',
      summary: expect.stringMatching(/^back on version 2\.0\.0: 3 of 3/) as string,
    });
  });
});

describe.concurrent('a connection that breaks in the middle', () => {
  test('for ten seconds: the rollout that ended meanwhile is seen', async ({ start }) => {
    const rig = await start();
    const { startProxy } = await import('../../../rigs/toxiproxy.ts');
    const proxy = await startProxy(rig.cluster.url);
    try {
      const workload = rig.openWith({ client: await rig.client(rig.cluster.kubeconfig({ url: proxy.url })) });
      await rig.startsNext('slow');
      const call = newCall();
      const change = await workload.restart.plan(unit, call);
      const receipt = await workload.restart.apply(change, call);
      const verdict = workload.restart.verify(change, call, receipt);
      await until(
        'the rollout is followed',
        async () => call.reported.length,
        (count) => count > 0,
      );
      await proxy.cut();
      await call.clock.sleep(10_000);
      await proxy.restore();
      expect(await verdict).toMatchObject({ verdict: 'ok' });
      expect(call.notes()).toContain('the connection to the cluster is lost');
    } finally {
      await proxy.close();
    }
  });
});
