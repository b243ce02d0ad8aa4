import { describe, expect, test } from 'vitest';
import { clientsFor } from './clients.ts';
import { startScriptedAws } from './scripted.ts';

const services = [{ name: 'web', desired: 1, taskDefinition: 'web:7' }];
const named = { cluster: 'prod', services: ['web'] };

describe('the scripted AWS peer', () => {
  test('throttles every n-th request; the SDK sends it again', async () => {
    await using aws = await startScriptedAws({ services });
    const { ecs } = clientsFor(aws);
    aws.script({ throttle: { every: 2 } });
    for (let count = 0; count < 3; count += 1) expect((await ecs.describeServices(named)).services).toHaveLength(1);
    expect(aws.requests.map(({ error }) => error)).toEqual([
      undefined,
      'ThrottlingException',
      undefined,
      'ThrottlingException',
      undefined,
    ]);
    expect(aws.calls.get('DescribeServices')).toBe(5);
  });

  test('throttles by rate: a bucket that fills again as the played time goes by', async () => {
    await using aws = await startScriptedAws({ services });
    const ecs = clientsFor(aws, { maxAttempts: 1 }).ecs;
    aws.script({ throttle: { perSecond: 1, burst: 2, operations: ['DescribeServices'] } });
    await ecs.describeServices(named);
    await ecs.describeServices(named);
    await expect(ecs.describeServices(named)).rejects.toMatchObject({ name: 'ThrottlingException' });
    await ecs.listTasks({ cluster: 'prod' });
    aws.advance(1);
    await ecs.describeServices(named);
    aws.script({ throttle: 'none' });
    await ecs.describeServices(named);
  });

  test('fails once, and is well again', async () => {
    await using aws = await startScriptedAws({ services });
    const { ecs } = clientsFor(aws, { maxAttempts: 1 });
    aws.failNext('DescribeServices', { code: 'ServerException', status: 500 });
    await expect(ecs.describeServices(named)).rejects.toMatchObject({ name: 'ServerException' });
    expect((await ecs.describeServices(named)).services).toHaveLength(1);
  });

  test('cuts the connection before or after it has done what it was asked for', async () => {
    await using aws = await startScriptedAws({ services });
    const { ecs } = clientsFor(aws, { maxAttempts: 1 });
    const update = () => ecs.updateService({ cluster: 'prod', service: 'web', desiredCount: 2 });
    aws.failNext('UpdateService', {});
    await expect(update()).rejects.toThrow();
    expect(aws.service('web').describe().desiredCount).toBe(1);
    aws.failNext('UpdateService', { applied: true });
    await expect(update()).rejects.toThrow();
    expect(aws.service('web').describe().desiredCount).toBe(2);
    expect(aws.requests.map(({ error }) => error)).toEqual(['connection cut', 'connection cut']);
  });

  test('does not end well when a failure that was asked for was never met', async () => {
    const aws = await startScriptedAws({ services });
    aws.failNext('StopTask', { code: 'ServerException', status: 500 });
    await expect(aws.close()).rejects.toThrow('StopTask was to fail 1 times more and was not called');
  });

  test('does not end well when a request or an answer is against the published model', async () => {
    const aws = await startScriptedAws({ services });
    const { autoscaling, ecs } = clientsFor(aws, { maxAttempts: 1 });
    const refused = { name: 'ValidationException' };
    // An enumeration, a length, a pattern: what the SDK itself lets through.
    await expect(ecs.listTasks({ cluster: 'prod', desiredStatus: 'GONE' as 'STOPPED' })).rejects.toMatchObject(refused);
    await expect(
      autoscaling.describeScalableTargets({ ServiceNamespace: 'ecs', ResourceIds: [''] }),
    ).rejects.toMatchObject(refused);
    aws.failNext('DescribeServices', { code: 'ServiceIsTiredException' });
    await expect(ecs.describeServices(named)).rejects.toThrow();
    await expect(ecs.createCapacityProvider({ name: 'spot' })).rejects.toThrow();
    expect(aws.violations).toEqual([
      expect.stringMatching(/^ecs ListTasks: .*desiredStatus: "GONE" is none of RUNNING, PENDING, STOPPED$/),
      expect.stringMatching(
        /^application-autoscaling DescribeScalableTargets: .*ResourceIds\[0\]: length 0 is below 1$/,
      ),
      'ecs DescribeServices never answers ServiceIsTiredException',
      'ecs CreateCapacityProvider is not played',
    ]);
    await expect(aws.close()).rejects.toThrow('GONE');
  });

  test('takes no request that is signed for another region', async () => {
    await using aws = await startScriptedAws({ services });
    const { ecs } = clientsFor({ endpoint: aws.endpoint, region: 'us-east-1' });
    await expect(ecs.describeServices(named)).rejects.toMatchObject({ name: 'ValidationException' });
    expect(aws.takeViolations()).toEqual(['ecs DescribeServices: signed for the region us-east-1, not eu-central-1']);
  });

  test('plays its time by hand, or in proportion to the real one', async () => {
    const hour = 3_600_000;
    await using byHand = await startScriptedAws({ services });
    const began = byHand.clock.monotonic();
    await Promise.all([byHand.clock.sleep(hour), byHand.clock.sleep(2 * hour)]);
    expect(byHand.clock.monotonic() - began).toBe(2 * hour);
    const stop = new AbortController();
    const sleeping = byHand.clock.sleep(hour, stop.signal);
    stop.abort(new Error('stopped'));
    await expect(sleeping).rejects.toThrow('stopped');
    expect(byHand.clock.monotonic() - began).toBe(2 * hour);

    await using fast = await startScriptedAws({ services, time: { factor: 100_000 } });
    const then = fast.clock.monotonic();
    await fast.clock.sleep(hour);
    expect(fast.clock.monotonic() - then).toBeGreaterThanOrEqual(hour * 0.9);
  });
});
