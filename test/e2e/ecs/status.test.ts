import { describe, expect, test } from 'vitest';
import { crashes } from '../../rigs/aws/ecs/behaviour.ts';
import { play } from './stage.ts';

interface StatusDocument {
  readonly verdict: string;
  readonly steps: readonly { readonly id: string; readonly finding: { readonly data: unknown } }[];
}

const scalableTargets = [{ service: 'checkout', min: 2, max: 8 }];

describe.concurrent('rb restart status against the scripted peer', () => {
  test.for([80, 200])('is one screen at %i columns: nothing is cut off by the terminal', async (columns) => {
    await using played = await play({ targetGroup: 'checkout' }, { scalableTargets });
    const session = played.operator().session('restart status', { columns, rows: 50 });
    expect(await session.ended, session.screen()).toBe(0);
    const screen = session.screen();
    const places = ['Instances', 'Rollout', 'Autoscaler', 'Recent events', 'What changed last'].map((title) =>
      screen.indexOf(`${title}  `),
    );
    expect(
      places.every((place) => place >= 0),
      screen,
    ).toBe(true);
    expect(places).toEqual(places.toSorted((a, b) => a - b));
    expect(screen.split('\n').length).toBeLessThan(50);
    expect(session.tooLong()).toEqual([]);
  });

  test('as JSON has the same, with all that people do not need', async () => {
    await using played = await play({}, { scalableTargets });
    const run = await played.operator().run('restart status -o json');
    const { steps, verdict } = run.json() as StatusDocument;
    expect([run.code, verdict]).toEqual([0, 'ok']);
    const data = (id: string) => steps.find((step) => step.id === `status/${id}`)?.finding.data;
    expect(data('instances')).toMatchObject({
      desired: 3,
      instances: [1, 2, 3].map(() => ({ version: '2.0.0', health: 'ok', state: 'running' })),
    });
    expect(data('rollout')).toMatchObject({ controller: 'ECS', deployments: [{ taskDefinition: 'checkout:2' }] });
    expect(data('autoscaler')).toMatchObject({ min: 2, max: 8 });
    expect(data('events')).toContainEqual(expect.objectContaining({ message: 'has reached a steady state.' }));
    expect(data('revisions')).toMatchObject({
      revisions: [
        { revision: 'checkout:2', present: true, version: '2.0.0' },
        { revision: 'checkout:1', present: false, version: '1.0.0' },
      ],
    });
  });

  test('of a deployment that ECS has given up: exit code 6, with the reason and the way back', async () => {
    await using played = await play({ circuitBreaker: { enable: true, rollback: false } });
    played.service.nextDeployment(crashes(1, []));
    played.service.deployBehind();
    await played.until((service) => service.describe().deployments?.[0]?.rolloutState === 'FAILED');
    const operator = played.operator();
    const { code, stdout, stderr } = await operator.run('restart status');
    expect([code, stdout]).toEqual([
      6,
      expect.stringMatching(/deployment ecs-svc\/\d+ of checkout:2 failed: .*circuit breaker/),
    ]);
    expect(stderr).toContain('rb restart undo');
    const again = await operator.run('restart --rolling --dry-run');
    expect(again.stdout).toMatch(/the deployment before failed: ecs-svc\/\d+ \(checkout:2\): ECS deployment circuit/);
  });

  test('what may not be seen is told, and the rest is shown all the same', async () => {
    await using played = await play();
    const message = 'User: arn:aws:iam::1:user/ada is not authorized to perform: ecs:ListServiceDeployments';
    played.aws.failNext('ListServiceDeployments', { code: 'AccessDeniedException', message });
    const { stdout } = await played.operator().run('restart status');
    expect(stdout).toContain('3 of 3 instances healthy');
    expect(stdout).toContain('cannot see: not allowed');
    expect(stdout).toContain('ecs:ListServiceDeployments');
  });
});
