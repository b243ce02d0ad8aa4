import { describe, expect } from 'vitest';
import { fingerprint } from '../../../../src/engine/change.ts';
import type { Kubernetes } from '../../../../src/clients/kubernetes/port.ts';
import { scaleOperation } from '../../../../src/providers/workload/kubernetes/count/scale.ts';
import type { Service } from '../../../../src/providers/workload/kubernetes/service.ts';
import { until } from '../../../rigs/kubernetes/wait.ts';
import {
  daemonSet,
  deployment,
  held,
  horizontalPodAutoscaler,
  statefulSet,
} from '../../../rigs/kubernetes/workloads.ts';
import { carriedOut, newCall } from '../call.ts';
import { failing, killedAt, test } from './namespace-rig.ts';

const scaled = async (service: Service, to: number, expected: number) => {
  const operation = scaleOperation(service);
  const call = newCall();
  const change = await operation.plan({ to, expected }, call);
  return { change, call, finding: await carriedOut(operation, change, call) };
};

/** Something happens right before the adapter writes, as often as told. */
const beforeWrites =
  (times: number, happens: () => Promise<unknown>) =>
  (client: Kubernetes): Kubernetes => ({
    ...client,
    patch: async (of, name, body, ask) => {
      if (!ask.dryRun && times-- > 0) await happens();
      return client.patch(of, name, body, ask);
    },
  });

describe.concurrent('scaling a Deployment', () => {
  test('up and down: as many pods as wanted, ready, and no others', async ({ rig }) => {
    await rig.control.createSettled(deployment('checkout'));
    const service = await rig.service();
    const up = await scaled(service, 5, 3);
    expect(up.change).toMatchObject({
      summary: 'scale checkout from 3 to 5 instances',
      blastRadius: ['2 instances more', 'now 3, minimum 1, maximum 9'],
      equivalent: [
        `kubectl --context rig -n ${rig.namespace} scale deployment/checkout --current-replicas=3 --replicas=5`,
      ],
      undo: `kubectl --context rig -n ${rig.namespace} scale deployment/checkout --current-replicas=5 --replicas=3`,
    });
    expect(up.change.raises).toBeUndefined();
    expect(up.finding).toMatchObject({ verdict: 'ok', summary: '5 instances running and ready' });
    const down = await scaled(service, 2, 5);
    expect(down.change.blastRadius[0]).toBe('3 of 5 instances stopped; the platform chooses which');
    expect(down.finding).toMatchObject({ verdict: 'ok', summary: '2 instances running and ready' });
    expect(await rig.control.pods('checkout')).toHaveLength(2);
  });

  test('down is over when the last pod is gone, not when it was told to go', async ({ rig }) => {
    await rig.control.createSettled(deployment('checkout', { behaviour: { terminating: 'hangs' } }));
    const operation = scaleOperation(await rig.service());
    const call = newCall();
    const change = await operation.plan({ to: 1, expected: 3 }, call);
    const receipt = await operation.apply(change, call);
    const verified = operation.verify(change, call, receipt);
    await until('two are stopping', async () => call.notes().includes('1 of 1 ready, 2 stopping'));
    await rig.control.behave(await rig.control.pods('checkout'), {});
    expect(await verified).toMatchObject({ verdict: 'ok' });
    expect(await rig.control.pods('checkout')).toHaveLength(1);
  });

  test('the status that moves meanwhile is no reason to refuse', async ({ rig }) => {
    await rig.control.createSettled(deployment('checkout'));
    let count = 0;
    const touch = () =>
      rig.control.patch('Deployment', 'checkout', { metadata: { annotations: { touched: String(++count) } } });
    const { finding } = await scaled(await rig.service({ through: beforeWrites(3, touch) }), 4, 3);
    expect(finding.verdict).toBe('ok');
    expect(count).toBe(3);
  });

  test('a count that somebody changed in between is kept, and both numbers are told', async ({ rig }) => {
    await rig.control.createSettled(deployment('checkout'));
    const service = await rig.service({
      through: beforeWrites(1, () => rig.control.scale('Deployment', 'checkout', 6)),
    });
    const operation = scaleOperation(service);
    const change = await operation.plan({ to: 4, expected: 3 }, newCall());
    await expect(operation.apply(change, newCall())).rejects.toMatchObject({
      kind: 'refused',
      message: expect.stringContaining('6 instances now, not 3') as string,
    });
    expect((await rig.control.get('Deployment', 'checkout')).spec.replicas).toBe(6);
    await expect(operation.plan({ to: 4, expected: 3 }, newCall())).rejects.toMatchObject({ kind: 'refused' });
  });

  test('where the answer to the change is lost, the cluster is asked what became of it', async ({ rig }) => {
    await rig.control.createSettled(deployment('checkout'));
    const { finding } = await scaled(await rig.service({ through: failing(1, 'unknown') }), 4, 3);
    expect(finding.verdict).toBe('ok');
    // Not sent at all is no such doubt.
    const operation = scaleOperation(await rig.service({ through: failing(1, 'unreachable') }));
    const change = await operation.plan({ to: 5, expected: 4 }, newCall());
    await expect(operation.apply(change, newCall())).rejects.toMatchObject({ kind: 'unreachable' });
  });

  test('pods that take longer than the time for one step are waited for, as long as there are steps', async ({
    rig,
  }) => {
    await rig.control.createSettled(statefulSet('checkout', { replicas: 1, behaviour: { readyAfter: '3s' } }));
    const service = await rig.service({ config: { kind: 'statefulset', readyTimeoutMs: 8000 } });
    const began = performance.now();
    expect((await scaled(service, 4, 1)).finding).toMatchObject({ verdict: 'ok' });
    expect(performance.now() - began).toBeGreaterThan(8000);
  });

  test('what does not get ready has failed when nothing moves any more', async ({ rig }) => {
    await rig.control.createSettled(deployment('checkout'));
    await rig.control.release('Deployment', 'checkout', '1.0.0', { readyAfter: '600s' });
    const service = await rig.service({ config: { readyTimeoutMs: 3000 } });
    const { finding } = await scaled(service, 5, 3);
    expect(finding.verdict).toBe('critical');
    expect(finding.summary).toMatch(/^[34] of 5 instances ready after \d+ s; checkout-\S+: not ready/);
  });

  test('the image that somebody changed in between is no matter of the count', async ({ rig }) => {
    await rig.control.createSettled(deployment('checkout'));
    const operation = scaleOperation(await rig.service());
    const before = await operation.plan({ to: 4, expected: 3 }, newCall());
    await rig.control.release('Deployment', 'checkout', '2.0.0');
    expect(fingerprint(await operation.plan({ to: 4, expected: 3 }, newCall()))).toBe(fingerprint(before));
  });

  test('a change back while the pods come up is told as what it is', async ({ rig }) => {
    await rig.control.createHeld(deployment('checkout', { behaviour: held }));
    const operation = scaleOperation(await rig.service());
    const call = newCall();
    const change = await operation.plan({ to: 5, expected: 3 }, call);
    const receipt = await operation.apply(change, call);
    const verified = operation.verify(change, call, receipt);
    await rig.control.scale('Deployment', 'checkout', 3);
    expect(await verified).toMatchObject({
      verdict: 'critical',
      summary: 'something else set it to 3 instances; 5 wanted',
    });
  });

  test('a new pod that crashes ends the wait, with its name and exit code', async ({ rig }) => {
    await rig.control.createSettled(deployment('checkout'));
    await rig.control.patch('Deployment', 'checkout', { spec: { paused: true } });
    await rig.control.release('Deployment', 'checkout', '2.0.0', { behaviour: 'crash-loop', exitCode: 3 });
    await rig.control.patch('Deployment', 'checkout', { spec: { paused: false, replicas: 0 } });
    const began = performance.now();
    const { finding } = await scaled(await rig.service(), 2, 0);
    expect(finding.verdict).toBe('critical');
    expect(finding.summary).toMatch(/^0 of 2 instances ready: checkout-\S+: container app: .*exit code 3/);
    expect(performance.now() - began).toBeLessThan(60_000);
  });

  test('a pod that was not ready before is not blamed on the change', async ({ rig }) => {
    await rig.control.createSettled(deployment('checkout'));
    const [sick] = await rig.control.pods('checkout');
    if (!sick) throw new Error('there are pods');
    await rig.control.behave([sick], { behaviour: 'unready' });
    const service = await rig.service();
    while ((await service.read(newCall().signal)).ready === 3) await new Promise((resolve) => setTimeout(resolve, 50));
    const { finding } = await scaled(service, 4, 3);
    expect(finding).toMatchObject({
      verdict: 'warn',
      summary: `4 instances running; ${sick.metadata.name} not ready, as before`,
    });
  });

  test('a quota that keeps the platform from starting pods is told in its words', async ({ rig }) => {
    await rig.control.createSettled(deployment('checkout', { replicas: 2 }));
    await rig.cluster.api.post(`/api/v1/namespaces/${rig.namespace}/resourcequotas`, {
      apiVersion: 'v1',
      kind: 'ResourceQuota',
      metadata: { name: 'small' },
      spec: { hard: { pods: '3' } },
    });
    const { finding } = await scaled(await rig.service(), 5, 2);
    expect(finding.verdict).toBe('critical');
    expect(finding.summary).toMatch(/exceeded quota: small/);
  });

  test('one that is deleted while it is watched is no success', async ({ rig }) => {
    await rig.control.createSettled(deployment('checkout'));
    await rig.control.release('Deployment', 'checkout', '1.0.0', { readyAfter: '60s' });
    const operation = scaleOperation(await rig.service());
    const call = newCall();
    const change = await operation.plan({ to: 5, expected: 3 }, call);
    const receipt = await operation.apply(change, call);
    const verified = operation.verify(change, call, receipt);
    await rig.control.remove('Deployment', 'checkout');
    expect(await verified).toMatchObject({ verdict: 'critical', summary: 'deployment/checkout was deleted' });
  });

  test('cut off before the change: not done; after it: done', async ({ rig }) => {
    await rig.control.createSettled(deployment('checkout'));
    const change = await scaleOperation(await rig.service()).plan({ to: 4, expected: 3 }, newCall());
    const killed = scaleOperation(await rig.service({ through: killedAt(1, false) }));
    await expect(killed.apply(change, newCall())).rejects.toThrow('killed');
    expect(await scaleOperation(await rig.service()).verify(change, newCall())).toMatchObject({
      verdict: 'critical',
      summary: 'not scaled: still 3 instances',
    });
    const late = scaleOperation(await rig.service({ through: killedAt(1, true) }));
    await expect(late.apply(change, newCall())).rejects.toThrow('killed');
    expect(await scaleOperation(await rig.service()).verify(change, newCall())).toMatchObject({ verdict: 'ok' });
  });
});

describe.concurrent('scaling other kinds', () => {
  test('a StatefulSet', async ({ rig }) => {
    await rig.control.createSettled(statefulSet('checkout', { replicas: 2 }));
    const service = await rig.service({ config: { kind: 'statefulset' } });
    expect((await scaled(service, 3, 2)).finding.verdict).toBe('ok');
    expect((await scaled(service, 1, 3)).finding.verdict).toBe('ok');
    expect((await rig.control.pods('checkout')).map(({ metadata }) => metadata.name)).toEqual(['checkout-0']);
  });

  test('a DaemonSet has no count', async ({ rig }) => {
    await rig.control.createSettled(daemonSet('checkout'));
    const operation = scaleOperation(await rig.service({ config: { kind: 'daemonset' } }));
    await expect(operation.plan({ to: 4, expected: 5 }, newCall())).rejects.toMatchObject({
      kind: 'usage',
      message: expect.stringContaining('one instance on every node') as string,
    });
  });
});

describe.concurrent('scaling past an autoscaler', () => {
  test('the plan says what it will make of the count, and the verification that it did', async ({ rig }) => {
    await rig.control.createSettled(deployment('checkout'));
    await rig.control.create(horizontalPodAutoscaler('checkout', { min: 2, max: 4 }));
    const service = await rig.service();
    const within = await scaleOperation(service).plan({ to: 4, expected: 3 }, newCall());
    expect(within.raises).toBeUndefined();
    expect(within.blastRadius).toContain('HorizontalPodAutoscaler checkout (2 to 4) may change the count again');
    const beyond = await scaleOperation(service).plan({ to: 7, expected: 3 }, newCall());
    expect(beyond.raises).toEqual(['HorizontalPodAutoscaler checkout (2 to 4) will set the count to 4 again']);
    const call = newCall();
    await rig.control.release('Deployment', 'checkout', '1.0.0', { readyAfter: '60s' });
    expect(await carriedOut(scaleOperation(service), beyond, call)).toMatchObject({
      verdict: 'critical',
      summary: 'something else set it to 4 instances; 7 wanted',
    });
  });

  test('a count of 0 switches it off, and that is a reason to be more careful', async ({ rig }) => {
    await rig.control.createSettled(deployment('checkout'));
    await rig.control.create(horizontalPodAutoscaler('checkout'));
    const { change, finding } = await scaled(await rig.service(), 0, 3);
    expect(change.raises).toEqual([
      'HorizontalPodAutoscaler checkout is switched off by a count of 0, until somebody sets another count',
    ]);
    expect(finding).toMatchObject({ verdict: 'ok', summary: 'no instance is running' });
  });
});

describe.concurrent('scaling with few rights', () => {
  const look = { apiGroups: ['apps'], resources: ['deployments'], verbs: ['get', 'list', 'watch'] };
  const scale = { apiGroups: ['apps'], resources: ['deployments/scale'], verbs: ['patch'] };
  const pods = { apiGroups: [''], resources: ['pods'], verbs: ['list', 'watch'] };
  const replicaSets = { apiGroups: ['apps'], resources: ['replicasets'], verbs: ['list', 'watch'] };

  test('a missing right is found before anybody is asked', async ({ rig }) => {
    await rig.control.createSettled(deployment('checkout'));
    const operation = scaleOperation(await rig.service({ rules: [look] }));
    await expect(operation.plan({ to: 4, expected: 3 }, newCall())).rejects.toMatchObject({
      kind: 'unreachable',
      message: expect.stringContaining('may not patch deployments.apps/scale') as string,
    });
  });

  test('not being allowed to see autoscalers keeps nobody from scaling, and is said', async ({ rig }) => {
    await rig.control.createSettled(deployment('checkout'));
    const service = await rig.service({ rules: [look, scale, pods, replicaSets] });
    const { change, finding } = await scaled(service, 4, 3);
    expect(change.blastRadius.at(-1)).toMatch(
      /^whether an autoscaler changes the count cannot be seen: .*may not list/,
    );
    expect(finding.verdict).toBe('ok');
  });
});
