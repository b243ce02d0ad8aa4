import { beforeAll, expect, test } from 'vitest';
import { until } from '../../rigs/kubernetes/wait.ts';
import { scaledObject } from '../../rigs/kubernetes/workloads.ts';
import { useKubernetes } from './stage.ts';

// Nothing acts on a ScaledObject here: what KEDA would do is not shown, what rb tells and changes is.

const stage = useKubernetes();
const lines = ['scaling: { min: 2, max: 8, watchMinutes: 0.1 }'];
beforeAll(() => stage.cluster.installKeda());

const limits = (name: string) =>
  stage.control.get<{ spec: { minReplicaCount: number; maxReplicaCount: number } }>('ScaledObject', name);
const replicas = async (name: string) => (await stage.control.get('Deployment', name)).spec.replicas;

const scaled = async (name: string, annotations: Readonly<Record<string, string>> = {}) => {
  await stage.deploy(name);
  await stage.control.create(scaledObject(name, { min: 2, max: 5, annotations }));
  return { name, operator: stage.operator(name, { lines }) };
};

test('rb scale asks where a ScaledObject of KEDA sets the number: exit code 2 and the flag without an answer', async () => {
  const { name, operator } = await scaled('asked');
  const { code, stderr } = await operator.run('scale up 4 --yes');
  expect([code, stderr]).toEqual([2, expect.stringContaining('pass --answer autoscaler=<limits|count>')]);
  expect(stderr).toContain(`ScaledObject ${name} sets the number of instances, between 2 and 5`);
  expect(await replicas(name)).toBe(3);
});

test('its limits are changed: on the card the ScaledObject and both limits', async () => {
  const { name, operator } = await scaled('limits');
  const dry = await operator.run('scale to 7 --answer autoscaler=limits --dry-run');
  expect(dry.stdout).toContain(`ScaledObject ${name}`);
  expect(dry.stdout).toContain('patch scaledobject');
  const running = operator.start('scale to 7 --answer autoscaler=limits --yes');
  await until(
    'the limits are changed',
    () => limits(name),
    ({ spec }) => spec.maxReplicaCount === 7,
  );
  // As KEDA would.
  await stage.control.scale('Deployment', name, 7);
  const { code, stderr } = await running.ended;
  expect(code, stderr).toBe(0);
  expect((await limits(name)).spec).toMatchObject({ minReplicaCount: 7, maxReplicaCount: 7 });
});

test('one that is paused is in nobody’s way: nothing is asked, and it is said', async () => {
  const { name, operator } = await scaled('paused', { 'autoscaling.keda.sh/paused': 'true' });
  const { code, stderr } = await operator.run('scale up --yes --no-watch');
  expect(stderr).toContain(`ScaledObject ${name} (between 2 and 5) is not active at present`);
  expect([code, await replicas(name)], stderr).toEqual([0, 4]);
});
