import { describe, expect } from 'vitest';
import { restartInstanceOperation } from '../../../../src/providers/workload/kubernetes/restart/evict.ts';
import { rollbackOperation } from '../../../../src/providers/workload/kubernetes/revisions/rollback.ts';
import { scaleOperation } from '../../../../src/providers/workload/kubernetes/count/scale.ts';
import { stopAndStartOperation } from '../../../../src/providers/workload/kubernetes/emergency/stop-and-start.ts';
import { statusOf } from '../../../../src/providers/workload/kubernetes/views/status.ts';
import type { Operation } from '../../../../src/providers/workload/port.ts';
import type { Pod } from '../../../rigs/kubernetes/objects.ts';
import { until } from '../../../rigs/kubernetes/wait.ts';
import { deployment, type PodBehaviour } from '../../../rigs/kubernetes/workloads.ts';
import { carriedOut, newCall } from '../call.ts';
import { type NamespaceRig, test } from './namespace-rig.ts';

const isReady = ({ status }: Pod): boolean =>
  status.conditions?.some((one) => one.type === 'Ready' && one.status === 'True') ?? false;

/** A Deployment of three, and beside them a fourth pod that its node has evicted: such pods stay on the list for weeks. */
const withEvictedPod = async ({ control }: NamespaceRig, behaviour: PodBehaviour = {}): Promise<string> => {
  await control.createSettled(deployment('checkout', { behaviour }));
  const [pod] = await control.pods('checkout');
  if (!pod) throw new Error('there are pods');
  await control.pressOut(pod);
  await until(
    'another is ready in its place',
    () => control.pods('checkout'),
    (pods) => pods.length === 4 && pods.filter(isReady).length === 3,
  );
  return pod.metadata.name;
};

const done = async <Input>(operation: Operation<Input>, input: Input) => {
  const call = newCall();
  const change = await operation.plan(input, call);
  return { change, call, finding: await carriedOut(operation, change, call) };
};

describe.concurrent('a pod that its node evicted, and that was replaced long ago', () => {
  test('is no instance, unless one is missing', async ({ rig }) => {
    const name = await withEvictedPod(rig);
    const service = await rig.service();
    const { instances } = await statusOf(service, newCall(), 'full');
    expect(instances.map(({ health }) => health)).toEqual(['ok', 'ok', 'ok']);
    expect(instances.map(({ id }) => id)).not.toContain(name);
    const listed = await service.pods(await service.read(newCall().signal), newCall().signal);
    const others = listed.filter((pod) => pod.name !== name);
    const oneShort = listed.filter((pod) => pod !== others[0]);
    const { instances: shown } = await statusOf({ ...service, pods: async () => oneShort }, newCall(), 'full');
    expect(shown).toHaveLength(3);
    expect(shown.find(({ id }) => id === name)).toMatchObject({ state: 'stopped', detail: 'Evicted' });
  });

  test('does not keep a new count from being reached', async ({ rig }) => {
    await withEvictedPod(rig);
    const { finding } = await done(scaleOperation(await rig.service()), { to: 4, expected: 3 });
    expect(finding).toMatchObject({ verdict: 'ok', summary: '4 instances running and ready' });
  });

  test('is not waited for by an emergency restart, and has not outlived it', async ({ rig }) => {
    const name = await withEvictedPod(rig);
    const { change, call, finding } = await done(stopAndStartOperation(await rig.service()), {});
    expect(change.summary).toBe('stop all 3 instances, wait for the drain, start 3');
    expect(call.notes()).toMatch(/all stopped after/);
    expect(call.notes()).not.toContain(`${name} still running`);
    expect(finding).toMatchObject({ verdict: 'ok', summary: 'all 3 instances stopped, started and ready' });
  });

  test('is none of those that go on serving while another is restarted', async ({ rig }) => {
    const name = await withEvictedPod(rig);
    const other = (await rig.control.pods('checkout')).find(({ metadata }) => metadata.name !== name);
    const { change, finding } = await done(restartInstanceOperation(await rig.service()), {
      id: other?.metadata.name ?? '',
    });
    expect(change.blastRadius).toEqual(['1 of 3 instances; 2 healthy ones go on serving']);
    expect(finding.verdict).toBe('ok');
  });

  test('says nothing against the version that it ran, when that is brought back', async ({ rig }) => {
    // So slow that there is time to take the evicted one for one that does not come up.
    await withEvictedPod(rig, { readyAfter: '1500ms' });
    await rig.control.release('Deployment', 'checkout', '2.0.0', { readyAfter: '10ms' });
    await until(
      'the new version is complete',
      () => rig.control.get('Deployment', 'checkout'),
      ({ metadata, status }) =>
        status.observedGeneration === metadata.generation && status.updatedReplicas === 3 && status.replicas === 3,
    );
    const { finding } = await done(rollbackOperation(await rig.service()), {});
    expect(finding).toMatchObject({
      verdict: 'ok',
      summary: expect.stringContaining('back on version 1.0.0') as string,
    });
  });
});
