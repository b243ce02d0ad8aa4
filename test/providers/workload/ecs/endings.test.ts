import type { StopServiceDeploymentStopType } from '@aws-sdk/client-ecs';
import { describe, expect, test } from 'vitest';
import { clientsFor } from '../../../rigs/aws/clients.ts';
import { cannotPull, healthy } from '../../../rigs/aws/ecs/behaviour.ts';
import type { ScriptedAws } from '../../../rigs/aws/scripted.ts';
import { startScriptedAws } from '../../../rigs/aws/scripted.ts';
import { callIn, openFor, scenario } from './ecs-rig.ts';

const breaker = { circuitBreaker: { enable: true, rollback: true } };
/** The image of what runs has gone from the registry meanwhile: neither a restart nor the way back comes up. */
const imageIsGone = { taskDefinitions: [{ name: 'checkout:2', behaviour: cannotPull('checkout:2.0.0') }] };

/** How many seconds tasks of what runs take to start: long or short beside the first look, which comes after 15 s. */
const startsIn = (seconds: number) => ({
  taskDefinitions: [{ name: 'checkout:2', behaviour: { ...healthy, startsIn: seconds } }],
});

/** ECS has taken the restart. */
const begun = async (aws: ScriptedAws) => {
  const workload = openFor(aws);
  const call = callIn(aws);
  const [unit] = await workload.restartUnits(1, call);
  if (!unit) throw new Error('there is one unit');
  const change = await workload.restart.plan(unit, call);
  const receipt = await workload.restart.apply(change, call);
  return { call, change, verify: () => workload.restart.verify(change, call, receipt) };
};

/** Somebody stops the newest deployment. */
const stop = async (aws: ScriptedAws, stopType: StopServiceDeploymentStopType) => {
  const { ecs } = clientsFor(aws);
  const { serviceDeployments } = await ecs.listServiceDeployments({ cluster: aws.cluster, service: 'checkout' });
  await ecs.stopServiceDeployment({
    serviceDeploymentArn: serviceDeployments?.[0]?.serviceDeploymentArn ?? '',
    stopType,
  });
};

const critical = (summary: RegExp) => ({
  verdict: 'critical',
  summary: expect.stringMatching(summary) as string,
});

describe('the end of a deployment of a scripted ECS service that nobody hoped for', () => {
  test('its rollback fails as well: both are told', async () => {
    await using aws = await startScriptedAws(scenario(breaker, imageIsGone));
    const { verify } = await begun(aws);
    expect(await verify()).toMatchObject(
      critical(/the restart failed: .*; ECS rolled back to checkout:2 \(ecs-svc\/\d+\), and that failed too/),
    );
  });

  test('the same, seen by another process afterwards: ROLLBACK_FAILED on record', async () => {
    await using aws = await startScriptedAws(scenario(breaker, imageIsGone));
    const { change } = await begun(aws);
    aws.advance(3600);
    expect(await openFor(aws).restart.verify(change, callIn(aws))).toMatchObject(critical(/ROLLBACK_FAILED/));
  });

  test('somebody stops it', async () => {
    await using aws = await startScriptedAws(scenario());
    const { verify } = await begun(aws);
    await stop(aws, 'ABORT');
    expect(await verify()).toMatchObject(critical(/the restart failed: .*was stopped by a user.*STOPPED/));
  });

  test('somebody stops it and lets ECS go back, which is under way at the first look', async () => {
    await using aws = await startScriptedAws(scenario({}, startsIn(20)));
    const { verify } = await begun(aws);
    await stop(aws, 'ROLLBACK');
    expect(await verify()).toMatchObject(
      critical(
        /the restart failed: .*was stopped by a user; ECS rolled back to checkout:2 \(ecs-svc\/\d+\) and is stable/,
      ),
    );
  });

  test('the same, and ECS is back before the first look: the reason is on its record', async () => {
    await using aws = await startScriptedAws(scenario({}, startsIn(2)));
    const { verify } = await begun(aws);
    await stop(aws, 'ROLLBACK');
    expect(await verify()).toMatchObject(
      critical(
        /the restart failed; ECS rolled back to checkout:2 \(ecs-svc\/\d+\) and is stable; ROLLBACK_SUCCESSFUL: .*stopped by a user/,
      ),
    );
  });

  test('it has gone from the list before anybody looked, and another one is complete: by what it was replaced', async () => {
    await using aws = await startScriptedAws(scenario());
    const { verify } = await begun(aws);
    aws.advance(1);
    aws.service('checkout').deployBehind('checkout:1');
    aws.advance(600);
    expect(aws.service('checkout').describe().deployments).toHaveLength(1);
    expect(await verify()).toMatchObject(critical(/deployment ecs-svc\/\d+ \(checkout:1\) replaced it/));
  });
});
