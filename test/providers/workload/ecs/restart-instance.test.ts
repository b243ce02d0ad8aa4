import { describe, expect, test } from 'vitest';
import { crashes } from '../../../rigs/aws/ecs/behaviour.ts';
import type { ScriptedAws } from '../../../rigs/aws/scripted.ts';
import { startScriptedAws } from '../../../rigs/aws/scripted.ts';
import { carriedOut } from '../call.ts';
import { callIn, openFor, scenario } from './ecs-rig.ts';

const restarted = async (aws: ScriptedAws) => {
  const workload = openFor(aws);
  const { restartInstance } = workload;
  const call = callIn(aws);
  const { instances } = await workload.status(call);
  const change = await restartInstance.plan({ id: instances[0]?.id ?? '' }, call);
  return carriedOut(restartInstance, change, call);
};

describe('restarting one task of a scripted ECS service', () => {
  test('what stopped before it, within the hour that ECS remembers, is no failure of its replacement', async () => {
    await using aws = await startScriptedAws(scenario());
    aws.service('checkout').deployBehind();
    aws.advance(300);
    expect(aws.service('checkout').describe().deployments).toHaveLength(1);
    expect(await restarted(aws)).toMatchObject({
      verdict: 'ok',
      summary: expect.stringMatching(/^\w+ runs in place of \w+ and is healthy$/) as string,
    });
  });

  test('reads that still show it running are waited for', async () => {
    await using aws = await startScriptedAws(scenario());
    aws.script({ staleReads: 2 });
    expect(await restarted(aws)).toMatchObject({ verdict: 'ok' });
  });

  test('one that was never told to stop is said to run as before', async () => {
    await using aws = await startScriptedAws(scenario());
    const workload = openFor(aws);
    const { instances } = await workload.status(callIn(aws));
    const change = await workload.restartInstance.plan({ id: instances[0]?.id ?? '' }, callIn(aws));
    const began = aws.clock.monotonic();
    expect(await openFor(aws).restartInstance.verify(change, callIn(aws))).toMatchObject({
      verdict: 'critical',
      summary: expect.stringContaining('was not restarted: it is still running') as string,
    });
    expect(aws.clock.monotonic()).toBe(began);
  });

  test('replacements that end by themselves: three are enough, with the reason', async () => {
    await using aws = await startScriptedAws(scenario());
    aws.service('checkout').nextDeployment(crashes(1, []));
    aws.service('checkout').deployBehind();
    expect(await restarted(aws)).toMatchObject({
      verdict: 'critical',
      summary: expect.stringMatching(/do not stay up: Essential container in task exited$/) as string,
    });
  });
});
