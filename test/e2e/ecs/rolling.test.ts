import type { ServiceEvent } from '@aws-sdk/client-ecs';
import { describe, expect, test } from 'vitest';
import { cannotPull, crashes, healthy } from '../../rigs/aws/ecs/behaviour.ts';
import { keys } from '../screen.ts';
import { ofType, trail } from '../trail.ts';
import { calls, play, playFaster } from './stage.ts';

const breaker = { circuitBreaker: { enable: true, rollback: true } };
/** The ids of the tasks that are meant to run. */
const running = ({ service }: Awaited<ReturnType<typeof play>>) =>
  service.tasks().flatMap(({ taskArn, desiredStatus }) => (desiredStatus === 'RUNNING' ? [taskArn] : []));

describe.concurrent('rb restart --rolling against the scripted peer', () => {
  test('replaces all three, with one look before it and one 15 s after it', async () => {
    await using played = await play();
    const before = running(played);
    const session = played.operator().session('restart --rolling');
    await session.shows('Do it? [y/N]');
    expect(calls(played.aws)).toEqual({ DescribeServices: 1 });
    played.aws.forgetCalls();
    await session.answer(`y${keys.enter}`);
    expect(await session.ended).toBe(0);
    const screen = session.screen();
    expect(screen).toContain('all 3 tasks, one after another: at least 3 go on running, at most 6 at the same time');
    expect(screen).toContain('aws ecs update-service --cluster prod --service checkout --force-new-deployment');
    expect(screen).toMatch(/Rolling restart done in .+\. 3 of 3 instances healthy/);
    expect(running(played).filter((task) => before.includes(task))).toEqual([]);
    // After a question it is planned again.
    expect(calls(played.aws)).toEqual({ DescribeServices: 2, UpdateService: 1 });
  });

  test('tells each event of the service once', async () => {
    // Three looks, at the least.
    await using played = await playFaster({}, { factor: 1 });
    played.service.nextDeployment({ ...healthy, startsIn: 25 });
    const before = new Set(played.service.describe().events?.map(({ id }) => id));
    const { code, stderr } = await played.operator().run('restart --rolling --yes');
    expect(code, stderr).toBe(0);
    const told = (events: readonly ServiceEvent[]) =>
      events
        .map(({ message = '' }) => message.replace('(service checkout) ', ''))
        .map((message) => [message, stderr.split(message).length - 1]);
    const since = played.service.describe().events?.filter(({ id }) => !before.has(id)) ?? [];
    expect(since.length).toBeGreaterThan(2);
    expect(told(since)).toEqual(told(since).map(([message]) => [message, 1]));
  });

  test('a service that still shows the old deployment in its first reads is waited for', async () => {
    await using played = await play();
    played.aws.script({ staleReads: 2 });
    const before = running(played);
    const { code, stderr } = await played.operator().run('restart --rolling --yes');
    expect([code, stderr]).toEqual([0, expect.stringContaining('all 3 tasks replaced')]);
    expect(calls(played.aws)).toEqual({ DescribeServices: 4, UpdateService: 1 });
    expect(running(played).filter((task) => before.includes(task))).toEqual([]);
  });

  test('throttling slows it down and nothing else', async () => {
    await using played = await playFaster();
    played.aws.script({ throttle: { every: 2 } });
    const { code, stderr } = await played.operator().run('restart --rolling --yes');
    expect([code, stderr]).toEqual([0, expect.stringContaining('all 3 tasks replaced')]);
    expect(played.service.describe().deployments).toHaveLength(1);
  });

  test('throttled for so long that the SDK gives up, it looks less often and goes on', async () => {
    await using played = await playFaster();
    const begun = played.operator().start('restart --rolling --yes');
    await played.until(() => played.aws.calls.has('UpdateService'));
    played.aws.failNext('DescribeServices', { code: 'ThrottlingException', message: 'Rate exceeded' }, 6);
    const { code, stderr } = await begun.ended;
    expect([code, stderr]).toEqual([0, expect.stringContaining('AWS throttles: looking less often')]);
  });

  test('a version that crashes and is rolled back by the circuit breaker is a failure, though the service ends stable', async () => {
    await using played = await playFaster(breaker);
    const log = ['connecting to the database', 'fatal: password authentication failed'];
    played.service.nextDeployment(crashes(1, log));
    const operator = played.operator();
    const { code, stderr } = await operator.run('restart --rolling --yes');
    expect(code).toBe(1);
    expect(stderr).toMatch(/the restart failed; ECS rolled back to checkout:2 \(ecs-svc\/\d+\) and is stable/);
    expect(stderr).toMatch(/ROLLBACK_SUCCESSFUL: .*circuit breaker threshold was exceeded/);
    expect(stderr).toMatch(/task \w+ \(app: exit code 1\) stopped: Essential container in task exited/);
    expect(stderr).toContain('fatal: password authentication failed');
    expect(played.service.describe()).toMatchObject({ runningCount: 3, deployments: [{ rolloutState: 'COMPLETED' }] });
    const undo = await operator.run('restart undo --yes');
    expect([undo.code, undo.stderr]).toEqual([3, expect.stringContaining('ECS went back to checkout:2 by itself')]);
  });

  test('one that is seen while it is rolled back: the reason is told at once, and the end of that is waited for', async () => {
    await using played = await playFaster(breaker, { factor: 1 });
    played.service.nextDeployment(crashes(1, ['no route to host']));
    const { code, stderr } = await played.operator().run('restart --rolling --yes');
    expect([code, stderr]).toEqual([
      1,
      expect.stringMatching(/ECS deployment circuit breaker: tasks failed to start; ECS rolls back: waiting/),
    ]);
    expect(stderr).toMatch(/ECS rolled back to checkout:2 \(ecs-svc\/\d+\) and is stable/);
    expect(stderr).toContain('no route to host');
  });

  test('a rollback that is the deployment of before is none that went well either', async () => {
    await using played = await playFaster(breaker);
    played.aws.script({ rollbackDeployment: 'same' });
    played.service.nextDeployment(cannotPull('registry.example.com/checkout:2.0.0'));
    const { code, stderr } = await played.operator().run('restart --rolling --yes');
    expect([code, stderr]).toEqual([1, expect.stringContaining('CannotPullContainerError')]);
  });

  test('a log that may not be read hides the reason of nothing', async () => {
    await using played = await playFaster(breaker);
    played.service.nextDeployment(crashes(137, ['allocating']));
    const message = 'User: arn:aws:iam::1:user/on-call is not authorized to perform: logs:GetLogEvents';
    played.aws.failNext('GetLogEvents', { code: 'AccessDeniedException', message });
    const { code, stderr } = await played.operator().run('restart --rolling --yes');
    expect([code, stderr]).toEqual([1, expect.stringMatching(/exit code 137.*OutOfMemoryError/)]);
    expect(stderr).toContain('its log cannot be read: not allowed');
  });

  test('without a circuit breaker ECS would try for ever: three failures in a row are enough', async () => {
    await using played = await playFaster();
    played.service.nextDeployment(crashes(1, []));
    const { code, stderr } = await played.operator().run('restart --rolling --yes');
    expect([code, stderr]).toEqual([1, expect.stringMatching(/does not come up: .*no deployment circuit breaker/)]);
    expect(stderr).toMatch(/Instances now: .*3 old/);
  });

  test('with --no-wait it ends when ECS has taken it: two calls', async () => {
    await using played = await play();
    const { code, stderr } = await played.operator().run('restart --rolling --yes --no-wait');
    expect([code, stderr]).toEqual([0, expect.stringMatching(/ECS has begun deployment ecs-svc\/\d+/)]);
    expect(stderr).toContain('rb restart status');
    expect(calls(played.aws)).toEqual({ DescribeServices: 1, UpdateService: 1 });
  });

  test('a deployment that is under way already is told, and --yes is enough', async () => {
    await using played = await playFaster();
    played.service.nextDeployment({ ...healthy, startsIn: 3600 });
    played.service.deployBehind();
    const operator = played.operator();
    const dry = await operator.run('restart --rolling --dry-run');
    expect(dry.stdout).toMatch(/a deployment is under way already, and this replaces it: ecs-svc\/\d+ \(checkout:2\)/);
    const { code, stderr } = await operator.run('restart --rolling --yes');
    expect([code, stderr]).toEqual([0, expect.stringContaining('all 3 tasks replaced')]);
  });

  test('somebody deploys while the question waits: exit code 3 with the difference, and nothing is sent', async () => {
    await using played = await playFaster();
    const operator = played.operator();
    const session = operator.session('restart --rolling');
    await session.shows('Do it? [y/N]');
    played.service.deployBehind('checkout:1');
    await session.answer(`y${keys.enter}`);
    expect(await session.ended).toBe(3);
    expect(session.screen()).toContain('no longer what was confirmed.');
    expect(session.screen()).toContain('checkout:1');
    expect(calls(played.aws)['UpdateService']).toBeUndefined();
    expect(ofType(await trail(operator), 'step.intent')).toEqual([]);
  });

  test('somebody deploys in the middle: exit code 1, and by what it was replaced', async () => {
    await using played = await playFaster();
    // Not over before somebody is there.
    played.service.nextDeployment({ ...healthy, startsIn: 3600 });
    const begun = played.operator().start('restart --rolling --yes');
    await played.until(() => played.aws.calls.has('UpdateService'));
    played.service.deployBehind('checkout:1');
    const { code, stderr } = await begun.ended;
    expect([code, stderr]).toEqual([
      1,
      expect.stringMatching(/deployment ecs-svc\/\d+ \(checkout:1\) replaced it: somebody or something else deployed/),
    ]);
  });
});
