import { describe, expect, test } from 'vitest';
import { calls, confirm, play } from './stage.ts';

/** What would change something, each in its own way. */
const lines = ['restart --rolling --yes', `restart --emergency ${confirm}`, 'restart undo --yes'];

describe.concurrent('rb on a service of the scripted peer that cannot be changed so: nothing is done', () => {
  test.for(['DRAINING', 'INACTIVE'] as const)('%s: exit code 3', async (status) => {
    await using played = await play({ status }, { time: 'manual' });
    for (const line of [...lines, 'scale up --yes', 'restart status']) {
      const { code, stderr } = await played.operator().run(line);
      expect([line, code, stderr]).toEqual([line, 3, expect.stringContaining(`(${status}) in ${played.aws.cluster}`)]);
    }
    expect(played.aws.calls.get('UpdateService')).toBeUndefined();
  });

  test('MISSING: exit code 2, with what to look at', async () => {
    await using played = await play();
    const { code, stderr } = await played
      .operator({ workload: { service: 'chekcout' } })
      .run('restart --rolling --yes');
    expect([code, stderr]).toEqual([2, expect.stringContaining('there is no service chekcout in the cluster')]);
    expect(stderr).toContain(`aws ecs list-services --cluster ${played.aws.cluster}`);
    const elsewhere = await played.operator({ workload: { cluster: 'nowhere' } }).run('restart --rolling --yes');
    expect([elsewhere.code, elsewhere.stderr]).toEqual([2, expect.stringContaining('there is no cluster nowhere')]);
  });

  test.for(['CODE_DEPLOY', 'EXTERNAL'] as const)(
    'deployments by %s: exit code 3, and what to use',
    async (controller) => {
      await using played = await play({ controller });
      for (const line of ['restart --rolling --yes', 'restart undo --yes']) {
        const { code, stderr } = await played.operator().run(line);
        expect([line, code, stderr]).toEqual([line, 3, expect.stringContaining(`deployment controller ${controller}`)]);
      }
      expect(played.aws.calls.get('UpdateService')).toBeUndefined();
    },
  );

  test('a count of 0: exit code 3', async () => {
    await using played = await play({ desired: 0 });
    const { code, stderr } = await played.operator().run('restart --rolling --yes');
    expect([code, stderr]).toEqual([3, expect.stringContaining('there is nothing to restart')]);
  });

  test('another account than the configured one: exit code 3 with both, and nothing else is asked', async () => {
    await using played = await play();
    const operator = played.operator({ workload: { account: '999999999999' } });
    const { code, stderr } = await operator.run('restart --rolling --yes');
    const both = new RegExp(`account ${played.aws.account}.*account 999999999999`);
    expect([code, stderr]).toEqual([3, expect.stringMatching(both)]);
    expect(calls(played.aws)).toEqual({ DescribeServices: 1 });
  });
});
