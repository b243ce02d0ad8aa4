import { describe, expect, test } from 'vitest';
import { podDisruptionBudget, statefulSet } from '../../rigs/kubernetes/workloads.ts';
import { until } from '../../rigs/kubernetes/wait.ts';
import { ofType, trail } from '../trail.ts';
import { useKubernetes } from './stage.ts';

const stage = useKubernetes();
const confirm = '--confirm checkout/staging';

/** The first pod of it. */
const podOf = async (name: string) => {
  const [pod] = await stage.podNames(name);
  if (pod === undefined) throw new Error(`${name} has no pod`);
  return pod;
};
/** The controller has counted the pods: until then every eviction is refused. */
const budget = async (name: string, minAvailable: number, allowed: number) => {
  await stage.control.create(podDisruptionBudget(name, { minAvailable }));
  await until(
    `the budget of ${name} allows ${allowed}`,
    () => stage.control.get<Budget>('PodDisruptionBudget', name),
    ({ status }) => status?.disruptionsAllowed === allowed && status.currentHealthy === 3,
  );
};
interface Budget {
  readonly status?: { readonly disruptionsAllowed: number; readonly currentHealthy: number };
}

describe('rb restart --instance', () => {
  test('evicts that pod and waits for its replacement; the others are left alone', async () => {
    const name = await stage.deploy('free');
    const before = await stage.podNames(name);
    const pod = await podOf(name);
    const operator = stage.operator(name);
    const { code, screen } = await operator.run(`restart --instance ${pod}`, { answers: ['checkout/staging'] });
    expect(screen).toContain(`1 of 3 instances; 2 healthy ones go on serving`);
    expect(screen).toMatch(new RegExp(`${pod} replaced by free-\\S+, ready`));
    expect(screen).toContain(`${pod} was restarted. 3 of 3 instances healthy.`);
    expect(code).toBe(0);
    expect(before.filter((one) => one !== pod)).toEqual(
      (await stage.podNames(name)).filter((one) => before.includes(one)),
    );
    expect(ofType(await trail(operator), 'step.intent')[0]?.change.equivalent.join(' ')).toContain(
      `/api/v1/namespaces/${stage.control.namespace}/pods/${pod}/eviction`,
    );
  });

  test('of a StatefulSet: it comes back under its name', async () => {
    await stage.control.createSettled(statefulSet('named'));
    const { code, stderr } = await stage.operator('statefulset/named').run(`restart --instance named-1 ${confirm}`);
    expect([code, stderr]).toEqual([0, expect.stringContaining('named-1 restarted and ready')]);
  });

  test('a PodDisruptionBudget with room lets it go', async () => {
    const name = await stage.deploy('roomy');
    await budget(name, 2, 1);
    const pod = await podOf(name);
    const { code } = await stage.operator(name).run(`restart --instance ${pod} ${confirm}`);
    expect([code, (await stage.podNames(name)).includes(pod)]).toEqual([0, false]);
  });

  test('a PodDisruptionBudget that says no is a refusal that names it: exit code 3, before anybody is asked', async () => {
    const name = await stage.deploy('tight');
    await budget(name, 3, 0);
    const before = await stage.podNames(name);
    const pod = await podOf(name);
    const operator = stage.operator(name);
    const { code, screen } = await operator.run(`restart --instance ${pod}`, { answers: [] });
    expect(screen).toContain(`${pod} was not stopped`);
    expect(screen).toMatch(/disruption budget tight needs 3 healthy pods/);
    expect(code).toBe(3);
    expect(screen).not.toContain('Type ');
    expect(await stage.podNames(name)).toEqual(before);
  });

  test('a PodDisruptionBudget that says no while the question waits is a refusal too', async () => {
    const name = await stage.deploy('closing');
    const pod = await podOf(name);
    const session = stage.operator(name).session(`restart --instance ${pod}`);
    await session.shows('Type checkout/staging to do it:');
    await budget(name, 3, 0);
    await session.answer('checkout/staging\r');
    expect(await session.ended).toBe(3);
    expect(session.screen()).toMatch(/disruption budget closing needs 3 healthy pods/);
    expect(await stage.podNames(name)).toContain(pod);
  });
});
