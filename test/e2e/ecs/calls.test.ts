import { describe, expect, test } from 'vitest';
import { runAwsCli } from '../../rigs/aws/aws-cli.ts';
import type { TaskBehaviour } from '../../rigs/aws/ecs/behaviour.ts';
import type { PlayedTime } from '../../rigs/aws/scenario.ts';
import type { Played } from './stage.ts';
import { calls, play } from './stage.ts';

const quick = { startsIn: 4, healthyIn: 2, drainsIn: 2, stopsIn: 2, log: [] };

/** Beside the service everything that could tempt to ask more: a load balancer, an autoscaler, a circuit breaker. */
const start = async (behaviour: TaskBehaviour, time: PlayedTime): Promise<Played> => {
  const played = await play(
    { targetGroup: 'checkout', circuitBreaker: { enable: true, rollback: true } },
    {
      time,
      taskDefinitions: [{ name: 'checkout:2', behaviour: quick }],
      scalableTargets: [{ service: 'checkout', min: 2, max: 8 }],
    },
  );
  played.service.nextDeployment(behaviour);
  return played;
};

/** What an engineer types without rb, in no time at all: the first look comes at once, and one each 15 s from then on. */
const byHand = async ({ aws }: Played) => {
  const place = ['--cluster', aws.cluster];
  const cli = (...words: readonly string[]) => runAwsCli(['ecs', ...words], { env: aws.env, time: 'manual' });
  expect((await cli('update-service', ...place, '--service', 'checkout', '--force-new-deployment')).exitCode).toBe(0);
  expect((await cli('wait', 'services-stable', ...place, '--services', 'checkout')).exitCode).toBe(0);
};

const withRb = async (played: Played) => {
  const { code, stderr } = await played.operator().run('restart --rolling --yes');
  expect([code, stderr]).toEqual([0, expect.stringContaining('all 3 tasks replaced')]);
};

const sum = (counts: Readonly<Record<string, number>>) => Object.values(counts).reduce((all, one) => all + one, 0);
const shown = (counts: Readonly<Record<string, number>>) => `${sum(counts)} ${JSON.stringify(counts)}`;

describe.concurrent('rb restart --rolling against the scripted peer makes no more API calls than the AWS CLI', () => {
  test.for([
    ['12 s', quick],
    ['26 s', { ...quick, startsIn: 18 }],
  ] as const)('in a rollout of %s', async ([takes, behaviour]) => {
    await using hand = await start(behaviour, 'manual');
    await using own = await start(behaviour, { factor: 1 });
    await Promise.all([byHand(hand), withRb(own)]);
    const [cli, rb] = [calls(hand.aws), calls(own.aws)];
    process.stdout.write(`a rollout of ${takes}: update-service and wait ${shown(cli)}, rb ${shown(rb)}\n`);
    expect(sum(rb)).toBeLessThanOrEqual(sum(cli));
    // Neither the load balancer nor the autoscaler, nor STS for the account: the service's ARN has it.
    expect(Object.keys(rb).toSorted()).toEqual(['DescribeServices', 'UpdateService']);
  });
});
