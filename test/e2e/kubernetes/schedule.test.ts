import { expect, test } from 'vitest';
import { useKubernetes } from './stage.ts';

const stage = useKubernetes();
const lines = ['restart: { schedule: { image: registry.test/kubectl:1.36.3 } }'];

test('rb restart --every makes a CronJob that may restart this object and nothing else; schedules lists it; --unschedule takes all of it away', async () => {
  const name = await stage.deploy('timed', { replicas: 1 });
  const operator = stage.operator(name, { lines });
  const job = `rb-restart-deployment-${name}`;
  const asked = await operator.run('restart --every 6h');
  expect([asked.code, asked.stderr]).toEqual([2, expect.stringContaining('pass --yes')]);
  const made = await operator.run('restart --every 6h --yes');
  expect([made.code, made.stderr]).toEqual([0, expect.stringContaining('Every 6 h from now on')]);
  const expression = async () =>
    (await stage.control.get<{ spec: { schedule: string } }>('CronJob', job)).spec.schedule;
  expect(await expression()).toBe('0 */6 * * *');
  const role = await stage.control.get<{ rules: readonly object[] }>('Role', job);
  expect(role.rules).toMatchObject([{ resources: ['deployments'], resourceNames: [name] }]);

  const again = await operator.run('restart --every 12h --yes');
  expect([again.code, await expression()], again.stderr).toEqual([0, '0 */12 * * *']);
  const listed = (await operator.run('restart schedules -o json')).json() as {
    readonly steps: readonly { readonly finding: { readonly data: unknown } }[];
  };
  expect(listed.steps[0]?.finding.data).toMatchObject({
    schedules: [{ id: job, expression: '0 */12 * * * Etc/UTC', suspended: false }],
  });

  const removed = await operator.run('restart --unschedule --yes');
  expect(removed.code).toBe(0);
  for (const kind of ['CronJob', 'Role', 'RoleBinding', 'ServiceAccount'] as const)
    await expect(stage.control.get(kind, job)).rejects.toThrow(/not found/);
  expect((await operator.run('restart schedules')).stdout).toContain('no restarts are scheduled');
});

test('an interval that a CronJob cannot keep is a usage error that names the nearest ones', async () => {
  const name = await stage.deploy('odd', { replicas: 1 });
  const { code, stderr } = await stage.operator(name, { lines }).run('restart --every 7h --yes');
  expect([code, stderr]).toEqual([2, expect.stringContaining('the nearest: 6 h and 8 h')]);
});

test('without an image it says what to add', async () => {
  const name = await stage.deploy('plain', { replicas: 1 });
  const { code, stderr } = await stage.operator(name).run('restart --every 6h --yes');
  expect([code, stderr]).toEqual([2, expect.stringContaining('restart.schedule')]);
});
