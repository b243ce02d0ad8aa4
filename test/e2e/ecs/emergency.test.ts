import { describe, expect, test } from 'vitest';
import { crashes, hangs, healthy } from '../../rigs/aws/ecs/behaviour.ts';
import { outcome, trail } from '../trail.ts';
import { confirm, playFaster } from './stage.ts';
import type { Played } from './stage.ts';

const scalableTargets = [{ service: 'checkout', min: 2, max: 8 }];
const soon = ['restart: { drainSeconds: 2 }'];

/** What an emergency restart takes away for a while. */
const picture = ({ service }: Played) => structuredClone([service.describe().desiredCount, service.scalableTarget()]);

const stopped = (played: Played) => played.until((service) => service.describe().desiredCount === 0);

describe.concurrent('rb restart --emergency against the scripted peer', () => {
  test('holds the autoscaler, stops all three, waits until they are gone, and starts three others', async () => {
    await using played = await playFaster({}, { scalableTargets });
    const before = picture(played);
    const { code, screen } = await played.operator().run('restart --emergency', { answers: ['checkout/staging'] });
    expect(screen).toContain('Application Auto Scaling is suspended');
    expect(screen).toMatch(/Emergency restart done in .+\. 3 of 3 instances healthy\./);
    expect(code).toBe(0);
    expect(picture(played)).toEqual(before);
  });

  test('behind a target group it is done when the targets are healthy', async () => {
    // Without a health check of its own a task runs at once; only the load balancer knows whether it serves.
    const taskDefinitions = [{ name: 'checkout:2', behaviour: { ...healthy, healthyIn: 600 } }];
    await using played = await playFaster({ targetGroup: 'checkout' }, { taskDefinitions });
    const { code, stderr } = await played.operator().run(`restart --emergency ${confirm}`);
    expect([code, stderr]).toEqual([0, expect.stringContaining('3 instances running and healthy')]);
    expect(stderr).toMatch(/running +\? initial in the load balancer/);
  });

  test('--yes alone does not do: exit code 2 and the flag', async () => {
    await using played = await playFaster();
    const { code, stderr } = await played.operator().run('restart --emergency --yes');
    expect([code, stderr]).toEqual([2, expect.stringContaining(confirm)]);
    expect(played.service.describe().desiredCount).toBe(3);
  });

  test('a task that hangs in STOPPING is named; the others are started all the same', async () => {
    await using played = await playFaster({}, { factor: 5 });
    played.service.tasksBehave(hangs('STOPPING'));
    const { code, stderr } = await played.operator({ lines: soon }).run(`restart --emergency ${confirm}`);
    expect(stderr).toMatch(/3 tasks \(.*\) still running after \d+ s of draining: starting all the same/);
    expect(stderr).toMatch(/3 instances running and healthy; still on the way out: [0-9a-f]{32}, /);
    expect(code, stderr).toBe(0);
    expect(played.service.describe()).toMatchObject({ desiredCount: 3, runningCount: 3 });
  });

  test('a version that crashes is a failure with the reason; nothing stays held', async () => {
    await using played = await playFaster({}, { scalableTargets });
    const before = picture(played);
    played.service.nextDeployment(crashes(9, ['no DATABASE_URL']));
    played.service.deployBehind();
    const { code, stderr } = await played.operator().run(`restart --emergency ${confirm}`);
    expect([code, stderr]).toEqual([1, expect.stringMatching(/the new tasks do not come up: .*exit code 9/)]);
    expect(stderr).toContain('no DATABASE_URL');
    expect(picture(played)).toEqual(before);
  });

  test.for([
    { moment: 'after the stop', count: 0 },
    { moment: 'started again, the autoscaler still held', count: 3 },
  ])('killed with SIGKILL $moment: rb resume restores the count and the autoscaler', async ({ count }) => {
    await using played = await playFaster({}, { scalableTargets });
    const before = picture(played);
    const operator = played.operator();
    const running = operator.start(`restart --emergency ${confirm}`);
    await stopped(played);
    // It tries to let the autoscaler go until it is killed.
    played.aws.failNext('RegisterScalableTarget', { code: 'InternalServiceException', status: 500 }, 1000);
    await played.until((service) => service.describe().desiredCount === count);
    running.signal('SIGKILL');
    await expect(running.ended).rejects.toThrow('SIGKILL');
    played.aws.failNoMore('RegisterScalableTarget');
    expect(played.service.describe().desiredCount).toBe(count);
    expect(played.service.scalableTarget()?.SuspendedState?.DynamicScalingInSuspended).toBe(true);

    const { code, stderr } = await operator.run(`resume ${confirm}`);
    expect(code, stderr).toBe(0);
    expect(picture(played)).toEqual(before);
    await played.until((service) => service.describe().runningCount === 3);
    expect(outcome(await trail(operator))).toBe('done');
  });

  test('Ctrl-C after the stop: it is started again before rb ends, and the autoscaler let go', async () => {
    await using played = await playFaster({}, { scalableTargets });
    const before = picture(played);
    const running = played.operator().start(`restart --emergency ${confirm}`);
    await stopped(played);
    running.signal('SIGINT');
    const { code, stderr } = await running.ended;
    expect(picture(played), stderr).toEqual(before);
    expect(code, stderr).toBe(130);
  });
});
