import { describe, expect } from 'vitest';
import { restartInstanceOperation } from '../../../../src/providers/workload/kubernetes/restart/evict.ts';
import type { Service } from '../../../../src/providers/workload/kubernetes/service.ts';
import { until } from '../../../rigs/kubernetes/wait.ts';
import { daemonSet, deployment, podDisruptionBudget, statefulSet } from '../../../rigs/kubernetes/workloads.ts';
import { carriedOut, newCall } from '../call.ts';
import { killedAt, type NamespaceRig, test } from './namespace-rig.ts';

const podsOf = async ({ control }: NamespaceRig) => (await control.pods('checkout')).map(({ metadata }) => metadata);
const firstOf = async (rig: NamespaceRig) => {
  const [first] = await podsOf(rig);
  if (!first) throw new Error('there are pods');
  return first;
};

const evicted = async (service: Service, id: string) => {
  const operation = restartInstanceOperation(service);
  const call = newCall();
  const change = await operation.plan({ id }, call);
  return { change, finding: await carriedOut(operation, change, call) };
};

describe.concurrent('one pod', () => {
  test('is evicted, and its replacement waited for', async ({ rig }) => {
    await rig.control.createSettled(deployment('checkout', { behaviour: { stopAfter: '1500ms' } }));
    const before = await podsOf(rig);
    const { name = '' } = before[0] ?? {};
    const { change, finding } = await evicted(await rig.service(), name);
    expect(change.summary).toMatch(
      new RegExp(`^stop ${name} \\(version 1\\.0\\.0, up \\d+ s\\); the platform starts another in its place$`),
    );
    expect(change.blastRadius).toEqual(['1 of 3 instances; 2 healthy ones go on serving']);
    expect(change.raises).toEqual([`${name} is healthy`]);
    expect(change.equivalent[0]).toMatch(/"kind":"Eviction".* create --raw .*\/eviction -f -$/);
    expect(finding).toMatchObject({
      verdict: 'ok',
      summary: expect.stringMatching(new RegExp(`^${name} replaced by checkout-\\S+, ready$`)) as string,
    });
    const after = await podsOf(rig);
    expect(after).toHaveLength(3);
    expect(after.filter(({ uid }) => before.some((one) => one.uid === uid))).toHaveLength(2);
  });

  test('of a StatefulSet comes back under its name', async ({ rig }) => {
    await rig.control.createSettled(statefulSet('checkout', { replicas: 2 }));
    const service = await rig.service({ config: { kind: 'statefulset' } });
    expect((await evicted(service, 'checkout-1')).finding).toMatchObject({
      verdict: 'ok',
      summary: 'checkout-1 restarted and ready',
    });
  });

  test('of a DaemonSet too', async ({ rig }) => {
    await rig.control.createSettled(daemonSet('checkout'));
    const { name } = await firstOf(rig);
    const service = await rig.service({ config: { kind: 'daemonset' } });
    expect((await evicted(service, name)).finding.verdict).toBe('ok');
  });

  test('the only one, and the last healthy one, are reasons to be more careful', async ({ rig }) => {
    await rig.control.createSettled(deployment('checkout', { replicas: 1 }));
    const { name } = await firstOf(rig);
    const { raises } = await restartInstanceOperation(await rig.service()).plan({ id: name }, newCall());
    expect(raises).toEqual([`${name} is healthy`, 'it is the only instance']);
  });

  test('an unknown one is a mistake, and the answer lists those there are', async ({ rig }) => {
    await rig.control.createSettled(deployment('checkout'));
    const { name } = await firstOf(rig);
    await expect(restartInstanceOperation(await rig.service()).plan({ id: 'nobody' }, newCall())).rejects.toMatchObject(
      {
        kind: 'usage',
        message: expect.stringContaining(name) as string,
      },
    );
  });

  test('a pod of another workload that the selector matches is not one of ours', async ({ rig }) => {
    await rig.control.createSettled(deployment('checkout'));
    await rig.cluster.kubectl(['-n', rig.namespace, 'run', 'stray', '--image=x:1', '--labels=app=checkout']);
    await expect(restartInstanceOperation(await rig.service()).plan({ id: 'stray' }, newCall())).rejects.toMatchObject({
      kind: 'usage',
    });
  });

  test('a replacement that does not start is told with the reason', async ({ rig }) => {
    await rig.control.createSettled(deployment('checkout', { spec: { strategy: { type: 'Recreate' } } }));
    const operation = restartInstanceOperation(await rig.service());
    const { name } = await firstOf(rig);
    const call = newCall();
    const change = await operation.plan({ id: name }, call);
    await rig.cluster.api.post(`/api/v1/namespaces/${rig.namespace}/resourcequotas`, {
      apiVersion: 'v1',
      kind: 'ResourceQuota',
      metadata: { name: 'small' },
      spec: { hard: { pods: '1' } },
    });
    const finding = await carriedOut(operation, change, call);
    expect(finding.verdict).toBe('critical');
    expect(finding.summary).toMatch(/its replacement does not start: .*exceeded quota: small/);
  });
});

/** Waits until its controller has counted. */
const settledBudget = async (rig: NamespaceRig, allowed: number) => {
  for (;;) {
    const { status } = await rig.control.get<{ status?: { disruptionsAllowed?: number; expectedPods?: number } }>(
      'PodDisruptionBudget',
      'checkout',
    );
    if (status?.expectedPods === 3 && status.disruptionsAllowed === allowed) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
};

describe.concurrent('a disruption budget', () => {
  test('that says no is named with its numbers, in the plan already', async ({ rig }) => {
    await rig.control.createSettled(deployment('checkout'));
    await rig.control.create(podDisruptionBudget('checkout', { minAvailable: 3 }));
    await settledBudget(rig, 0);
    const { name, uid } = await firstOf(rig);
    await expect(restartInstanceOperation(await rig.service()).plan({ id: name }, newCall())).rejects.toMatchObject({
      kind: 'refused',
      message: `${name} was not stopped: The disruption budget checkout needs 3 healthy pods and has 3 currently`,
    });
    expect((await firstOf(rig)).uid).toBe(uid);
  });

  test('that says no only when it is to be done is a refusal too', async ({ rig }) => {
    await rig.control.createSettled(deployment('checkout'));
    await rig.control.create(podDisruptionBudget('checkout', { minAvailable: 2 }));
    await settledBudget(rig, 1);
    const operation = restartInstanceOperation(await rig.service());
    const { name } = await firstOf(rig);
    const change = await operation.plan({ id: name }, newCall());
    await rig.control.patch('PodDisruptionBudget', 'checkout', { spec: { minAvailable: 3 } });
    await settledBudget(rig, 0);
    await expect(operation.apply(change, newCall())).rejects.toMatchObject({ kind: 'refused' });
    expect(await operation.verify(change, newCall())).toMatchObject({
      verdict: 'critical',
      summary: `${name} was not restarted: it is the same pod as before`,
    });
  });

  test('with room lets it go', async ({ rig }) => {
    await rig.control.createSettled(deployment('checkout'));
    await rig.control.create(podDisruptionBudget('checkout', { minAvailable: 2 }));
    await settledBudget(rig, 1);
    expect((await evicted(await rig.service(), (await firstOf(rig)).name)).finding.verdict).toBe('ok');
  });

  test('more than one cannot be answered to, and all are named', async ({ rig }) => {
    await rig.control.createSettled(deployment('checkout'));
    await rig.control.create(podDisruptionBudget('checkout', { minAvailable: 1 }));
    const second = podDisruptionBudget('checkout', { minAvailable: 1 });
    await rig.control.create({ ...second, metadata: { name: 'second' } });
    const { name } = await firstOf(rig);
    await expect(restartInstanceOperation(await rig.service()).plan({ id: name }, newCall())).rejects.toMatchObject({
      kind: 'refused',
      message: `${name} was not stopped: more than one PodDisruptionBudget selects it (checkout and second), and the eviction API can only answer to one`,
    });
  });
});

describe.concurrent('the eviction', () => {
  test('is for that very pod: one of the same name is left alone', async ({ rig }) => {
    await rig.control.createSettled(statefulSet('checkout', { replicas: 2 }));
    const operation = restartInstanceOperation(await rig.service({ config: { kind: 'statefulset' } }));
    const change = await operation.plan({ id: 'checkout-1' }, newCall());
    const uids = async () => (await podsOf(rig)).map(({ uid }) => uid);
    const before = await uids();
    await rig.control.deletePod('checkout-1');
    // Until the controller has seen it go, the set looks as settled as before.
    await until('another checkout-1', uids, (now) => now.length === 2 && !now.every((uid) => before.includes(uid)));
    await rig.control.settled('StatefulSet', 'checkout');
    await expect(operation.apply(change, newCall())).rejects.toMatchObject({ kind: 'refused' });
    expect(await podsOf(rig)).toHaveLength(2);
  });

  test('that was cut off is settled by what became of that pod', async ({ rig }) => {
    await rig.control.createSettled(deployment('checkout'));
    const { name } = await firstOf(rig);
    const change = await restartInstanceOperation(await rig.service()).plan({ id: name }, newCall());
    const early = restartInstanceOperation(await rig.service({ through: killedAt(1, false) }));
    await expect(early.apply(change, newCall())).rejects.toThrow('killed');
    const later = restartInstanceOperation(await rig.service());
    expect(await later.verify(change, newCall())).toMatchObject({ verdict: 'critical' });
    const late = restartInstanceOperation(await rig.service({ through: killedAt(1, true) }));
    await expect(late.apply(change, newCall())).rejects.toThrow('killed');
    expect(await later.verify(change, newCall())).toMatchObject({ verdict: 'ok' });
    await expect(later.plan({ id: name }, newCall(), change)).rejects.toMatchObject({
      kind: 'refused',
      message: expect.stringContaining(`the interrupted session has stopped ${name} already`) as string,
    });
  });

  test('needs a right of its own, which is found missing before anybody is asked', async ({ rig }) => {
    await rig.control.createSettled(deployment('checkout'));
    const { name } = await firstOf(rig);
    const service = await rig.service({
      rules: [
        { apiGroups: ['apps'], resources: ['deployments', 'replicasets'], verbs: ['get', 'list'] },
        { apiGroups: [''], resources: ['pods'], verbs: ['list'] },
      ],
    });
    await expect(restartInstanceOperation(service).plan({ id: name }, newCall())).rejects.toMatchObject({
      kind: 'unreachable',
      message: expect.stringContaining('may not create pods/eviction') as string,
    });
  });
});
