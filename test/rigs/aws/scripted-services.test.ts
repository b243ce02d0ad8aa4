import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { runAwsCli } from './aws-cli.ts';
import { clientsFor } from './clients.ts';
import { crashes } from './ecs/behaviour.ts';
import { environmentOf } from './local-environment.ts';
import type { ServiceScenario } from './scenario.ts';
import { startScriptedAws } from './scripted.ts';

const web: ServiceScenario = { name: 'web', desired: 3, taskDefinition: 'web:7' };
const scalable = {
  ServiceNamespace: 'ecs',
  ScalableDimension: 'ecs:service:DesiredCount',
  ResourceId: 'service/prod/web',
} as const;

describe('the scripted Application Auto Scaling', () => {
  const scenario = {
    services: [web],
    scalableTargets: [
      {
        service: 'web',
        min: 2,
        max: 6,
        scheduledActions: [{ name: 'evening', schedule: 'cron(0 20 * * ? *)', min: 1, max: 2 }],
      },
    ],
  };

  test('scales when an alarm goes off, unless it is suspended', async () => {
    await using aws = await startScriptedAws(scenario);
    const { autoscaling } = clientsFor(aws);
    expect(aws.service('web').alarm('out')).toBe(true);
    expect(aws.service('web').describe().desiredCount).toBe(4);

    await autoscaling.registerScalableTarget({
      ...scalable,
      SuspendedState: { DynamicScalingInSuspended: true, DynamicScalingOutSuspended: true },
    });
    const { ScalableTargets } = await autoscaling.describeScalableTargets({
      ServiceNamespace: 'ecs',
      ResourceIds: [scalable.ResourceId],
    });
    expect(ScalableTargets).toMatchObject([
      {
        MinCapacity: 2,
        MaxCapacity: 6,
        SuspendedState: {
          DynamicScalingInSuspended: true,
          DynamicScalingOutSuspended: true,
          ScheduledScalingSuspended: false,
        },
      },
    ]);
    aws.service('web').scaleBehind(0);
    expect(aws.service('web').alarm('out')).toBe(false);
    expect(aws.service('web').describe().desiredCount).toBe(0);
  });

  test('has scheduled actions and what it did last', async () => {
    await using aws = await startScriptedAws(scenario);
    const { autoscaling } = clientsFor(aws);
    const { ScheduledActions } = await autoscaling.describeScheduledActions({
      ServiceNamespace: 'ecs',
      ResourceId: scalable.ResourceId,
    });
    expect(ScheduledActions).toMatchObject([
      { ScheduledActionName: 'evening', ScalableTargetAction: { MinCapacity: 1, MaxCapacity: 2 } },
    ]);
    aws.service('web').alarm('in');
    const { ScalingActivities } = await autoscaling.describeScalingActivities({ ServiceNamespace: 'ecs' });
    expect(ScalingActivities).toMatchObject([{ Description: 'Setting desired count to 2.', StatusCode: 'Successful' }]);
  });
});

describe('the scripted load balancer', () => {
  test('takes new targets in, and lets old ones drain', async () => {
    await using aws = await startScriptedAws({ services: [{ ...web, targetGroup: 'web' }] });
    const { ecs, loadBalancer } = clientsFor(aws);
    const { services } = await ecs.describeServices({ cluster: 'prod', services: ['web'] });
    const TargetGroupArn = services?.[0]?.loadBalancers?.[0]?.targetGroupArn ?? '';
    const states = async () => {
      const { TargetHealthDescriptions = [] } = await loadBalancer.describeTargetHealth({ TargetGroupArn });
      return TargetHealthDescriptions.map(({ TargetHealth }) => TargetHealth?.State ?? '').toSorted();
    };
    expect(await states()).toEqual(['healthy', 'healthy', 'healthy']);
    await ecs.updateService({ cluster: 'prod', service: 'web', forceNewDeployment: true });
    const seen = new Set<string>();
    for (let seconds = 0; seconds < 40; seconds += 1) {
      aws.advance(1);
      for (const state of await states()) seen.add(state ?? '');
    }
    expect([...seen].toSorted()).toEqual(['draining', 'healthy', 'initial']);
    expect(await states()).toEqual(['healthy', 'healthy', 'healthy']);

    const { TargetGroups } = await loadBalancer.describeTargetGroups({ TargetGroupArns: [TargetGroupArn] });
    expect(TargetGroups).toMatchObject([{ TargetGroupName: 'web', TargetType: 'ip' }]);
    const unknown = TargetGroupArn.replace('/web/', '/gone/');
    await expect(loadBalancer.describeTargetHealth({ TargetGroupArn: unknown })).rejects.toMatchObject({
      name: 'TargetGroupNotFoundException',
    });
  });
});

/** A schedule whose universal target calls UpdateService with this. */
const schedule = (Input: object) => ({
  Name: 'rb-restart-web',
  ScheduleExpression: 'rate(6 hours)',
  FlexibleTimeWindow: { Mode: 'OFF' as const },
  Target: {
    Arn: 'arn:aws:scheduler:::aws-sdk:ecs:updateService',
    RoleArn: 'arn:aws:iam::111122223333:role/restart-web',
    Input: JSON.stringify(Input),
  },
});
const restart = { Cluster: 'prod', Service: 'web', ForceNewDeployment: true };

describe('the scripted EventBridge Scheduler', () => {
  test('fires a schedule that restarts a service', async () => {
    await using aws = await startScriptedAws({ services: [web] });
    const { scheduler } = clientsFor(aws);
    await scheduler.createSchedule(schedule(restart));
    aws.fireSchedule('rb-restart-web');
    expect(aws.service('web').describe().deployments).toHaveLength(2);

    await scheduler.updateSchedule({ ...schedule(restart), State: 'DISABLED' });
    expect(await scheduler.getSchedule({ Name: 'rb-restart-web' })).toMatchObject({
      State: 'DISABLED',
      GroupName: 'default',
      ScheduleExpression: 'rate(6 hours)',
    });
    aws.fireSchedule('rb-restart-web');
    expect(aws.service('web').describe().deployments).toHaveLength(2);
    await scheduler.deleteSchedule({ Name: 'rb-restart-web' });
    await expect(scheduler.getSchedule({ Name: 'rb-restart-web' })).rejects.toMatchObject({
      name: 'ResourceNotFoundException',
    });
  });

  test('refuses what could never work', async () => {
    await using aws = await startScriptedAws({ services: [web] });
    const { scheduler } = clientsFor(aws);
    await expect(scheduler.createSchedule(schedule({ cluster: 'prod', service: 'web' }))).rejects.toMatchObject({
      name: 'ValidationException',
      message: 'Invalid RequestJson provided. Reason Request payload is missing the following field(s): Service.',
    });
    await expect(
      scheduler.createSchedule({ ...schedule(restart), ScheduleExpression: 'every 6 hours' }),
    ).rejects.toMatchObject({ message: 'Invalid Schedule Expression every 6 hours.' });
    await scheduler.createSchedule(schedule(restart));
    await expect(scheduler.createSchedule(schedule(restart))).rejects.toMatchObject({ name: 'ConflictException' });
  });

  test('lists in pages', async () => {
    await using aws = await startScriptedAws({ services: [web] });
    const { scheduler } = clientsFor(aws);
    for (const name of ['a', 'b', 'c']) await scheduler.createSchedule({ ...schedule(restart), Name: `rb-${name}` });
    const first = await scheduler.listSchedules({ NamePrefix: 'rb-', MaxResults: 2 });
    expect(first.Schedules?.map(({ Name }) => Name)).toEqual(['rb-a', 'rb-b']);
    const second = await scheduler.listSchedules({
      NamePrefix: 'rb-',
      MaxResults: 2,
      ...(first.NextToken === undefined ? {} : { NextToken: first.NextToken }),
    });
    expect(second.Schedules?.map(({ Name }) => Name)).toEqual(['rb-c']);
    expect(second.NextToken).toBeUndefined();
  });
});

describe('the scripted CloudWatch Logs', () => {
  test('has the last lines of a task that ended', async () => {
    await using aws = await startScriptedAws({ services: [web] });
    aws.service('web').nextDeployment(crashes(1, ['connecting to db-1', 'connection refused']));
    aws.service('web').deployBehind();
    aws.advance(30);
    const ended = aws
      .service('web')
      .tasks()
      .find(({ stopCode }) => stopCode === 'EssentialContainerExited');
    const { ecs } = clientsFor(aws);
    const { taskDefinition } = await ecs.describeTaskDefinition({ taskDefinition: ended?.taskDefinitionArn ?? '' });
    const [container] = taskDefinition?.containerDefinitions ?? [];
    const options = container?.logConfiguration?.options ?? {};
    const stream = `${options['awslogs-stream-prefix']}/${container?.name}/${ended?.taskArn?.split('/').at(-1)}`;
    const where = ['--log-group-name', options['awslogs-group'] ?? '', '--log-stream-name'];
    const get = (name: string) =>
      runAwsCli(['logs', 'get-log-events', ...where, name, '--limit', '1'], { env: aws.env });
    const { stdout, stderr } = await get(stream);
    expect(stderr).toBe('');
    expect(JSON.parse(stdout)).toMatchObject({ events: [{ message: 'connection refused' }] });
    expect((await get('app/app/gone')).stderr).toContain('ResourceNotFoundException');
  });
});

describe('the scripted STS and Identity Center give the AWS CLI its credentials', () => {
  const config = `
[profile role]
role_arn = arn:aws:iam::111122223333:role/on-call
source_profile = base
[profile base]
aws_access_key_id = AKIABASEEXAMPLE12345
aws_secret_access_key = secret
[profile sso]
sso_start_url = https://example.awsapps.com/start
sso_region = eu-central-1
sso_account_id = 111122223333
sso_role_name = on-call
`;
  // The AWS CLI names the file of a login by the SHA-1 of its start URL.
  const login = `${createHash('sha1').update('https://example.awsapps.com/start').digest('hex')}.json`;

  test('for a role and for a login, and signs with them', async () => {
    await using aws = await startScriptedAws({ services: [web] });
    const home = await mkdtemp(join(tmpdir(), 'rb-aws-home-'));
    try {
      await mkdir(join(home, '.aws/sso/cache'), { recursive: true });
      await writeFile(join(home, '.aws/config'), config);
      const token = { accessToken: 'valid', expiresAt: '2099-01-01T00:00:00Z', region: 'eu-central-1' };
      await writeFile(join(home, '.aws/sso/cache', login), JSON.stringify(token));
      const env = environmentOf(home, aws.endpoint);
      for (const profile of ['role', 'sso']) {
        const result = await runAwsCli(['sts', 'get-caller-identity', '--profile', profile], { env });
        expect(result).toMatchObject({ exitCode: 0, stderr: '' });
        expect(JSON.parse(result.stdout)).toMatchObject({ Account: '111122223333' });
      }
      expect(aws.requests.map(({ operation, accessKey }) => [operation, accessKey])).toEqual([
        ['AssumeRole', 'AKIABASEEXAMPLE12345'],
        ['GetCallerIdentity', 'ASIAIOSFODNN7EXAMPLE'],
        ['GetRoleCredentials', undefined],
        ['GetCallerIdentity', 'ASIASSOEXAMPLE123456'],
      ]);
    } finally {
      await rm(home, { recursive: true });
    }
  });
});
