import { describe, expect, test } from 'vitest';
import { shiftingOf } from '../../../../src/providers/workload/ecs/deployment/shifting.ts';
import type { Workload } from '../../../../src/providers/workload/port.ts';
import { runAwsCli } from '../../../rigs/aws/aws-cli.ts';
import { cannotPull, crashes, healthy } from '../../../rigs/aws/ecs/behaviour.ts';
import type { ScriptedAws } from '../../../rigs/aws/scripted.ts';
import { startScriptedAws } from '../../../rigs/aws/scripted.ts';
import { carriedOut } from '../call.ts';
import { asked, callIn, openFor, scenario } from './ecs-rig.ts';

const breaker = { circuitBreaker: { enable: true, rollback: true } };

const planned = async (workload: Workload, aws: ScriptedAws) => {
  const call = callIn(aws);
  const [unit] = await workload.restartUnits(1, call);
  if (!unit) throw new Error('there is one unit');
  return { call, change: await workload.restart.plan(unit, call) };
};

/** Plan, apply and verify in one process. */
const restart = async (workload: Workload, aws: ScriptedAws) => {
  const { call, change } = await planned(workload, aws);
  return { call, change, finding: await carriedOut(workload.restart, change, call) };
};

describe('a rolling restart of a scripted ECS service', () => {
  test('what the procedure asks takes no more calls than update-service and wait services-stable', async () => {
    await using aws = await startScriptedAws(scenario());
    const named = ['--cluster', aws.cluster, '--service', 'checkout'];
    await runAwsCli(['ecs', 'update-service', ...named, '--force-new-deployment'], { env: aws.env, time: 'manual' });
    const wait = ['ecs', 'wait', 'services-stable', '--cluster', aws.cluster, '--services', 'checkout'];
    expect(await runAwsCli(wait, { env: aws.env, time: 'manual' })).toMatchObject({ exitCode: 0 });
    const byHand = asked(aws);
    aws.advance(600);
    aws.forgetCalls();

    const workload = openFor(aws);
    const before = await workload.status(callIn(aws), 'brief');
    const { call, finding } = await restart(workload, aws);
    const after = await workload.status(call, 'brief');
    expect(finding).toMatchObject({ verdict: 'ok', summary: expect.stringMatching(/^all 3 tasks replaced/) as string });
    expect([before.healthy, after.healthy, after.desired]).toEqual([3, 3, 3]);
    expect(Object.keys(asked(aws)).toSorted()).toEqual(['DescribeServices', 'UpdateService']);
    expect(asked(aws)['UpdateService']).toBe(1);
    expect(asked(aws)['DescribeServices']).toBeLessThanOrEqual(byHand['DescribeServices'] ?? 0);
  });

  test('the plan names the account, the region and the service, and says what an engineer would have typed', async () => {
    await using aws = await startScriptedAws(scenario());
    const { change } = await planned(openFor(aws, { profile: undefined }), aws);
    expect(change.target).toEqual({
      provider: 'ecs',
      name: 'checkout',
      account: aws.account,
      region: aws.region,
      cluster: aws.cluster,
      service: `arn:aws:ecs:${aws.region}:${aws.account}:service/${aws.cluster}/checkout`,
    });
    expect(change.equivalent).toEqual([
      `aws ecs update-service --cluster ${aws.cluster} --service checkout --force-new-deployment --region ${aws.region}`,
    ]);
    expect(change.blastRadius[0]).toBe(
      'all 3 tasks, one after another: at least 3 go on running, at most 6 at the same time',
    );
  });

  test('once ECS has answered, that it was taken is known without another read', async () => {
    await using aws = await startScriptedAws(scenario());
    const workload = openFor(aws);
    const { call, change } = await planned(workload, aws);
    const receipt = await workload.restart.apply(change, call);
    aws.forgetCalls();
    expect(await workload.restart.accepted?.(change, call, receipt)).toMatchObject({ verdict: 'ok' });
    expect(asked(aws)).toEqual({});
    expect(await openFor(aws).restart.accepted?.(change, call)).toMatchObject({ verdict: 'ok' });
  });

  test('a recorded change of another adapter is refused', async () => {
    await using aws = await startScriptedAws(scenario());
    const { call, change } = await planned(openFor(aws), aws);
    const other = { ...change, data: { uid: '1' } };
    await expect(openFor(aws).restart.apply(other, call)).rejects.toMatchObject({ kind: 'refused' });
    expect(asked(aws)['UpdateService']).toBeUndefined();
  });

  test('who plans again reads again', async () => {
    await using aws = await startScriptedAws(scenario());
    const workload = openFor(aws);
    const { change } = await planned(workload, aws);
    aws.service('checkout').deployBehind();
    const again = await planned(workload, aws);
    expect(again.change.basis['deployment']).not.toBe(change.basis['deployment']);
    expect(again.change.blastRadius.at(-1)).toMatch(/a deployment is under way already, and this replaces it: ecs-svc/);
    // Told, but no reason to ask for more: a script that restarts with --yes goes on.
    expect(again.change.raises).toBeUndefined();
  });

  test('reads that still show the old deployment are waited for', async () => {
    await using aws = await startScriptedAws(scenario());
    aws.script({ staleReads: 2 });
    const { finding } = await restart(openFor(aws), aws);
    expect(finding.verdict).toBe('ok');
    expect(aws.service('checkout').describe().deployments).toHaveLength(1);
  });

  test('a blue/green deployment is waited for as long as it waits on purpose', async () => {
    await using aws = await startScriptedAws(scenario({ bakeMinutes: 15, minimumHealthyPercent: 0 }));
    const { restart } = openFor(aws);
    const { call, change } = await planned(openFor(aws), aws);
    expect(change.blastRadius[0]).toBe(
      'all 3 tasks: as many more are started beside them (BLUE_GREEN), and the present ones stop when the traffic has moved, 15 min later',
    );
    expect(change.raises).toBeUndefined();
    expect(await carriedOut(restart, change, call)).toMatchObject({ verdict: 'ok' });
  });

  test.each([
    ['ROLLING', {}, undefined],
    ['BLUE_GREEN', { bakeTimeInMinutes: 5 }, 5],
    ['CANARY', { bakeTimeInMinutes: 5 }, 15],
    ['CANARY', { canaryConfiguration: { canaryBakeTimeInMinutes: 2 } }, 2],
    ['LINEAR', { bakeTimeInMinutes: 5 }, 59],
    ['LINEAR', { linearConfiguration: { stepPercent: 33.4, stepBakeTimeInMinutes: 1 } }, 2],
  ] as const)('how long %s with %j waits on purpose', (strategy, more, minutes) => {
    const waits = shiftingOf({ strategy, ...more })?.waitsMs;
    expect(waits).toBe(minutes === undefined ? undefined : minutes * 60_000);
  });

  test('every event of the service is told once', async () => {
    await using aws = await startScriptedAws(scenario());
    const { call } = await restart(openFor(aws), aws);
    const notes = call.reported.flatMap(({ note }) => note ?? []);
    expect(notes.some((note) => note.includes('has started 3 tasks'))).toBe(true);
    expect(new Set(notes).size).toBe(notes.length);
  });

  test('throttling makes it slower, and nothing else', async () => {
    await using aws = await startScriptedAws(scenario());
    const { call, change } = await planned(openFor(aws), aws);
    const workload = openFor(aws);
    aws.failNext('UpdateService', { code: 'ThrottlingException' }, 2);
    const receipt = await workload.restart.apply(change, call);
    aws.failNext('DescribeServices', { code: 'ThrottlingException' }, 2);
    expect(await workload.restart.verify(change, call, receipt)).toMatchObject({ verdict: 'ok' });
    expect(asked(aws)['UpdateService']).toBe(3);
    expect(aws.service('checkout').describe().deployments).toHaveLength(1);
  });
});

describe('a deployment that does not work, of a scripted ECS service', () => {
  test.each(['new', 'same'] as const)(
    'one that the circuit breaker rolls back has failed, with the reason, though the service ends up stable (rollback: %s deployment)',
    async (rollbackDeployment) => {
      await using aws = await startScriptedAws(scenario(breaker));
      aws.script({ rollbackDeployment });
      aws.service('checkout').nextDeployment(crashes(1, ['cannot reach the database']));
      const { call, finding } = await restart(openFor(aws), aws);
      expect(finding.verdict).toBe('critical');
      expect(finding.summary).toMatch(/circuit breaker/);
      expect(finding.summary).toMatch(/rolled back to checkout:2 .* and is stable/);
      expect(finding.summary).toMatch(/exit code 1/);
      expect(finding.summary).toMatch(/; 2 more tasks stopped$/);
      expect(finding.evidence?.rows[0]?.at(-1)).toBe('cannot reach the database');
      // Back on the tasks that are still there, it is over before it is looked at for the first time.
      if (rollbackDeployment === 'new') expect(call.notes()).toMatch(/exit code 1[^]*waiting for the end of that/);
    },
  );

  test('a log that may not be read does not change the verdict', async () => {
    await using aws = await startScriptedAws(scenario(breaker));
    aws.service('checkout').nextDeployment(crashes(1, ['cannot reach the database']));
    aws.failNext('GetLogEvents', { code: 'AccessDeniedException' });
    const { finding } = await restart(openFor(aws), aws);
    expect(finding.verdict).toBe('critical');
    expect(finding.evidence?.rows[0]?.at(-1)).toMatch(/its log cannot be read: not allowed: logs:GetLogEvents/);
  });

  test('one that the circuit breaker ends without a rollback has failed', async () => {
    await using aws = await startScriptedAws(scenario({ circuitBreaker: { enable: true, rollback: false } }));
    aws.service('checkout').nextDeployment(cannotPull('registry.example.com/checkout:2.0.0'));
    const { finding } = await restart(openFor(aws), aws);
    expect(finding).toMatchObject({
      verdict: 'critical',
      summary: expect.stringContaining('CannotPullContainerError') as string,
    });
  });

  test('without a circuit breaker ECS tries for ever; three failures in a row are enough', async () => {
    await using aws = await startScriptedAws(scenario());
    aws.service('checkout').nextDeployment(crashes(137, []));
    const began = aws.clock.monotonic();
    const { finding } = await restart(openFor(aws), aws);
    expect(finding).toMatchObject({
      verdict: 'critical',
      summary: expect.stringMatching(/no deployment circuit breaker.*exit code 137.*OutOfMemoryError/) as string,
    });
    expect(aws.clock.monotonic() - began).toBeLessThan(120_000);
  });

  test('somebody else who deploys in the middle is told of', async () => {
    await using aws = await startScriptedAws(scenario());
    const workload = openFor(aws);
    const { call, change } = await planned(workload, aws);
    const receipt = await workload.restart.apply(change, call);
    aws.advance(5);
    aws.service('checkout').deployBehind('checkout:1');
    expect(await workload.restart.verify(change, call, receipt)).toMatchObject({
      verdict: 'critical',
      summary: expect.stringMatching(/\(checkout:1\) replaced it: somebody or something else deployed/) as string,
    });
  });

  test('one that takes longer than configured is not waited for, and what is missing is said', async () => {
    await using aws = await startScriptedAws(scenario());
    aws.service('checkout').nextDeployment({ ...healthy, startsIn: 3600 });
    const { finding } = await restart(openFor(aws, { readyTimeoutMs: 120_000 }), aws);
    expect(finding).toMatchObject({
      verdict: 'critical',
      summary: expect.stringMatching(/not complete after 2 min: 0 of 3 new tasks running, 3 pending/) as string,
    });
  });

  test('a service that is deleted while it is waited for is no success', async () => {
    await using aws = await startScriptedAws(scenario());
    const workload = openFor(aws);
    const { call, change } = await planned(workload, aws);
    const receipt = await workload.restart.apply(change, call);
    aws.service('checkout').setStatus('DRAINING');
    expect(await workload.restart.verify(change, call, receipt)).toMatchObject({
      verdict: 'critical',
      summary: expect.stringMatching(/is being deleted|was deleted/) as string,
    });
  });
});

describe('a connection that breaks, to a scripted ECS service', () => {
  test('a change without an answer is sent once; that it was done is seen', async () => {
    await using aws = await startScriptedAws(scenario());
    const workload = openFor(aws);
    const { call, change } = await planned(workload, aws);
    aws.failNext('UpdateService', { applied: true });
    expect(await carriedOut(workload.restart, change, call)).toMatchObject({ verdict: 'ok' });
    expect(asked(aws)['UpdateService']).toBe(1);
  });

  test('a change that never arrived is not done', async () => {
    await using aws = await startScriptedAws(scenario());
    const workload = openFor(aws);
    const { call, change } = await planned(workload, aws);
    aws.failNext('UpdateService', {});
    expect(await carriedOut(workload.restart, change, call)).toMatchObject({
      verdict: 'critical',
      summary: expect.stringContaining('checkout was not restarted') as string,
    });
    expect(asked(aws)['UpdateService']).toBe(1);
  });

  test('reads are repeated', async () => {
    await using aws = await startScriptedAws(scenario());
    aws.failNext('DescribeServices', {}, 2);
    expect(await openFor(aws).status(callIn(aws), 'brief')).toMatchObject({ healthy: 3 });
  });
});

describe('after a crash, of a scripted ECS service', () => {
  test('a deployment that was rolled back since has failed, though the service is stable again', async () => {
    await using aws = await startScriptedAws(scenario(breaker));
    const { call, change } = await planned(openFor(aws), aws);
    aws.service('checkout').nextDeployment(crashes(1, []));
    await openFor(aws).restart.apply(change, call);
    aws.advance(600);
    expect(aws.service('checkout').describe().deployments).toMatchObject([{ rolloutState: 'COMPLETED' }]);
    expect(await openFor(aws).restart.verify(change, call)).toMatchObject({
      verdict: 'critical',
      summary: expect.stringContaining('ROLLBACK_SUCCESSFUL') as string,
    });
  });

  test('that is not allowed to read the record, it says what it cannot see', async () => {
    await using aws = await startScriptedAws(scenario());
    const { call, change } = await planned(openFor(aws), aws);
    await openFor(aws).restart.apply(change, call);
    aws.failNext('ListServiceDeployments', { code: 'AccessDeniedException' });
    expect(await openFor(aws).restart.verify(change, call)).toMatchObject({ verdict: 'ok' });
    expect(call.notes()).toContain('what ECS keeps on record cannot be seen');
  });
});

describe('what is refused of a scripted ECS service', () => {
  test.each(['CODE_DEPLOY', 'EXTERNAL'] as const)('deployments by %s, with the reason', async (controller) => {
    await using aws = await startScriptedAws(scenario({ controller }));
    await expect(planned(openFor(aws), aws)).rejects.toMatchObject({
      kind: 'refused',
      message: expect.stringContaining(controller) as string,
    });
    await expect(openFor(aws).rollback?.plan({}, callIn(aws))).rejects.toMatchObject({ kind: 'refused' });
  });

  test.each(['DRAINING', 'INACTIVE'] as const)('a service that is %s', async (status) => {
    await using aws = await startScriptedAws(scenario({ status }));
    await expect(openFor(aws).status(callIn(aws))).rejects.toMatchObject({
      kind: 'refused',
      message: expect.stringContaining(status) as string,
    });
  });

  test('a service or a cluster that is not there is a mistake in the configuration', async () => {
    await using aws = await startScriptedAws(scenario());
    await expect(openFor(aws, { service: 'nothing' }).status(callIn(aws))).rejects.toMatchObject({
      kind: 'usage',
      message: `there is no service nothing in the cluster ${aws.cluster} in ${aws.region}`,
    });
    await expect(openFor(aws, { cluster: 'nowhere' }).status(callIn(aws))).rejects.toMatchObject({
      kind: 'usage',
      message: `there is no cluster nowhere in ${aws.region}`,
    });
  });

  test('another account than the configured one, with both, and nothing is asked of STS', async () => {
    await using aws = await startScriptedAws(scenario());
    await expect(planned(openFor(aws, { account: '999999999999' }), aws)).rejects.toMatchObject({
      kind: 'refused',
      message: expect.stringMatching(new RegExp(`account ${aws.account}.*account 999999999999`)) as string,
    });
    expect(asked(aws)).toEqual({ DescribeServices: 1 });
  });

  test('a batch: ECS decides that itself', async () => {
    await using aws = await startScriptedAws(scenario());
    await expect(openFor(aws).restartUnits(2, callIn(aws))).rejects.toMatchObject({ kind: 'usage' });
  });

  test('a service of none', async () => {
    await using aws = await startScriptedAws(scenario({ desired: 0 }));
    await expect(planned(openFor(aws), aws)).rejects.toMatchObject({ kind: 'refused' });
  });
});
