import { describe, expect } from 'vitest';
import { autoscalerView, autoscaling } from '../../../../src/providers/workload/kubernetes/count/autoscaler.ts';
import type { Kubernetes } from '../../../../src/clients/kubernetes/port.ts';
import type { Service } from '../../../../src/providers/workload/kubernetes/service.ts';
import { deployment, horizontalPodAutoscaler, scaledObject } from '../../../rigs/kubernetes/workloads.ts';
import { carriedOut, newCall } from '../call.ts';
import { test } from './namespace-rig.ts';

interface Hpa {
  readonly metadata: { readonly uid: string };
  readonly spec: { readonly minReplicas?: number; readonly maxReplicas: number };
}

const setLimits = async (service: Service, to: number, expected: number) => {
  const operation = autoscaling(service).setLimits;
  const call = newCall();
  const change = await operation.plan({ to, expected }, call);
  return { change, finding: await carriedOut(operation, change, call) };
};

/** As KEDA makes it for a ScaledObject. */
const kedasOwn = (name: string, uid: string) => ({
  ...horizontalPodAutoscaler(name, { min: 2, max: 6 }),
  metadata: {
    name: `keda-hpa-${name}`,
    ownerReferences: [{ apiVersion: 'keda.sh/v1alpha1', kind: 'ScaledObject', name, uid, controller: true }],
  },
});

/** The feature gate for it is off in this cluster: the answer of one where it is on. */
const minimumZero = (client: Kubernetes): Kubernetes => ({
  ...client,
  list: async <Item>(...of: Parameters<Kubernetes['list']>) => {
    const page = await client.list<Item & { spec?: object }>(...of);
    if (of[0].plural !== 'horizontalpodautoscalers') return page;
    return { ...page, items: page.items.map((one) => ({ ...one, spec: { ...one.spec, minReplicas: 0 } })) };
  },
});

describe.concurrent('finding the autoscaler', () => {
  test('none; also where there is one for something else', async ({ rig }) => {
    await rig.control.createSettled(deployment('checkout'));
    await rig.control.create(horizontalPodAutoscaler('other', { target: 'another' }));
    await rig.control.create(horizontalPodAutoscaler('same-name', { kind: 'StatefulSet', target: 'checkout' }));
    const service = await rig.service();
    expect(await autoscaling(service).find(newCall())).toBeUndefined();
    expect(await autoscalerView(service)(newCall())).toMatchObject({
      verdict: 'ok',
      summary: 'no autoscaler sets the count',
    });
  });

  test('a HorizontalPodAutoscaler, its limits, and what it complains of', async ({ rig }) => {
    await rig.control.createSettled(deployment('checkout'));
    await rig.control.create(horizontalPodAutoscaler('web', { target: 'checkout', min: 2, max: 6 }));
    const service = await rig.service();
    expect(await autoscaling(service).find(newCall())).toEqual({
      name: 'HorizontalPodAutoscaler web',
      min: 2,
      max: 6,
      active: true,
    });
    // There are no metrics in this cluster, and its controller says so as soon as it has looked.
    for (;;) {
      const finding = await autoscalerView(service)(newCall());
      if (finding.verdict === 'ok') continue;
      expect(finding.verdict).toBe('warn');
      expect(finding.summary).toMatch(
        /^HorizontalPodAutoscaler web keeps the count between 2 and 6, now 3; ScalingActive is False/,
      );
      break;
    }
  });

  test('an absent minimum is 1', async ({ rig }) => {
    await rig.control.createSettled(deployment('checkout'));
    const hpa = horizontalPodAutoscaler('checkout') as { readonly spec: object };
    await rig.control.create({ ...hpa, spec: { ...hpa.spec, minReplicas: undefined } });
    expect(await autoscaling(await rig.service()).find(newCall())).toMatchObject({ min: 1, active: true });
  });

  test('one that is disabled in both directions, or sleeps at 0, is not active', async ({ rig }) => {
    await rig.control.createSettled(deployment('checkout'));
    await rig.control.create(horizontalPodAutoscaler('checkout'));
    const service = await rig.service();
    const disabled = { selectPolicy: 'Disabled' };
    await rig.control.patch('HorizontalPodAutoscaler', 'checkout', {
      spec: { behavior: { scaleUp: disabled, scaleDown: disabled } },
    });
    expect(await autoscaling(service).find(newCall())).toMatchObject({ active: false });
    await rig.control.patch('HorizontalPodAutoscaler', 'checkout', { spec: { behavior: null } });
    expect(await autoscaling(service).find(newCall())).toMatchObject({ active: true });
    await rig.control.scale('Deployment', 'checkout', 0);
    expect(await autoscaling(service).find(newCall())).toMatchObject({ active: false });
    expect((await autoscalerView(service)(newCall())).summary).toContain('switched off while the count is 0');
  });

  test('one whose minimum is 0 does not sleep at 0', async ({ rig }) => {
    await rig.control.createSettled(deployment('checkout', { replicas: 0 }));
    await rig.control.create(horizontalPodAutoscaler('checkout', { min: 1 }));
    const service = await rig.service({ through: minimumZero });
    expect(await autoscaling(service).find(newCall())).toMatchObject({ min: 0, active: true });
    expect((await autoscalerView(service)(newCall())).summary).toContain('keeps the count between 0 and 10, now 0');
  });

  test('a ScaledObject of KEDA is named, and not the HPA that KEDA keeps for it', async ({ rig }) => {
    await rig.cluster.installKeda();
    await rig.control.createSettled(deployment('checkout'));
    const { metadata } = await rig.control.create<Hpa>(scaledObject('checkout', { min: 2, max: 6 }));
    await rig.control.create(kedasOwn('checkout', metadata.uid));
    expect(await autoscaling(await rig.service()).find(newCall())).toEqual({
      name: 'ScaledObject checkout',
      min: 2,
      max: 6,
      active: true,
      wakesAtZero: true,
    });
  });

  test('a paused ScaledObject is not active, and KEDA decides what is a yes', async ({ rig }) => {
    await rig.cluster.installKeda();
    await rig.control.createSettled(deployment('checkout'));
    await rig.control.create(scaledObject('checkout'));
    const service = await rig.service();
    for (const [annotations, active] of [
      [{ 'autoscaling.keda.sh/paused': 'true' }, false],
      [{ 'autoscaling.keda.sh/paused': 'yes' }, false],
      [{ 'autoscaling.keda.sh/paused': 'false' }, true],
      [{ 'autoscaling.keda.sh/paused': null, 'autoscaling.keda.sh/paused-replicas': '4' }, false],
    ] as const) {
      await rig.control.patch('ScaledObject', 'checkout', { metadata: { annotations } });
      expect(await autoscaling(service).find(newCall())).toMatchObject({ active });
    }
    expect((await autoscalerView(service)(newCall())).summary).toContain('does not change the count: paused at 4');
  });

  test('without the right to list them it says that it cannot see, and not that there is none', async ({ rig }) => {
    await rig.control.createSettled(deployment('checkout'));
    const service = await rig.service({
      rules: [{ apiGroups: ['apps'], resources: ['deployments'], verbs: ['get'] }],
    });
    await expect(autoscaling(service).find(newCall())).rejects.toMatchObject({ kind: 'unreachable' });
    expect(await autoscalerView(service)(newCall())).toMatchObject({ verdict: 'unknown' });
  });

  test('a right to HPAs alone is enough where KEDA has no hand in it, and not where it has', async ({ rig }) => {
    await rig.cluster.installKeda();
    await rig.control.createSettled(deployment('checkout'));
    const service = await rig.service({
      rules: [
        { apiGroups: ['apps'], resources: ['deployments'], verbs: ['get'] },
        { apiGroups: ['autoscaling'], resources: ['horizontalpodautoscalers'], verbs: ['list'] },
      ],
    });
    expect(await autoscaling(service).find(newCall())).toBeUndefined();
    const { metadata } = await rig.control.create<Hpa>(scaledObject('checkout'));
    await rig.control.create(kedasOwn('checkout', metadata.uid));
    await expect(autoscaling(service).find(newCall())).rejects.toMatchObject({
      kind: 'unreachable',
      message: expect.stringContaining('may not list scaledobjects') as string,
    });
  });
});

describe.concurrent('moving the limits', () => {
  test('the minimum upwards and the maximum downwards, and the autoscaler sets the count', async ({ rig }) => {
    await rig.control.createSettled(deployment('checkout'));
    await rig.control.create(horizontalPodAutoscaler('checkout', { min: 2, max: 4 }));
    const service = await rig.service();
    const up = await setLimits(service, 5, 3);
    expect(up.change).toMatchObject({
      summary: 'move the limits of HorizontalPodAutoscaler checkout (2 to 4) to 5 to 5, so that it sets 5 instances',
      difference: ['- minimum: 2', '+ minimum: 5', '- maximum: 4', '+ maximum: 5'],
      equivalent: [
        `kubectl --context rig -n ${rig.namespace} patch hpa checkout --type merge -p '{"spec":{"minReplicas":5,"maxReplicas":5}}'`,
      ],
      undo: `kubectl --context rig -n ${rig.namespace} patch hpa checkout --type merge -p '{"spec":{"minReplicas":2,"maxReplicas":4}}'`,
    });
    expect(up.finding).toMatchObject({ verdict: 'ok', summary: '5 instances running and ready' });
    const down = await setLimits(service, 1, 5);
    expect(down.change.difference).toEqual(['- minimum: 5', '+ minimum: 1', '- maximum: 5', '+ maximum: 1']);
    expect(down.finding).toMatchObject({ verdict: 'ok', summary: '1 instance running and ready' });
  });

  test('a count that the autoscaler sets between them is its own, whatever was asked for', async ({ rig }) => {
    await rig.control.createSettled(deployment('checkout'));
    await rig.control.create(horizontalPodAutoscaler('checkout', { min: 2, max: 8 }));
    const { setLimits: operation } = autoscaling(await rig.service());
    const call = newCall();
    const change = await operation.plan({ to: 5, expected: 3 }, call);
    await operation.apply(change, call);
    // There are no metrics in this cluster: somebody plays the load that asks for more.
    await rig.control.scale('Deployment', 'checkout', 7);
    expect(await operation.verify(change, call)).toMatchObject({
      verdict: 'ok',
      summary: '7 instances running and ready',
    });
  });

  test('limits that somebody moved in between are kept', async ({ rig }) => {
    await rig.control.createSettled(deployment('checkout'));
    await rig.control.create(horizontalPodAutoscaler('checkout', { min: 2, max: 4 }));
    const { setLimits: operation } = autoscaling(await rig.service());
    const change = await operation.plan({ to: 5, expected: 3 }, newCall());
    await rig.control.patch('HorizontalPodAutoscaler', 'checkout', { spec: { maxReplicas: 8 } });
    await expect(operation.apply(change, newCall())).rejects.toMatchObject({
      kind: 'refused',
      message: expect.stringContaining('(2 to 8)') as string,
    });
    expect((await rig.control.get<Hpa>('HorizontalPodAutoscaler', 'checkout')).spec).toMatchObject({
      minReplicas: 2,
      maxReplicas: 8,
    });
    expect(await operation.verify(change, newCall())).toMatchObject({
      verdict: 'critical',
      summary: 'the limits were not moved: HorizontalPodAutoscaler checkout (2 to 8)',
    });
  });

  test('of KEDA it is the ScaledObject that is changed, never its HPA', async ({ rig }) => {
    await rig.cluster.installKeda();
    await rig.control.createSettled(deployment('checkout'));
    const { metadata } = await rig.control.create<Hpa>(scaledObject('checkout', { min: 2, max: 6 }));
    await rig.control.create(kedasOwn('checkout', metadata.uid));
    const { setLimits: operation } = autoscaling(await rig.service());
    const call = newCall();
    const change = await operation.plan({ to: 4, expected: 3 }, call);
    await operation.apply(change, call);
    expect(await rig.control.get<object>('ScaledObject', 'checkout')).toMatchObject({
      spec: { minReplicaCount: 4, maxReplicaCount: 6 },
    });
    expect((await rig.control.get<Hpa>('HorizontalPodAutoscaler', 'keda-hpa-checkout')).spec).toMatchObject({
      minReplicas: 2,
      maxReplicas: 6,
    });
    // KEDA would move its HPA now; here somebody else plays it.
    await rig.control.patch('HorizontalPodAutoscaler', 'keda-hpa-checkout', { spec: { minReplicas: 4 } });
    expect(await operation.verify(change, call)).toMatchObject({ verdict: 'ok' });
  });

  test('what would not work is refused with the reason', async ({ rig }) => {
    await rig.control.createSettled(deployment('checkout', { replicas: 1 }));
    const service = await rig.service();
    const { setLimits: operation } = autoscaling(service);
    await expect(operation.plan({ to: 4, expected: 1 }, newCall())).rejects.toMatchObject({ kind: 'refused' });
    await rig.control.create(horizontalPodAutoscaler('checkout', { min: 1 }));
    await expect(operation.plan({ to: 0, expected: 1 }, newCall())).rejects.toMatchObject({ kind: 'usage' });
    await expect(operation.plan({ to: 4, expected: 3 }, newCall())).rejects.toMatchObject({
      kind: 'refused',
      message: expect.stringContaining('1 instance now, not 3') as string,
    });
    await rig.control.scale('Deployment', 'checkout', 0);
    await expect(operation.plan({ to: 4, expected: 0 }, newCall())).rejects.toMatchObject({
      kind: 'refused',
      next: ['rb scale to 4'],
    });
  });

  test('a missing right is found before anybody is asked', async ({ rig }) => {
    await rig.control.createSettled(deployment('checkout'));
    await rig.control.create(horizontalPodAutoscaler('checkout'));
    const service = await rig.service({
      rules: [
        { apiGroups: ['apps'], resources: ['deployments'], verbs: ['get'] },
        { apiGroups: ['autoscaling'], resources: ['horizontalpodautoscalers'], verbs: ['list'] },
      ],
    });
    await expect(autoscaling(service).setLimits.plan({ to: 5, expected: 3 }, newCall())).rejects.toMatchObject({
      kind: 'unreachable',
      message: expect.stringContaining('may not patch horizontalpodautoscalers') as string,
    });
  });
});
