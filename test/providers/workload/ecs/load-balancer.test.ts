import { describe, expect, test } from 'vitest';
import type { TaskBehaviour } from '../../../rigs/aws/ecs/behaviour.ts';
import { healthy, neverHealthy } from '../../../rigs/aws/ecs/behaviour.ts';
import type { ServiceScenario } from '../../../rigs/aws/scenario.ts';
import type { ScriptedAws } from '../../../rigs/aws/scripted.ts';
import { startScriptedAws } from '../../../rigs/aws/scripted.ts';
import { carriedOut } from '../call.ts';
import { callIn, openFor, scenario } from './ecs-rig.ts';

/** Behind a load balancer, and without a health check of their own: what the load balancer says is all that there is. */
const behind = (service: Partial<ServiceScenario>, behaviour: TaskBehaviour = healthy) =>
  startScriptedAws(
    scenario({ targetGroup: 'checkout', ...service }, { taskDefinitions: [{ name: 'checkout:2', behaviour }] }),
  );

const scaledTo = async (aws: ScriptedAws, to: number) => {
  const { scale } = openFor(aws);
  const call = callIn(aws);
  const change = await scale.plan({ to, expected: 3 }, call);
  const receipt = await scale.apply(change, call);
  const began = aws.clock.monotonic();
  return { finding: await scale.verify(change, call, receipt), seconds: (aws.clock.monotonic() - began) / 1000 };
};

const done = { verdict: 'ok', summary: '4 instances running and healthy' };

describe('tasks of a scripted ECS service behind a load balancer', () => {
  test('in two target groups serve when they do in both', async () => {
    await using aws = await behind({ slowTargetGroup: 'internal' });
    const { finding, seconds } = await scaledTo(aws, 4);
    expect(finding).toMatchObject(done);
    expect(seconds).toBeGreaterThan(60);
  });

  test('are looked for in both target groups of blue/green deployments', async () => {
    await using aws = await behind({ alternateTargetGroup: 'green' });
    expect((await scaledTo(aws, 4)).finding).toMatchObject(done);
    expect((await openFor(aws).status(callIn(aws))).instances.map(({ health }) => health)).toEqual(
      Array.from({ length: 4 }, () => 'ok'),
    );
  });

  test('that use ports of their EC2 instance are counted', async () => {
    await using aws = await behind({ hostPorts: true });
    expect((await scaledTo(aws, 4)).finding).toMatchObject(done);
  });

  test('that use ports of their EC2 instance and do not get healthy are no success', async () => {
    await using aws = await behind({ hostPorts: true }, neverHealthy);
    const { finding } = await scaledTo(aws, 4);
    expect(finding.verdict).toBe('critical');
  });

  test('one that uses a port of its EC2 instance is replaced', async () => {
    await using aws = await behind({ hostPorts: true });
    const workload = openFor(aws);
    const call = callIn(aws);
    const { instances } = await workload.status(call);
    const change = await workload.restartInstance.plan({ id: instances[0]?.id ?? '' }, call);
    expect(await carriedOut(workload.restartInstance, change, call)).toMatchObject({
      verdict: 'ok',
      summary: expect.stringMatching(/in place of \w+ and is healthy$/) as string,
    });
  });
});
