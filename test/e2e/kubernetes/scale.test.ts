import { describe, expect, test } from 'vitest';
import { horizontalPodAutoscaler } from '../../rigs/kubernetes/workloads.ts';
import { ofType, trail } from '../trail.ts';
import { useKubernetes } from './stage.ts';

const stage = useKubernetes();
/** Six seconds, a look every 0.6 seconds. */
const lines = ['scaling: { min: 2, max: 8, watchMinutes: 0.1 }'];
const replicas = async (name: string) => (await stage.control.get('Deployment', name)).spec.replicas;
const hpa = (name: string) =>
  stage.control.get<{ spec: { minReplicas: number; maxReplicas: number } }>('HorizontalPodAutoscaler', name);

test('rb scale: up, relative, in percent, down with the watch, and to the number that there is', async () => {
  const name = await stage.deploy('counts');
  const operator = stage.operator(name, { lines });
  for (const [line, count] of [
    ['scale up', 4],
    ['scale up 50%', 6],
    ['scale to 3 --no-watch --confirm checkout/staging', 3],
    ['scale down', 2],
    ['scale to 2', 2],
  ] as const) {
    const { code, stderr } = await operator.run(`${line} --yes`);
    expect([line, code, await replicas(name)], stderr).toEqual([line, 0, count]);
    if (line === 'scale down')
      expect(stderr).toMatch(/3 -> 2 instances in .*; stable with 2 instances over \d+ samples/);
  }
});

test.for([
  ['scale down 2', 'below the floor of 2'],
  ['scale down 99', 'below the floor of 2'],
  ['scale down 100%', 'below the floor of 2'],
  ['scale to 0', 'below the floor of 2'],
  ['scale to 9', 'above the ceiling of 8'],
])('rb %s: %s, exit code 3', async ([line = '', why = '']) => {
  const name = `floor-${line.replaceAll(/\W+/g, '-').replace(/-$/, '')}`;
  await stage.deploy(name);
  const { code, stderr } = await stage.operator(name, { lines }).run(`${line} --yes --confirm checkout/staging`);
  expect([code, stderr, await replicas(name)]).toEqual([3, expect.stringContaining(why), 3]);
});

const scaled = async (name: string) => {
  await stage.deploy(name);
  await stage.control.create(horizontalPodAutoscaler(name, { min: 2, max: 5 }));
  return { name, operator: stage.operator(name, { lines }) };
};

describe('an autoscaler in the way', () => {
  test('without an answer: exit code 2 and the flag; the dry run shows the advice and the ways; nothing is done', async () => {
    const { name, operator } = await scaled('asked');
    const { code, stderr } = await operator.run('scale to 7 --yes');
    expect([code, stderr]).toEqual([2, expect.stringContaining('pass --answer autoscaler=<limits|count>')]);
    expect(stderr).toContain(`HorizontalPodAutoscaler ${name} sets the number of instances, between 2 and 5`);
    const dry = await operator.run('scale to 7 --dry-run');
    expect([dry.code, dry.stderr]).toEqual([0, expect.stringContaining('it would change 7 back at once')]);
    expect(dry.stderr).toContain('--answer autoscaler=limits: its limits, so that it sets this number');
    expect(await replicas(name)).toBe(3);
  });

  test('its limits are changed, and it sets the number: what the dry run planned with the answer, and its hash covers', async () => {
    const { name, operator } = await scaled('limits');
    const line = 'scale to 7 --answer autoscaler=limits';
    const { plan } = (await operator.run(`${line} --dry-run -o json`)).json() as { readonly plan: { hash: string } };
    const another = await operator.run(
      `scale to 7 --answer autoscaler=count --yes --plan ${plan.hash} --confirm checkout/staging`,
    );
    expect(another.code).toBe(3);
    const { code, stderr } = await operator.run(`${line} --yes --plan ${plan.hash}`);
    expect([code, stderr]).toEqual([0, expect.stringContaining('3 -> 7 instances')]);
    expect([await replicas(name), (await hpa(name)).spec]).toMatchObject([7, { minReplicas: 7, maxReplicas: 7 }]);
  });

  test('the number is set all the same: the watch says that the autoscaler has changed it back', async () => {
    const { name, operator } = await scaled('count');
    await stage.control.patch('HorizontalPodAutoscaler', name, { spec: { minReplicas: 3 } });
    const { code, stderr } = await operator.run(
      'scale to 2 --answer autoscaler=count --confirm checkout/staging --yes',
    );
    expect([code, stderr]).toEqual([
      1,
      expect.stringContaining(`HorizontalPodAutoscaler ${name} has changed the count to 3`),
    ]);
    expect(ofType(await trail(operator), 'answer')).toMatchObject([
      { answer: 'count', by: '--answer', advice: expect.stringContaining('it would change 2 back at once') as unknown },
    ]);
  });

  test('to 0, where that is allowed: it is said that this switches the autoscaler off', async () => {
    const { name } = await scaled('zero');
    const operator = stage.operator(name, { lines: ['scaling: { min: 0, max: 8 }'] });
    const { code, screen } = await operator.run('scale to 0 --answer autoscaler=count --no-watch', {
      answers: ['checkout/staging'],
    });
    expect(screen).toContain(`HorizontalPodAutoscaler ${name} is switched off by a count of 0`);
    expect([code, await replicas(name)], screen).toEqual([0, 0]);
    const status = await operator.run('scale status');
    expect(status.stdout).toContain('switched off while the count is 0');
  });

  test('that may not be seen is a warning, and the number is changed', async () => {
    const { name } = await scaled('hidden');
    await stage.control.remove('HorizontalPodAutoscaler', name);
    const user = await stage.cluster.userFor(stage.control.namespace, 'no-hpa', [
      { apiGroups: ['apps'], resources: ['deployments', 'replicasets'], verbs: ['get', 'list', 'watch'] },
      { apiGroups: ['apps'], resources: ['deployments/scale'], verbs: ['get', 'patch', 'update'] },
      { apiGroups: [''], resources: ['pods'], verbs: ['get', 'list', 'watch'] },
    ]);
    const restricted = stage.operator(name, { lines, kubeconfig: { credential: { token: user.token } } });
    const { code, stderr } = await restricted.run('scale up --yes');
    expect(stderr).toContain('Autoscaler');
    expect(stderr).toContain('horizontalpodautoscalers');
    expect([code, await replicas(name)]).toEqual([0, 4]);
  });
});
