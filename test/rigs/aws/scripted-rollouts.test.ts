import type { ECS, Service } from '@aws-sdk/client-ecs';
import { describe, expect, test } from 'vitest';
import { clientsFor } from './clients.ts';
import { cannotPull, crashes, hangs, healthy, neverHealthy } from './ecs/behaviour.ts';
import type { ServiceScenario } from './scenario.ts';
import type { ScriptedAws } from './scripted.ts';
import { startScriptedAws } from './scripted.ts';

const breaker = { enable: true, rollback: true };
const web: ServiceScenario = { name: 'web', desired: 3, taskDefinition: 'web:7', earlier: ['web:6'] };
const named = { cluster: 'prod', service: 'web' };

const start = async (service: Partial<ServiceScenario> = {}, start?: Date): Promise<{ aws: ScriptedAws; ecs: ECS }> => {
  const aws = await startScriptedAws({
    services: [{ ...web, ...service }],
    ...(start === undefined ? {} : { start }),
  });
  return { aws, ecs: clientsFor(aws).ecs };
};

const read = async (ecs: ECS): Promise<Service> => {
  const { services } = await ecs.describeServices({ cluster: 'prod', services: ['web'] });
  return services?.[0] ?? {};
};

/** `PRIMARY COMPLETED 3` for each deployment. */
const deployments = (service: Service): string[] =>
  (service.deployments ?? []).map((each) => `${each.status} ${each.rolloutState} ${each.runningCount}`);

const messages = (service: Service): string[] => (service.events ?? []).map(({ message = '' }) => message);

const tasksOf = async (ecs: ECS, desiredStatus: 'RUNNING' | 'STOPPED') => {
  const { taskArns = [] } = await ecs.listTasks({ cluster: 'prod', serviceName: 'web', desiredStatus });
  return taskArns.length === 0 ? [] : ((await ecs.describeTasks({ cluster: 'prod', tasks: taskArns })).tasks ?? []);
};

describe('the scripted ECS rolls a service', () => {
  test('with two deployments at once, until the new one is complete', async () => {
    const { aws, ecs } = await start();
    await using _ = aws;
    const before = await read(ecs);
    expect(deployments(before)).toEqual(['PRIMARY COMPLETED 3']);

    await ecs.updateService({ ...named, forceNewDeployment: true });
    aws.advance(15);
    const during = await read(ecs);
    expect(deployments(during)).toEqual(['PRIMARY IN_PROGRESS 3', 'ACTIVE COMPLETED 3']);
    expect(during.deployments?.[1]?.id).toBe(before.deployments?.[0]?.id);
    const history = await ecs.listServiceDeployments(named);
    expect(history.serviceDeployments?.map(({ status }) => status)).toEqual([
      'IN_PROGRESS',
      'SUCCESSFUL',
      'SUCCESSFUL',
    ]);

    aws.advance(15);
    const after = await read(ecs);
    expect(deployments(after)).toEqual(['PRIMARY COMPLETED 3']);
    expect(after.deployments?.[0]?.id).not.toBe(before.deployments?.[0]?.id);
    expect(messages(after).slice(0, 2)).toEqual([
      '(service web) has reached a steady state.',
      `(service web) (deployment ${after.deployments?.[0]?.id}) deployment completed.`,
    ]);
    expect(new Set(after.events?.map(({ id }) => id)).size).toBe(after.events?.length);
    expect((await tasksOf(ecs, 'RUNNING')).map(({ startedBy }) => startedBy)).toEqual(
      Array(3).fill(after.deployments?.[0]?.id),
    );
  });

  test('in place where only 100 % are allowed, and never with fewer than half of them', async () => {
    const { aws, ecs } = await start({ desired: 4, minimumHealthyPercent: 50, maximumPercent: 100 });
    await using _ = aws;
    await ecs.updateService({ ...named, taskDefinition: 'web:6' });
    const running: number[] = [];
    for (let seconds = 0; seconds < 90; seconds += 5) {
      aws.advance(5);
      running.push((await read(ecs)).runningCount ?? 0);
    }
    expect(Math.min(...running)).toBe(2);
    expect(Math.max(...running)).toBe(4);
    const service = await read(ecs);
    expect(deployments(service)).toEqual(['PRIMARY COMPLETED 4']);
    expect(service.taskDefinition).toMatch(/task-definition\/web:6$/);
  });

  test('and shows the first reads as they were before', async () => {
    const { aws, ecs } = await start();
    await using _ = aws;
    aws.script({ staleReads: 2 });
    const { service: answered } = await ecs.updateService({ ...named, forceNewDeployment: true });
    const reads = [await read(ecs), await read(ecs), await read(ecs)];
    expect(reads.map(({ deployments: each }) => each?.length)).toEqual([1, 1, 2]);
    expect(reads[2]?.deployments?.[0]?.id).toBe(answered?.deployments?.[0]?.id);
    const lists = [await ecs.listServiceDeployments(named), await ecs.listServiceDeployments(named)];
    expect(lists.map(({ serviceDeployments: each }) => each?.length)).toEqual([2, 2]);
    expect((await ecs.listServiceDeployments(named)).serviceDeployments).toHaveLength(3);
  });

  test("until somebody else's newer deployment takes its place", async () => {
    const { aws, ecs } = await start();
    await using _ = aws;
    const { service } = await ecs.updateService({ ...named, forceNewDeployment: true });
    const own = service?.deployments?.[0]?.id;
    aws.advance(5);
    aws.service('web').deployBehind('web:6');
    aws.advance(1);
    expect(deployments(await read(ecs))).toEqual(['PRIMARY IN_PROGRESS 0', 'ACTIVE COMPLETED 3']);
    aws.advance(60);
    const after = await read(ecs);
    expect(after.deployments?.map(({ id }) => id)).not.toContain(own);
    const { serviceDeployments } = await ecs.listServiceDeployments(named);
    expect(serviceDeployments?.map(({ status }) => status)).toEqual([
      'SUCCESSFUL',
      'STOPPED',
      'SUCCESSFUL',
      'SUCCESSFUL',
    ]);
  });

  test('except with the CODE_DEPLOY and EXTERNAL controllers, whose services have task sets', async () => {
    for (const controller of ['CODE_DEPLOY', 'EXTERNAL'] as const) {
      const { aws, ecs } = await start({ controller });
      await using _ = aws;
      const service = await read(ecs);
      expect(service).toMatchObject({ deployments: [], taskSets: [{ status: 'PRIMARY', runningCount: 3 }] });
      await expect(ecs.updateService({ ...named, forceNewDeployment: true })).rejects.toMatchObject({
        name: 'InvalidParameterException',
        message: expect.stringContaining(controller),
      });
      await ecs.updateService({ ...named, desiredCount: 4 });
      aws.advance(30);
      expect((await read(ecs)).runningCount).toBe(4);
    }
  });
});

describe('the scripted ECS fails to roll a service', () => {
  test('when the circuit breaker trips: it goes back, and is stable in the end', async () => {
    const { aws, ecs } = await start({ circuitBreaker: breaker });
    await using _ = aws;
    aws.service('web').nextDeployment(crashes(1, ['no database: connection refused']));
    const { service } = await ecs.updateService({ ...named, taskDefinition: 'web:6' });
    const failed = service?.deployments?.[0]?.id;
    aws.advance(20);

    const during = await read(ecs);
    expect(deployments(during)).toEqual(['PRIMARY IN_PROGRESS 0', 'ACTIVE FAILED 0', 'ACTIVE COMPLETED 3']);
    const [rollback, broken] = during.deployments ?? [];
    expect(rollback?.rolloutStateReason).toBe(
      `ECS deployment circuit breaker: rolling back to deploymentId ${rollback?.id}.`,
    );
    expect(broken).toMatchObject({
      id: failed,
      failedTasks: 3,
      rolloutStateReason: 'ECS deployment circuit breaker: tasks failed to start.',
    });
    expect(messages(during)).toEqual(
      expect.arrayContaining([
        `(service web) (deployment ${failed}) deployment failed: tasks failed to start.`,
        `(service web) rolling back to deployment ${rollback?.id}.`,
      ]),
    );

    aws.advance(60);
    const after = await read(ecs);
    expect(deployments(after)).toEqual(['PRIMARY COMPLETED 3']);
    expect(after.taskDefinition).toMatch(/web:7$/);
    const [newest] = (await ecs.listServiceDeployments(named)).serviceDeployments ?? [];
    expect(newest?.status).toBe('ROLLBACK_SUCCESSFUL');
    const { serviceDeployments } = await ecs.describeServiceDeployments({
      serviceDeploymentArns: [newest?.serviceDeploymentArn ?? ''],
    });
    expect(serviceDeployments?.[0]).toMatchObject({
      deploymentCircuitBreaker: { status: 'TRIGGERED', threshold: 3 },
      rollback: { serviceRevisionArn: expect.stringContaining('service-revision') },
    });
    const { serviceRevisions } = await ecs.describeServiceRevisions({
      serviceRevisionArns: [serviceDeployments?.[0]?.rollback?.serviceRevisionArn ?? ''],
    });
    expect(serviceRevisions?.[0]?.taskDefinition).toMatch(/web:7$/);
  });

  test('when the circuit breaker trips and makes the former deployment PRIMARY again', async () => {
    const { aws, ecs } = await start({ circuitBreaker: breaker });
    await using _ = aws;
    aws.script({ rollbackDeployment: 'same' });
    const before = (await read(ecs)).deployments?.[0]?.id;
    aws.service('web').nextDeployment(crashes(1, []));
    await ecs.updateService({ ...named, forceNewDeployment: true });
    aws.advance(90);
    const after = await read(ecs);
    expect(after.deployments?.[0]?.id).toBe(before);
    expect(deployments(after)).toEqual(['PRIMARY COMPLETED 3']);
  });

  test('when the circuit breaker trips and nothing is rolled back: the old tasks go on', async () => {
    const { aws, ecs } = await start({ circuitBreaker: { enable: true, rollback: false } });
    await using _ = aws;
    aws.service('web').nextDeployment(crashes(137, ['out of memory']));
    await ecs.updateService({ ...named, forceNewDeployment: true });
    aws.advance(120);
    expect(deployments(await read(ecs))).toEqual(['PRIMARY FAILED 0', 'ACTIVE COMPLETED 3']);
    const { serviceDeployments } = await ecs.listServiceDeployments(named);
    expect(serviceDeployments?.[0]).toMatchObject({
      status: 'STOPPED',
      statusReason: expect.stringContaining('circuit breaker'),
    });
  });

  test('for ever, without a circuit breaker, when the image cannot be pulled', async () => {
    const { aws, ecs } = await start();
    await using _ = aws;
    aws.service('web').nextDeployment(cannotPull('registry.example.com/web:typo'));
    await ecs.updateService({ ...named, forceNewDeployment: true });
    aws.advance(300);
    const service = await read(ecs);
    expect(deployments(service)).toEqual(['PRIMARY IN_PROGRESS 0', 'ACTIVE COMPLETED 3']);
    expect(service.deployments?.[0]?.failedTasks).toBeGreaterThan(20);
    expect(messages(service)).toContain('(service web) is unable to consistently start tasks successfully.');
    const [stopped] = (await tasksOf(ecs, 'STOPPED')).filter(({ lastStatus }) => lastStatus === 'STOPPED');
    expect(stopped).toMatchObject({
      stopCode: 'TaskFailedToStart',
      stoppedReason: expect.stringMatching(/^CannotPullContainerError: /),
      containers: [{ name: 'app', reason: expect.stringMatching(/^CannotPullContainerError: /) }],
    });
    expect(stopped?.startedAt).toBeUndefined();
    expect(stopped?.containers?.[0]?.exitCode).toBeUndefined();
  });

  test('while its tasks end by themselves, each with an exit code', async () => {
    const { aws, ecs } = await start();
    await using _ = aws;
    aws.service('web').nextDeployment(crashes(137, ['out of memory']));
    await ecs.updateService({ ...named, forceNewDeployment: true });
    aws.advance(30);
    const [stopped] = await tasksOf(ecs, 'STOPPED');
    expect(stopped).toMatchObject({
      stopCode: 'EssentialContainerExited',
      stoppedReason: 'Essential container in task exited',
      containers: [{ exitCode: 137, reason: 'OutOfMemoryError: Container killed due to memory usage' }],
    });
  });

  test('while its tasks run and fail their health checks', async () => {
    const { aws, ecs } = await start({ targetGroup: 'web' });
    await using _ = aws;
    aws.service('web').nextDeployment(neverHealthy);
    await ecs.updateService({ ...named, forceNewDeployment: true });
    aws.advance(40);
    expect(messages(await read(ecs)).join('\n')).toMatch(/\(port 8080\) is unhealthy in \(target-group arn:[^)]*web/);
    const stopped = await tasksOf(ecs, 'STOPPED');
    expect(stopped[0]?.stoppedReason).toMatch(/^Task failed ELB health checks in/);
  });

  test('when somebody stops the deployment', async () => {
    const { aws, ecs } = await start();
    await using _ = aws;
    const { service } = await ecs.updateService({ ...named, forceNewDeployment: true });
    await ecs.stopServiceDeployment({ serviceDeploymentArn: service?.currentServiceDeployment ?? '' });
    aws.advance(60);
    const { serviceDeployments } = await ecs.listServiceDeployments(named);
    expect(serviceDeployments?.[0]?.status).toBe('ROLLBACK_SUCCESSFUL');
  });
});

describe('the scripted ECS and single tasks', () => {
  test('a task that is stopped is replaced after a while', async () => {
    const { aws, ecs } = await start({ targetGroup: 'web' });
    await using _ = aws;
    const [first] = await tasksOf(ecs, 'RUNNING');
    const { task } = await ecs.stopTask({ cluster: 'prod', task: first?.taskArn ?? '', reason: 'rb restart' });
    expect(task).toMatchObject({ desiredStatus: 'STOPPED', stopCode: 'UserInitiated', stoppedReason: 'rb restart' });
    aws.advance(3);
    expect(await read(ecs)).toMatchObject({ runningCount: 2, pendingCount: 1 });
    expect((await tasksOf(ecs, 'STOPPED')).map(({ lastStatus }) => lastStatus)).toEqual(['DEACTIVATING']);
    aws.advance(30);
    expect((await read(ecs)).runningCount).toBe(3);
    expect((await tasksOf(ecs, 'RUNNING')).map(({ taskArn }) => taskArn)).not.toContain(first?.taskArn);
  });

  test('tasks that hang are not counted, and are still there', async () => {
    const { aws, ecs } = await start();
    await using _ = aws;
    aws.service('web').tasksBehave(hangs('STOPPING'));
    await ecs.updateService({ ...named, desiredCount: 0 });
    aws.advance(120);
    expect(await read(ecs)).toMatchObject({ desiredCount: 0, runningCount: 0, pendingCount: 0 });
    expect((await tasksOf(ecs, 'STOPPED')).map(({ lastStatus }) => lastStatus)).toEqual(Array(3).fill('STOPPING'));
    aws.service('web').tasksBehave(healthy);
    aws.advance(20);
    expect((await tasksOf(ecs, 'STOPPED')).map(({ lastStatus }) => lastStatus)).toEqual(Array(3).fill('STOPPED'));
  });

  test('a task that crashes is replaced', async () => {
    const { aws, ecs } = await start();
    await using _ = aws;
    const id = aws.service('web').crashTask(1);
    aws.advance(40);
    expect((await read(ecs)).runningCount).toBe(3);
    const { tasks } = await ecs.describeTasks({ cluster: 'prod', tasks: [id] });
    expect(tasks?.[0]).toMatchObject({ lastStatus: 'STOPPED', containers: [{ exitCode: 1 }] });
  });

  test('ListTasks has at most 100 in a page, DescribeTasks takes at most 100', async () => {
    const { aws, ecs } = await start({ desired: 230 });
    await using _ = aws;
    const sizes: number[] = [];
    const arns: string[] = [];
    let nextToken: string | undefined;
    do {
      const answer = await ecs.listTasks({ cluster: 'prod', serviceName: 'web', ...(nextToken ? { nextToken } : {}) });
      sizes.push(answer.taskArns?.length ?? 0);
      arns.push(...(answer.taskArns ?? []));
      nextToken = answer.nextToken;
    } while (nextToken !== undefined);
    expect(sizes).toEqual([100, 100, 30]);
    expect(new Set(arns).size).toBe(230);
    await expect(ecs.describeTasks({ cluster: 'prod', tasks: arns.slice(0, 101) })).rejects.toMatchObject({
      name: 'InvalidParameterException',
    });
  });
});

describe('the scripted ECS and services that are not there', () => {
  test('MISSING is a failure in the answer', async () => {
    const { aws, ecs } = await start();
    await using _ = aws;
    aws.service('web').remove();
    const answer = await ecs.describeServices({ cluster: 'prod', services: ['web'] });
    expect(answer).toMatchObject({ services: [], failures: [{ reason: 'MISSING' }] });
    await expect(ecs.updateService({ ...named, desiredCount: 1 })).rejects.toMatchObject({
      name: 'ServiceNotFoundException',
    });
    await expect(ecs.describeServices({ cluster: 'other', services: ['web'] })).rejects.toMatchObject({
      name: 'ClusterNotFoundException',
    });
  });

  test('DRAINING becomes INACTIVE when the last task is gone', async () => {
    const { aws, ecs } = await start();
    await using _ = aws;
    aws.service('web').setStatus('DRAINING');
    aws.advance(2);
    expect((await read(ecs)).status).toBe('DRAINING');
    aws.advance(30);
    expect(await read(ecs)).toMatchObject({ status: 'INACTIVE', runningCount: 0 });
    await expect(ecs.updateService({ ...named, desiredCount: 1 })).rejects.toMatchObject({
      name: 'ServiceNotActiveException',
    });
  });
});
