import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Access } from './access.ts';
import { ApiError } from './api.ts';
import { type Control, controlOf, type Kind } from './control.ts';
import type { Condition, Pod } from './objects.ts';
import { sharedCluster } from './shared.ts';
import { until } from './wait.ts';
import {
  daemonSet,
  deployment,
  horizontalPodAutoscaler,
  job,
  podDisruptionBudget,
  scaledObject,
  statefulSet,
} from './workloads.ts';
import { haveTimeForPrograms } from '../../patience.ts';

haveTimeForPrograms();

let cluster: Access;
let control: Control;

beforeAll(async () => {
  cluster = await sharedCluster();
  control = controlOf(cluster.api, await cluster.namespace());
});

afterAll(async () => {
  await cluster.removeNamespace(control.namespace);
  cluster.close();
});

const first = (pod: Pod) => pod.status.containerStatuses?.[0];
const conditionsOf = async (kind: Kind, name: string): Promise<readonly Condition[]> => {
  const { status } = await control.get<{ status: { conditions?: readonly Condition[] } }>(kind, name);
  return status.conditions ?? [];
};
const hasCondition = (wanted: string, value: string) => (conditions: readonly Condition[]) =>
  conditions.some(({ type, status }) => type === wanted && status === value);

describe('an eviction', () => {
  it('is refused with 429 where a PodDisruptionBudget says no, and done where it says yes', async () => {
    await control.createSettled(deployment('budget', { replicas: 2 }));
    await control.create(podDisruptionBudget('budget', { minAvailable: 2 }));
    const status = async () =>
      (
        await control.get<{ status: { expectedPods?: number; disruptionsAllowed?: number } }>(
          'PodDisruptionBudget',
          'budget',
        )
      ).status;
    await until('the budget has counted', status, ({ expectedPods }) => expectedPods === 2);
    const [pod] = await control.pods('budget');
    const name = pod?.metadata.name ?? '';
    const evict = () =>
      cluster.api.post(`/api/v1/namespaces/${control.namespace}/pods/${name}/eviction`, {
        apiVersion: 'policy/v1',
        kind: 'Eviction',
        metadata: { name },
      });
    await expect(evict()).rejects.toMatchObject({ status: 429 });
    await control.patch('PodDisruptionBudget', 'budget', { spec: { minAvailable: 1 } });
    await until('one may go', status, ({ disruptionsAllowed }) => disruptionsAllowed === 1);
    await evict();
    await until(
      'it is replaced',
      () => control.pods('budget'),
      (pods) => pods.length === 2 && pods.every((each) => each.metadata.name !== name && first(each)?.ready),
    );
  });
});

describe('other kinds', () => {
  it('a StatefulSet rolls from the last pod to the first', async () => {
    await control.createSettled(statefulSet('db'));
    // Creation times are whole seconds.
    await control.release('StatefulSet', 'db', '2.0.0', { readyAfter: '1100ms' });
    await until(
      'the first new pod',
      () => control.pods('db'),
      (pods) => pods.length > 0,
    );
    await control.settled('StatefulSet', 'db');
    const pods = await control.pods('db');
    expect(pods.map(({ metadata }) => metadata.name)).toEqual(['db-2', 'db-1', 'db-0']);
  });

  it('a DaemonSet has a pod on each node, and rolls', async () => {
    const { status } = await control.createSettled(daemonSet('agent'));
    await control.release('DaemonSet', 'agent', '2.0.0');
    await control.settled('DaemonSet', 'agent');
    const pods = await control.pods('agent');
    expect(new Set(pods.map(({ spec }) => spec.nodeName)).size).toBe(status.desiredNumberScheduled);
    expect(await control.pods('agent', '2.0.0')).toHaveLength(pods.length);
  });

  it('a Job ends, well or not', async () => {
    await control.create(job('good'));
    await control.create(job('bad', { behaviour: { behaviour: 'fail', exitCode: 2 } }));
    await until('the good end', () => conditionsOf('Job', 'good'), hasCondition('Complete', 'True'));
    await until('the bad end', () => conditionsOf('Job', 'bad'), hasCondition('Failed', 'True'));
  });

  it('an autoscaler keeps the count within its limits, and says that it has no metrics', async () => {
    await control.createSettled(deployment('scaled', { replicas: 1 }));
    await control.create(horizontalPodAutoscaler('scaled', { min: 2 }));
    await until(
      '2 replicas',
      () => control.get('Deployment', 'scaled'),
      ({ spec }) => spec.replicas === 2,
    );
    await until(
      'the condition',
      () => conditionsOf('HorizontalPodAutoscaler', 'scaled'),
      hasCondition('ScalingActive', 'False'),
    );
  });

  it('a ScaledObject of KEDA is kept', async () => {
    await cluster.installKeda();
    await cluster.installKeda();
    const created = await control.create<{ spec: { minReplicaCount: number } }>(scaledObject('web', { min: 4 }));
    expect(created.spec.minReplicaCount).toBe(4);
  });
});

describe('users', () => {
  const mayRead = [{ apiGroups: ['apps'], resources: ['deployments'], verbs: ['get', 'list'] }];
  const get = ['get', 'deployments'];

  it('may do what their role says, and are refused the rest with 403', async () => {
    await control.create(deployment('refused', { replicas: 1 }));
    const { name, token } = await cluster.userFor(control.namespace, 'reader', mayRead);
    const kubeconfig = cluster.kubeconfig({ credential: { token }, namespace: control.namespace });
    await cluster.kubectl(get, { kubeconfig });
    await expect(cluster.kubectl(['rollout', 'restart', 'deployment/refused'], { kubeconfig })).rejects.toThrow(
      `deployments.apps "refused" is forbidden: User "${name}" cannot patch resource "deployments"`,
    );
  });

  it('come with a token, a certificate or a plugin; an old token and an old certificate are refused', async () => {
    const user = await cluster.userFor(control.namespace, 'plugged', mayRead);
    const { plugin, calls } = cluster.execPlugin(user.token);
    const { namespace } = control;
    await cluster.kubectl(get, { kubeconfig: cluster.kubeconfig({ credential: { exec: plugin }, namespace }) });
    expect(cluster.read(calls)).toBe('called\n');
    const admin = await cluster.certificateFor('ann', ['system:masters']);
    await cluster.kubectl(get, { kubeconfig: cluster.kubeconfig({ credential: admin, namespace }) });
    const old = { token: cluster.expired(user) };
    const asOld = cluster.kubectl(get, { kubeconfig: cluster.kubeconfig({ credential: old, namespace }) });
    await expect(asOld).rejects.toThrow(/Unauthorized|must be logged in/);
    const past = await cluster.certificateFor('ann', ['system:masters'], -1000);
    const asPast = cluster.kubectl(get, { kubeconfig: cluster.kubeconfig({ credential: past, namespace }) });
    await expect(asPast).rejects.toThrow(/Unauthorized|must be logged in/);
  });

  it('get the API error as an error with its status', async () => {
    const missing = control.get('Deployment', 'nothing');
    await expect(missing).rejects.toThrow(ApiError);
    await expect(missing).rejects.toMatchObject({ status: 404 });
  });
});
