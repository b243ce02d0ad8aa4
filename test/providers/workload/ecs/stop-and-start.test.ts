import { describe, expect, test } from 'vitest';
import type { Call } from '../../../../src/providers/workload/port.ts';
import { clientsFor } from '../../../rigs/aws/clients.ts';
import { crashes } from '../../../rigs/aws/ecs/behaviour.ts';
import type { ScriptedAws } from '../../../rigs/aws/scripted.ts';
import { startScriptedAws } from '../../../rigs/aws/scripted.ts';
import { carriedOut } from '../call.ts';
import { asked, callIn, openFor, scenario } from './ecs-rig.ts';

const scaled = { scalableTargets: [{ service: 'checkout', min: 2, max: 8 }] };
const suspension = (aws: ScriptedAws) => Object.values(aws.service('checkout').scalableTarget()?.SuspendedState ?? {});
const count = (aws: ScriptedAws) => aws.service('checkout').describe().desiredCount;

/** All changes that were sent, in their order. */
const changes = (aws: ScriptedAws) =>
  aws.requests
    .filter(({ operation }) => /^(Update|Register|Tag|Untag|Stop)/.test(operation))
    .map(({ operation, input }) => {
      const { desiredCount, SuspendedState } = input as {
        desiredCount?: number;
        SuspendedState?: { DynamicScalingInSuspended: boolean };
      };
      return [operation, desiredCount ?? SuspendedState?.DynamicScalingInSuspended].filter(
        (part) => part !== undefined,
      );
    });

/** A call that does something more when the drain is over. */
const onceStopped = (call: ReturnType<typeof callIn>, then: () => void): Call => ({
  ...call,
  report: ({ note }) => {
    if (note?.startsWith('all stopped') === true) then();
  },
});

/** At 0, 1, ..., 30 s, and once more after the last pause. */
const everySecondForHalfAMinute = 32;

describe('an emergency restart of a scripted ECS service', () => {
  test('holds the autoscaler, stops, drains, starts, gives it back', async () => {
    await using aws = await startScriptedAws(scenario({}, scaled));
    const workload = openFor(aws);
    const call = callIn(aws);
    const change = await workload.stopAndStart.plan({}, call);
    expect(change.data).toMatchObject({ to: 3, scaling: { min: 2, max: 8, held: { in: false, out: false } } });
    expect(change.equivalent).toHaveLength(4);
    expect(await carriedOut(workload.stopAndStart, change, call)).toMatchObject({ verdict: 'ok' });
    expect(changes(aws)).toEqual([
      ['TagResource'],
      ['RegisterScalableTarget', true],
      ['UpdateService', 0],
      ['UpdateService', 3],
      ['RegisterScalableTarget', false],
      ['UntagResource'],
    ]);
    expect(suspension(aws)).toEqual([false, false, false]);
  });

  test('an autoscaler that adds tasks once it is given back takes nothing away from the restart', async () => {
    await using aws = await startScriptedAws(scenario({}, scaled));
    const workload = openFor(aws);
    const call = callIn(aws);
    const change = await workload.stopAndStart.plan({}, call);
    const receipt = await workload.stopAndStart.apply(change, call);
    aws.service('checkout').alarm('out');
    expect(count(aws)).toBe(4);
    expect(await workload.stopAndStart.verify(change, call, receipt)).toMatchObject({
      verdict: 'ok',
      summary: 'stopped and started: 4 instances running and healthy; the autoscaler has changed the count from 3',
    });
  });

  test('an autoscaler that is busy with another change is given back when it is not', async () => {
    await using aws = await startScriptedAws(scenario({}, scaled));
    const workload = openFor(aws);
    const call = callIn(aws);
    const change = await workload.stopAndStart.plan({}, call);
    const busy = { code: 'ConcurrentUpdateException' };
    const receipt = await workload.stopAndStart.apply(
      change,
      onceStopped(call, () => aws.failNext('RegisterScalableTarget', busy, 3)),
    );
    expect(await workload.stopAndStart.verify(change, call, receipt)).toMatchObject({ verdict: 'ok' });
    expect(suspension(aws)).toEqual([false, false, false]);
  });

  test('an autoscaler that somebody takes away meanwhile is not missed', async () => {
    await using aws = await startScriptedAws(scenario({}, scaled));
    const workload = openFor(aws);
    const call = callIn(aws);
    const change = await workload.stopAndStart.plan({}, call);
    const receipt = await workload.stopAndStart.apply(
      change,
      onceStopped(call, () => aws.service('checkout').deregister()),
    );
    expect(await workload.stopAndStart.verify(change, call, receipt)).toMatchObject({ verdict: 'ok' });
    expect(changes(aws).at(-1)).toEqual(['UntagResource']);
  });

  test('tasks that ECS does not stop are told, and not waited for', async () => {
    await using aws = await startScriptedAws(scenario({ circuitBreaker: { enable: true, rollback: false } }));
    aws.service('checkout').nextDeployment(crashes(1, []));
    aws.service('checkout').deployBehind();
    aws.advance(300);
    const { stopAndStart } = openFor(aws, { drainMs: 30_000 });
    const call = callIn(aws);
    const change = await stopAndStart.plan({}, call);
    const receipt = await stopAndStart.apply(change, call);
    const began = aws.clock.monotonic();
    expect(await stopAndStart.verify(change, call, receipt)).toMatchObject({
      verdict: 'critical',
      summary: expect.stringContaining('3 tasks did not stop and run as before') as string,
    });
    expect(aws.clock.monotonic() - began).toBeLessThan(60_000);
    expect(count(aws)).toBe(3);
  });

  test('an autoscaler that somebody had suspended stays suspended', async () => {
    await using aws = await startScriptedAws(
      scenario({}, { scalableTargets: [{ service: 'checkout', min: 2, max: 8, suspended: true }] }),
    );
    const workload = openFor(aws);
    const call = callIn(aws);
    const change = await workload.stopAndStart.plan({}, call);
    expect(await carriedOut(workload.stopAndStart, change, call)).toMatchObject({ verdict: 'ok' });
    expect(suspension(aws)).toEqual([true, true, true]);
  });

  test('the drain is over when no task is left, whatever state it is in on its way out', async () => {
    await using aws = await startScriptedAws(scenario({}, scaled));
    aws.service('checkout').tasksBehave({ startsIn: 10, healthyIn: 5, drainsIn: 60, stopsIn: 60, log: [] });
    const workload = openFor(aws);
    const call = callIn(aws);
    const change = await workload.stopAndStart.plan({}, call);
    const began = aws.clock.monotonic();
    await workload.stopAndStart.apply(change, call);
    expect(aws.clock.monotonic() - began).toBeGreaterThanOrEqual(120_000);
    expect(call.notes()).toMatch(/all stopped after 2 min/);
  });

  test('behind a load balancer it is done when the targets are healthy', async () => {
    await using aws = await startScriptedAws(scenario({ targetGroup: 'checkout' }));
    const workload = openFor(aws);
    const call = callIn(aws);
    const change = await workload.stopAndStart.plan({}, call);
    expect(await carriedOut(workload.stopAndStart, change, call)).toMatchObject({ verdict: 'ok' });
    expect(asked(aws)['DescribeTargetHealth']).toBeGreaterThan(0);
  });

  test('what the load balancer says cannot be seen: a warning, not fine', async () => {
    await using aws = await startScriptedAws(
      scenario({ targetGroup: 'checkout' }, { taskDefinitions: [{ name: 'checkout:2' }] }),
    );
    const workload = openFor(aws);
    const call = callIn(aws);
    const change = await workload.stopAndStart.plan({}, call);
    const receipt = await workload.stopAndStart.apply(change, call);
    aws.failNext('DescribeTargetHealth', { code: 'AccessDenied', status: 403 }, 1);
    aws.advance(120);
    expect(await workload.stopAndStart.verify(change, call, receipt)).toMatchObject({
      verdict: 'warn',
      summary: expect.stringContaining('cannot be seen') as string,
    });
  });

  test('an autoscaler that may not be held: nothing is stopped', async () => {
    await using aws = await startScriptedAws(scenario({}, scaled));
    const workload = openFor(aws);
    const call = callIn(aws);
    const change = await workload.stopAndStart.plan({}, call);
    aws.failNext('RegisterScalableTarget', { code: 'AccessDeniedException' });
    await expect(workload.stopAndStart.apply(change, call)).rejects.toMatchObject({ kind: 'unreachable' });
    expect(changes(aws)).toEqual([['TagResource'], ['RegisterScalableTarget', true], ['UntagResource']]);
    expect(count(aws)).toBe(3);
  });

  test('a count that somebody changed since the plan: nothing is stopped', async () => {
    await using aws = await startScriptedAws(scenario());
    const workload = openFor(aws);
    const call = callIn(aws);
    const change = await workload.stopAndStart.plan({}, call);
    aws.service('checkout').scaleBehind(5);
    await expect(workload.stopAndStart.apply(change, call)).rejects.toMatchObject({ kind: 'refused' });
    expect(count(aws)).toBe(5);
  });

  test('stopping that fails: they are started again, and that is said', async () => {
    await using aws = await startScriptedAws(scenario({}, scaled));
    const workload = openFor(aws);
    const call = callIn(aws);
    const change = await workload.stopAndStart.plan({}, call);
    aws.failNext('UpdateService', { code: 'AccessDeniedException' });
    await expect(workload.stopAndStart.apply(change, call)).rejects.toMatchObject({
      kind: 'unreachable',
      message: expect.stringContaining('the tasks were started again') as string,
    });
    expect([count(aws), suspension(aws)]).toEqual([3, [false, false, false]]);
  });

  test.each([
    ['no answer', {}],
    ['an error of AWS', { code: 'ServerException', status: 500 }],
  ] as const)('a start that gets %s is sent again until it is heard', async (_, failure) => {
    await using aws = await startScriptedAws(scenario({}, scaled));
    const workload = openFor(aws);
    const call = callIn(aws);
    const change = await workload.stopAndStart.plan({}, call);
    const receipt = await workload.stopAndStart.apply(
      change,
      onceStopped(call, () => aws.failNext('UpdateService', failure, 2)),
    );
    expect(await workload.stopAndStart.verify(change, call, receipt)).toMatchObject({ verdict: 'ok' });
    expect([count(aws), suspension(aws)]).toEqual([3, [false, false, false]]);
  });

  test('a start that is never answered: unknown, and the numbers stay on the service', async () => {
    await using aws = await startScriptedAws(scenario({}, scaled));
    const workload = openFor(aws);
    const call = callIn(aws);
    const change = await workload.stopAndStart.plan({}, call);
    const failure = { code: 'ServerException', status: 500 };
    const applied = workload.stopAndStart.apply(
      change,
      onceStopped(call, () => aws.failNext('UpdateService', failure, everySecondForHalfAMinute)),
    );
    await expect(applied).rejects.toMatchObject({ kind: 'unknown' });
    expect(changes(aws).some(([operation]) => operation === 'UntagResource')).toBe(false);
    expect([count(aws), suspension(aws)]).toEqual([0, [false, false, false]]);
  });

  test('a start that fails: what to type by hand, and the autoscaler is given back', async () => {
    await using aws = await startScriptedAws(scenario({}, scaled));
    const workload = openFor(aws);
    const call = callIn(aws);
    const change = await workload.stopAndStart.plan({}, call);
    const applied = workload.stopAndStart.apply(
      change,
      onceStopped(call, () => aws.failNext('UpdateService', { code: 'AccessDeniedException' })),
    );
    await expect(applied).rejects.toMatchObject({
      kind: 'failed',
      message: expect.stringContaining('could not be started again') as string,
      next: [expect.stringContaining('--desired-count 3') as string],
    });
    expect(suspension(aws)).toEqual([false, false, false]);
  });
});

/** Whoever may tag the service can write there what they like. */
const tagged = async (aws: ScriptedAws, value: string): Promise<void> => {
  const resourceArn = aws.service('checkout').describe().serviceArn;
  await clientsFor(aws).ecs.tagResource({ resourceArn, tags: [{ key: 'rb:stopped', value }] });
};

describe('an emergency restart of a scripted ECS service, killed', () => {
  const held = { DynamicScalingInSuspended: true, DynamicScalingOutSuspended: true, ScheduledScalingSuspended: true };

  /** What the first `sent` of its changes leave. */
  const killedAfter = async (aws: ScriptedAws, sent: number) => {
    const workload = openFor(aws);
    const call = callIn(aws);
    const change = await workload.stopAndStart.plan({}, call);
    const service = aws.service('checkout');
    const steps = [
      () => Object.assign(service.scalableTarget()?.SuspendedState ?? {}, held),
      () => service.scaleBehind(0),
      () => aws.advance(60),
      () => service.scaleBehind(3),
    ];
    for (const step of steps.slice(0, sent)) step();
    return change;
  };
  test.each([
    [0, 'before anything', /did not stop|not as it was/],
    [1, 'after the autoscaler was held', /still suspended/],
    [2, 'after the stop', /still suspended|desired count is 0/],
    [3, 'after the drain', /still suspended|desired count is 0/],
    [4, 'after the start', /still suspended/],
  ])('%i: %s: the count and the autoscaler come back', async (sent, _, says) => {
    await using aws = await startScriptedAws(scenario({}, scaled));
    const change = await killedAfter(aws, sent);
    const later = openFor(aws);
    const call = callIn(aws);
    const looked = await later.stopAndStart.verify(change, call);
    expect(looked).toMatchObject({ verdict: 'critical', summary: expect.stringMatching(says) as string });
    const rest = await later.stopAndStart.plan({}, call, change);
    expect(await carriedOut(later.stopAndStart, rest, call)).toMatchObject({ verdict: 'ok' });
    expect([count(aws), suspension(aws)]).toEqual([3, [false, false, false]]);
    const stoppedAgain = changes(aws).some(([operation, to]) => operation === 'UpdateService' && to === 0);
    // After the stop nothing had happened yet: the tasks still ran, as if nobody had told them anything.
    expect(stoppedAgain).toBe(sent <= 2);
  });

  test('without the record, on another machine: the tag of the service has the numbers', async () => {
    await using aws = await startScriptedAws(scenario({}, scaled));
    const first = openFor(aws);
    const call = callIn(aws);
    const change = await first.stopAndStart.plan({}, call);
    // It never wakes up from its first look at the drain.
    await new Promise<void>((resolve) => {
      const sleep = () => new Promise<void>(() => resolve());
      void first.stopAndStart.apply(change, { ...call, clock: { ...aws.clock, sleep } });
    });
    aws.advance(60);
    expect([count(aws), suspension(aws)]).toEqual([0, [true, true, true]]);

    const other = openFor(aws);
    const rest = await other.stopAndStart.plan({}, call);
    expect(rest.summary).toContain('start the 3 instances');
    // A restart after it rests on the count that it sets.
    expect([change.affects, rest.affects]).toEqual([undefined, ['desired']]);
    expect(await carriedOut(other.stopAndStart, rest, call)).toMatchObject({ verdict: 'ok' });
    expect([count(aws), suspension(aws)]).toEqual([3, [false, false, false]]);
  });

  test.each([
    'desired=3.5',
    'desired=-1',
    'desired=3 min=a max=8 held=000',
    'desired=3 min=2 max=8 held=yes',
    'nonsense',
  ])('a tag that says %s is none', async (value) => {
    await using aws = await startScriptedAws(scenario({ desired: 0 }, scaled));
    await tagged(aws, value);
    await expect(openFor(aws).stopAndStart.plan({}, callIn(aws))).rejects.toMatchObject({ kind: 'refused' });
  });

  test('a number on the tag beyond the ceiling is a reason to be more careful', async () => {
    await using aws = await startScriptedAws(scenario({ desired: 0 }));
    await tagged(aws, 'desired=5000');
    expect(await openFor(aws).stopAndStart.plan({}, callIn(aws))).toMatchObject({
      data: { to: 5000 },
      raises: ['the tag of the service says 5 000 instances, and the ceiling is 9'],
    });
  });

  test('without the record, after the start: the autoscaler that it left suspended is given back', async () => {
    await using aws = await startScriptedAws(scenario({}, scaled));
    const first = openFor(aws);
    const call = callIn(aws);
    const change = await first.stopAndStart.plan({}, call);
    // It is killed between the start and the release.
    aws.failNext('UntagResource', { code: 'AccessDeniedException' });
    await first.stopAndStart.apply(change, call);
    Object.assign(aws.service('checkout').scalableTarget()?.SuspendedState ?? {}, held);
    aws.advance(60);
    expect(count(aws)).toBe(3);

    const other = openFor(aws);
    const again = await other.stopAndStart.plan({}, call);
    expect(again.data).toMatchObject({ to: 3, scaling: { held: { in: false, out: false, scheduled: false } } });
    expect(await carriedOut(other.stopAndStart, again, call)).toMatchObject({ verdict: 'ok' });
    expect([count(aws), suspension(aws)]).toEqual([3, [false, false, false]]);
  });
});
