import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { scenario } from '../../providers/workload/ecs/ecs-rig.ts';
import { crashes } from '../../rigs/aws/ecs/behaviour.ts';
import type { ScriptedAws } from '../../rigs/aws/scripted.ts';
import { startScriptedAws } from '../../rigs/aws/scripted.ts';
import { newDirectory, newOperator, writeFiles } from '../rig.ts';
import { outcome, trail } from '../trail.ts';

/** Somebody whose service is this peer's; ten played seconds go by in a real one. */
const stage = async (...[service, more]: Parameters<typeof scenario>) => {
  const aws = await startScriptedAws(scenario(service, { ...more, time: { factor: 10 } }));
  opened.push(aws);
  const directory = newDirectory();
  const workload = `provider: ecs, region: ${aws.region}, account: "${aws.account}", cluster: ${aws.cluster}, service: checkout`;
  writeFiles(directory, {
    'runbook.config.yaml': `version: 1
service: { name: checkout }
environments:
  staging:
    workload: { ${workload} }
`,
  });
  const { HOME: _, ...env } = aws.env;
  return { aws, operator: newOperator(join(directory, 'runbook.config.yaml'), env) };
};
const opened: ScriptedAws[] = [];
afterEach(async () => {
  for (const aws of opened.splice(0)) await aws.close();
});

describe('rb on a service of the scripted ECS peer', () => {
  test('a rolling restart that goes well asks once before it and then every 15 s, and nothing else', async () => {
    const { aws, operator } = await stage();
    const { code, stderr } = await operator.run('restart --rolling --yes');
    expect([code, stderr]).toEqual([0, expect.stringContaining('all 3 tasks replaced')]);
    // The played rollout is over long before the first look after it. The CLI looks at once and after 15 s.
    expect(Object.fromEntries(aws.calls)).toEqual({ DescribeServices: 2, UpdateService: 1 });
  });

  test('one that the circuit breaker rolls back is a failure, with the reason, though the service is stable', async () => {
    const { aws, operator } = await stage({ circuitBreaker: { enable: true, rollback: true } });
    aws.service('checkout').nextDeployment(crashes(1, []));
    const { code, stderr } = await operator.run('restart --rolling --yes');
    expect(code).toBe(1);
    expect(stderr).toMatch(/circuit breaker/);
    expect(stderr).toMatch(/exit code 1/);
    expect(aws.service('checkout').describe()).toMatchObject({ runningCount: 3, deployments: [{}] });
  });

  test('another account than the configured one: exit 3, and nothing is changed', async () => {
    const { aws, operator } = await stage();
    const directory = newDirectory();
    writeFiles(directory, {
      'runbook.config.yaml': `version: 1
service: { name: checkout }
environments:
  staging:
    workload: { provider: ecs, region: ${aws.region}, account: "999999999999", cluster: ${aws.cluster}, service: checkout }
`,
    });
    const { code, stderr } = await operator.run([
      '-c',
      join(directory, 'runbook.config.yaml'),
      'restart',
      '--rolling',
      '--yes',
    ]);
    expect([code, stderr]).toEqual([
      3,
      expect.stringMatching(new RegExp(`account ${aws.account}.*account 999999999999`)),
    ]);
    expect([...aws.calls.keys()]).toEqual(['DescribeServices']);
  });

  test('an emergency restart, killed after the stop: rb resume brings the count and the autoscaler back', async () => {
    const { aws, operator } = await stage({}, { scalableTargets: [{ service: 'checkout', min: 2, max: 8 }] });
    const before = aws.service('checkout').scalableTarget();
    const picture = structuredClone(before);
    const confirm = '--confirm checkout/staging';
    const running = operator.start(`restart --emergency ${confirm}`);
    while (aws.service('checkout').describe().desiredCount !== 0)
      await new Promise((resolve) => setTimeout(resolve, 20));
    running.signal('SIGKILL');
    await expect(running.ended).rejects.toThrow('SIGKILL');
    expect(aws.service('checkout').scalableTarget()).not.toEqual(picture);

    const { code, stderr } = await operator.run(`resume ${confirm}`);
    expect(code, stderr).toBe(0);
    expect(aws.service('checkout').describe()).toMatchObject({ desiredCount: 3, runningCount: 3 });
    expect(aws.service('checkout').scalableTarget()).toEqual(picture);
    expect(outcome(await trail(operator))).toBe('done');
  });
});
