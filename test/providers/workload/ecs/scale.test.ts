import { describe, expect, test } from 'vitest';
import { cannotPull, healthy } from '../../../rigs/aws/ecs/behaviour.ts';
import { startScriptedAws } from '../../../rigs/aws/scripted.ts';
import { carriedOut } from '../call.ts';
import { asked, callIn, openFor, scenario } from './ecs-rig.ts';

const scaled = { scalableTargets: [{ service: 'checkout', min: 2, max: 8 }] };

describe('scaling a scripted ECS service', () => {
  test('a count that changes between the plan and the change is not overwritten', async () => {
    await using aws = await startScriptedAws(scenario());
    const { scale } = openFor(aws);
    const call = callIn(aws);
    const change = await scale.plan({ to: 5, expected: 3 }, call);
    aws.service('checkout').scaleBehind(4);
    await expect(scale.apply(change, call)).rejects.toMatchObject({
      kind: 'refused',
      message: expect.stringContaining('checkout has 4 instances now') as string,
    });
    expect(asked(aws)['UpdateService']).toBeUndefined();
  });

  test('an autoscaler that sets it back is told of', async () => {
    await using aws = await startScriptedAws(scenario({}, scaled));
    const { scale } = openFor(aws);
    const call = callIn(aws);
    const change = await scale.plan({ to: 9, expected: 3 }, call);
    const receipt = await scale.apply(change, call);
    aws.advance(60);
    aws.service('checkout').alarm('out');
    expect(await scale.verify(change, call, receipt)).toMatchObject({
      verdict: 'critical',
      summary: 'the desired count is 8 and not 9: something else changed it',
    });
  });

  test('tasks that do not come up: three are enough, with what ECS says, once', async () => {
    await using aws = await startScriptedAws(
      scenario(
        {},
        {
          taskDefinitions: [
            { name: 'checkout:2', healthCheck: true, behaviour: cannotPull('registry.example.com/checkout:2.0.0') },
          ],
        },
      ),
    );
    const { scale } = openFor(aws);
    const call = callIn(aws);
    const change = await scale.plan({ to: 4, expected: 3 }, call);
    expect(await carriedOut(scale, change, call)).toMatchObject({
      verdict: 'critical',
      summary: expect.stringMatching(
        /^the new tasks do not come up: 3 tasks failed; task \w+ stopped: CannotPull[^;]+; 2 more tasks stopped$/,
      ) as string,
    });
  });

  test('tasks that take longer than configured: how many run', async () => {
    const slow = { name: 'checkout:2', healthCheck: true, behaviour: { ...healthy, startsIn: 3600 } };
    await using aws = await startScriptedAws(scenario({}, { taskDefinitions: [slow] }));
    const { scale } = openFor(aws, { readyTimeoutMs: 60_000 });
    const call = callIn(aws);
    const change = await scale.plan({ to: 4, expected: 3 }, call);
    expect(await carriedOut(scale, change, call)).toMatchObject({
      verdict: 'critical',
      summary: expect.stringMatching(/^3 of 4 instances running after 1 min; last event: has started/) as string,
    });
  });

  test('without a health check: done, and that nobody knows whether they are healthy', async () => {
    await using aws = await startScriptedAws(scenario({}, { taskDefinitions: [{ name: 'checkout:2' }] }));
    const { scale } = openFor(aws);
    const call = callIn(aws);
    const change = await scale.plan({ to: 2, expected: 3 }, call);
    expect(await carriedOut(scale, change, call)).toMatchObject({
      verdict: 'warn',
      summary: '2 instances running; healthy or not is not known, because the service has no health check',
    });
  });

  test('of a service that another system deploys, which has no task definition itself', async () => {
    await using aws = await startScriptedAws(
      scenario({ controller: 'EXTERNAL' }, { taskDefinitions: [{ name: 'checkout:2' }] }),
    );
    const { scale } = openFor(aws);
    const call = callIn(aws);
    const change = await scale.plan({ to: 4, expected: 3 }, call);
    expect(await carriedOut(scale, change, call)).toMatchObject({
      verdict: 'warn',
      summary: '4 instances running; healthy or not is not known, because the service has no health check',
    });
  });

  test('to none and back', async () => {
    await using aws = await startScriptedAws(scenario());
    const { scale } = openFor(aws);
    for (const [to, expected] of [
      [0, 3],
      [3, 0],
    ] as const) {
      const call = callIn(aws);
      const change = await scale.plan({ to, expected }, call);
      expect(await carriedOut(scale, change, call)).toMatchObject({ verdict: 'ok' });
    }
  });

  test('hundreds of tasks are listed page by page and described a hundred at a time', async () => {
    await using aws = await startScriptedAws(scenario({ desired: 230 }));
    const { instances } = await openFor(aws).status(callIn(aws));
    expect(new Set(instances.map(({ id }) => id)).size).toBe(230);
    const described = aws.requests.filter(({ operation }) => operation === 'DescribeTasks');
    expect(described.map(({ input }) => (input as { tasks: string[] }).tasks.length)).toEqual([100, 100, 30]);
  });
});

describe('the autoscaler of a scripted ECS service', () => {
  test('is found with its limits; suspended it is not active; without a registration there is none', async () => {
    await using aws = await startScriptedAws(scenario({}, scaled));
    expect(await openFor(aws).autoscaling?.find(callIn(aws))).toEqual({
      name: 'Application Auto Scaling',
      min: 2,
      max: 8,
      active: true,
      wakesAtZero: true,
    });
    await using held = await startScriptedAws(
      scenario({}, { scalableTargets: [{ service: 'checkout', min: 2, max: 8, suspended: true }] }),
    );
    expect(await openFor(held).autoscaling?.find(callIn(held))).toMatchObject({ active: false });
    await using none = await startScriptedAws(scenario());
    expect(await openFor(none).autoscaling?.find(callIn(none))).toBeUndefined();
  });

  test.each([
    ['upwards the minimum moves', 6, [6, 8]],
    ['downwards the maximum moves', 2, [2, 2]],
    ['beyond the maximum both do', 10, [10, 10]],
    ['below the minimum both do', 1, [1, 1]],
  ] as const)('%s', async (_, to, limits) => {
    await using aws = await startScriptedAws(scenario({}, scaled));
    const autoscaling = openFor(aws).autoscaling;
    if (!autoscaling) throw new Error('ECS has one');
    const call = callIn(aws);
    const change = await autoscaling.setLimits.plan({ to, expected: 3 }, call);
    expect(await carriedOut(autoscaling.setLimits, change, call)).toMatchObject({ verdict: 'ok' });
    const { MinCapacity, MaxCapacity } = aws.service('checkout').scalableTarget() ?? {};
    expect([MinCapacity, MaxCapacity]).toEqual(limits);
    expect(aws.service('checkout').describe().runningCount).toBe(to);
  });

  test('moved limits between which it has gone on to another count are done', async () => {
    await using aws = await startScriptedAws(scenario({}, scaled));
    const autoscaling = openFor(aws).autoscaling;
    if (!autoscaling) throw new Error('ECS has one');
    const call = callIn(aws);
    const change = await autoscaling.setLimits.plan({ to: 5, expected: 3 }, call);
    const receipt = await autoscaling.setLimits.apply(change, call);
    aws.service('checkout').alarm('out');
    expect(aws.service('checkout').describe().desiredCount).toBe(6);
    expect(await autoscaling.setLimits.verify(change, call, receipt)).toMatchObject({
      verdict: 'ok',
      summary: '6 instances running and healthy; the limits are 5 to 8; the autoscaler has changed the count from 5',
    });
  });

  test('limits that were not moved are not done', async () => {
    await using aws = await startScriptedAws(scenario({}, scaled));
    const autoscaling = openFor(aws).autoscaling;
    const change = await autoscaling?.setLimits.plan({ to: 6, expected: 3 }, callIn(aws));
    if (!change) throw new Error('ECS has one');
    expect(await openFor(aws).autoscaling?.setLimits.verify(change, callIn(aws))).toMatchObject({
      verdict: 'critical',
      summary: 'the limits were not moved: 2 to 8, 6 to 8 wanted',
    });
  });

  test('limits of a service that is not registered are refused', async () => {
    await using aws = await startScriptedAws(scenario());
    await expect(openFor(aws).autoscaling?.setLimits.plan({ to: 6, expected: 3 }, callIn(aws))).rejects.toMatchObject({
      kind: 'refused',
    });
  });
});
