import { describe, expect, test } from 'vitest';
import type { Workload } from '../../../../src/providers/workload/port.ts';
import { crashes } from '../../../rigs/aws/ecs/behaviour.ts';
import type { ScriptedAws } from '../../../rigs/aws/scripted.ts';
import { startScriptedAws } from '../../../rigs/aws/scripted.ts';
import { carriedOut } from '../call.ts';
import { callIn, openFor, scenario } from './ecs-rig.ts';

const rollbackOf = (workload: Workload) => {
  if (!workload.rollback) throw new Error('ECS can roll back');
  return workload.rollback;
};
const plan = (aws: ScriptedAws, revision?: string) =>
  rollbackOf(openFor(aws)).plan(revision === undefined ? {} : { revision }, callIn(aws));

const image = (version: string) => `registry.example.com/checkout:${version}`;
const first = { name: 'checkout:1', image: image('1.0.0'), healthCheck: true };
const third = { name: 'checkout:3', image: image('2.0.0'), healthCheck: true };
const definitions = [first, { name: 'checkout:2', image: image('1.1.0'), healthCheck: true }, third];

describe('rolling back a scripted ECS service', () => {
  test('to what was deployed with success before, with the difference', async () => {
    await using aws = await startScriptedAws(
      scenario({ taskDefinition: 'checkout:3', earlier: ['checkout:1'] }, { taskDefinitions: definitions }),
    );
    const change = await plan(aws);
    expect(change.summary).toBe('roll checkout back from version 2.0.0 (checkout:3) to 1.0.0 (checkout:1)');
    expect(change.difference).toEqual([`- app image: ${image('2.0.0')}`, `+ app image: ${image('1.0.0')}`]);
    expect(change.blastRadius[1]).toContain('the last one that was deployed with success before');
    expect(change.equivalent[0]).toContain('--task-definition checkout:1');
    expect(change.undo).toContain('--task-definition checkout:3');
  });

  test('where ECS has no record, to the revision before, and that is said', async () => {
    await using aws = await startScriptedAws(
      scenario({ taskDefinition: 'checkout:3', earlier: [] }, { taskDefinitions: definitions }),
    );
    const change = await plan(aws);
    expect(change.data).toMatchObject({ to: 'checkout:2' });
    expect(change.blastRadius[1]).toContain('ECS has no record of what the service ran before');
  });

  test('in the middle of a rollout, to what is being replaced', async () => {
    await using aws = await startScriptedAws(
      scenario({ taskDefinition: 'checkout:1', earlier: [] }, { taskDefinitions: definitions }),
    );
    aws.service('checkout').deployBehind('checkout:3');
    aws.advance(2);
    expect((await plan(aws)).data).toMatchObject({ to: 'checkout:1' });
  });

  test.each(['2', 'checkout:2'])('to the named revision: %s', async (revision) => {
    await using aws = await startScriptedAws(
      scenario({ taskDefinition: 'checkout:3', earlier: ['checkout:1'] }, { taskDefinitions: definitions }),
    );
    const rollback = rollbackOf(openFor(aws));
    const call = callIn(aws);
    const change = await rollback.plan({ revision }, call);
    expect(await carriedOut(rollback, change, call)).toMatchObject({
      verdict: 'ok',
      summary: expect.stringMatching(/^all 3 tasks back on version 1\.1\.0/) as string,
    });
  });

  test('the one that runs, and one that does the same, are refused', async () => {
    await using aws = await startScriptedAws(
      scenario(
        { taskDefinition: 'checkout:3', earlier: [] },
        { taskDefinitions: [{ name: 'checkout:2', image: image('2.0.0'), healthCheck: true }, third] },
      ),
    );
    await expect(plan(aws, '3')).rejects.toMatchObject({
      kind: 'refused',
      message: 'checkout runs checkout:3 already',
    });
    await expect(plan(aws, '2')).rejects.toMatchObject({
      kind: 'refused',
      message: expect.stringContaining('is the same as checkout:3') as string,
    });
  });

  test('one that was deregistered is refused; one that never was, and nonsense, are mistakes', async () => {
    await using aws = await startScriptedAws(
      scenario(
        {},
        {
          taskDefinitions: [{ name: 'checkout:1', image: image('1.0.0'), status: 'INACTIVE' }, { name: 'checkout:2' }],
        },
      ),
    );
    await expect(plan(aws, '1')).rejects.toMatchObject({
      kind: 'refused',
      message: expect.stringContaining('was deregistered') as string,
    });
    await expect(plan(aws, '99')).rejects.toMatchObject({
      kind: 'usage',
      message: 'there is no task definition checkout:99',
    });
    await expect(plan(aws, 'the last good one')).rejects.toMatchObject({ kind: 'usage' });
  });

  test('after ECS went back by itself there is nothing to take back, but a named revision', async () => {
    await using aws = await startScriptedAws(scenario({ circuitBreaker: { enable: true, rollback: true } }));
    aws.service('checkout').nextDeployment(crashes(1, []));
    aws.service('checkout').deployBehind();
    aws.advance(600);
    await expect(plan(aws)).rejects.toMatchObject({
      kind: 'refused',
      message: 'the last deployment failed, and ECS went back to checkout:2 by itself: there is nothing to take back',
    });
    expect(await plan(aws, '1')).toMatchObject({ data: { to: 'checkout:1' } });
  });

  test('a service that has run nothing else has no way back', async () => {
    await using aws = await startScriptedAws(
      scenario({ taskDefinition: 'checkout:1', earlier: [] }, { taskDefinitions: [first] }),
    );
    await expect(plan(aws)).rejects.toMatchObject({ kind: 'refused' });
  });
});
