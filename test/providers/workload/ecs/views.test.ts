import { describe, expect, test } from 'vitest';
import { crashes } from '../../../rigs/aws/ecs/behaviour.ts';
import { startScriptedAws } from '../../../rigs/aws/scripted.ts';
import { asked, callIn, openFor, scenario } from './ecs-rig.ts';

const looks = async (aws: Awaited<ReturnType<typeof startScriptedAws>>) => {
  const { views } = openFor(aws);
  if (!views) throw new Error('ECS has views');
  const call = callIn(aws);
  const [rollout, autoscaler, events, revisions] = await Promise.all([
    views.rollout(call),
    views.autoscaler(call),
    views.events(call),
    views.revisions(call),
  ]);
  return { rollout, autoscaler, events, revisions };
};

describe('what a scripted ECS service tells', () => {
  test('all is well: one look for the rollout and the events', async () => {
    await using aws = await startScriptedAws(
      scenario({}, { scalableTargets: [{ service: 'checkout', min: 2, max: 8 }] }),
    );
    const { rollout, autoscaler, events, revisions } = await looks(aws);
    expect(rollout).toMatchObject({ verdict: 'ok', summary: expect.stringMatching(/^complete: checkout:2/) as string });
    expect(autoscaler).toMatchObject({
      verdict: 'ok',
      summary: 'Application Auto Scaling between 2 and 8 (no policy)',
    });
    expect(events).toMatchObject({ verdict: 'ok' });
    expect(revisions).toMatchObject({
      verdict: 'ok',
      summary: expect.stringMatching(/^checkout:2, version 2\.0\.0, since /) as string,
      data: {
        revisions: [
          {
            revision: 'checkout:2',
            present: true,
            version: '2.0.0',
            cause: 'version 1.0.0 -> 2.0.0',
            status: 'SUCCESSFUL',
          },
          { revision: 'checkout:1', present: false, version: '1.0.0', cause: 'the oldest on record' },
        ],
      },
    });
    expect(asked(aws)['DescribeServices']).toBe(1);
  });

  test('a rollout under way, and one that failed, with its reason', async () => {
    await using aws = await startScriptedAws(scenario({ circuitBreaker: { enable: true, rollback: false } }));
    aws.service('checkout').nextDeployment(crashes(1, []));
    aws.service('checkout').deployBehind();
    aws.advance(5);
    expect((await looks(aws)).rollout).toMatchObject({
      verdict: 'warn',
      summary: expect.stringMatching(
        /^under way: checkout:2 \(ecs-svc\/\d+, begun 5 s ago\), 0 of 3 tasks running/,
      ) as string,
    });
    aws.advance(300);
    const { rollout, events } = await looks(aws);
    expect(rollout).toMatchObject({
      verdict: 'critical',
      summary: expect.stringContaining('circuit breaker') as string,
    });
    expect(events.verdict).toBe('warn');
  });

  test('what changed last: restarts, versions, and one that was rolled back and left nothing behind', async () => {
    const definitions = ['1', '2', '3'].map((n) => ({
      name: `checkout:${n}`,
      image: `registry.example.com/checkout:${n}.0.0`,
    }));
    await using aws = await startScriptedAws(
      scenario({ circuitBreaker: { enable: true, rollback: true } }, { taskDefinitions: definitions }),
    );
    const service = aws.service('checkout');
    service.deployBehind();
    aws.advance(600);
    service.nextDeployment(crashes(1, []));
    service.deployBehind('checkout:3');
    aws.advance(600);
    service.deployBehind();
    aws.advance(600);
    const { revisions } = await looks(aws);
    expect(revisions.summary).toBe('checkout:2, version 2.0.0, since 10 min');
    expect(revisions.data).toMatchObject({
      revisions: [
        { revision: 'checkout:2', present: true, cause: 'restarted' },
        { revision: 'checkout:3', present: false, cause: 'version 2.0.0 -> 3.0.0', status: 'ROLLBACK_SUCCESSFUL' },
        { revision: 'checkout:2', present: false, cause: 'restarted' },
        { revision: 'checkout:2', cause: 'version 1.0.0 -> 2.0.0' },
        { revision: 'checkout:1', cause: 'the oldest on record' },
      ],
    });
  });

  test('no autoscaler is fine; a suspended one is a warning', async () => {
    await using none = await startScriptedAws(scenario());
    expect((await looks(none)).autoscaler).toMatchObject({
      verdict: 'ok',
      summary: expect.stringContaining('none') as string,
    });
    await using held = await startScriptedAws(
      scenario({}, { scalableTargets: [{ service: 'checkout', min: 2, max: 8, suspended: true }] }),
    );
    expect((await looks(held)).autoscaler).toMatchObject({
      verdict: 'warn',
      summary: expect.stringContaining('suspended') as string,
    });
  });

  test('health: by the health check, else by the load balancer, else unknown', async () => {
    await using checked = await startScriptedAws(scenario());
    expect((await openFor(checked).status(callIn(checked))).instances.map(({ health }) => health)).toEqual([
      'ok',
      'ok',
      'ok',
    ]);
    const unchecked = { taskDefinitions: [{ name: 'checkout:2' }] };
    await using behind = await startScriptedAws(scenario({ targetGroup: 'checkout' }, unchecked));
    expect((await openFor(behind).status(callIn(behind))).instances.map(({ health }) => health)).toEqual([
      'ok',
      'ok',
      'ok',
    ]);
    await using bare = await startScriptedAws(scenario({}, unchecked));
    expect((await openFor(bare).status(callIn(bare))).instances.map(({ health, detail }) => [health, detail])).toEqual(
      Array.from({ length: 3 }, () => ['unknown', 'running; no health check, or no result yet']),
    );
  });
});
