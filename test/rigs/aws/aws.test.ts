import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { runAwsCli } from './aws-cli.ts';
import { clientsFor } from './clients.ts';
import { crashes } from './ecs/behaviour.ts';
import type { Moto } from './moto.ts';
import { startMoto } from './moto.ts';
import { startScriptedAws } from './scripted.ts';

const web = { name: 'web', desired: 3, taskDefinition: 'web:7', earlier: ['web:6'] };
const of = { cluster: 'prod', service: 'web' };

describe('the scripted AWS peer and the AWS CLI', () => {
  test('a rolling restart takes one UpdateService and a DescribeServices every 15 s', async () => {
    await using aws = await startScriptedAws({ services: [web] });
    const cli = (...words: string[]) => runAwsCli(words, { env: aws.env, time: 'manual' });
    const named = ['--cluster', 'prod', '--service', 'web'];

    const update = await cli('ecs', 'update-service', ...named, '--force-new-deployment');
    expect(update.stderr).toBe('');
    expect(JSON.parse(update.stdout)).toMatchObject({ service: { deployments: [{ status: 'PRIMARY' }, {}] } });
    const wait = await cli('ecs', 'wait', 'services-stable', '--cluster', 'prod', '--services', 'web');
    expect(wait).toEqual({ exitCode: 0, stdout: '', stderr: '' });

    expect(Object.fromEntries(aws.calls)).toEqual({ UpdateService: 1, DescribeServices: 3 });
    expect(aws.service('web').describe().deployments).toMatchObject([{ rolloutState: 'COMPLETED' }]);
  });

  test('the same in a hundredth of the time, for programs that sleep by themselves', async () => {
    const time = { factor: 100 };
    await using aws = await startScriptedAws({ services: [web], time });
    aws.service('web').deployBehind();
    const words = ['ecs', 'wait', 'services-stable', '--cluster', 'prod', '--services', 'web'];
    expect(await runAwsCli(words, { env: aws.env, time })).toEqual({ exitCode: 0, stdout: '', stderr: '' });
    expect(aws.service('web').describe().deployments).toMatchObject([{ rolloutState: 'COMPLETED' }]);
  });

  test('its waiter calls a service stable that was rolled back', async () => {
    const circuitBreaker = { enable: true, rollback: true };
    await using aws = await startScriptedAws({ services: [{ ...web, circuitBreaker }] });
    aws.service('web').nextDeployment(crashes(1, []));
    aws.service('web').deployBehind();
    const words = ['ecs', 'wait', 'services-stable', '--cluster', 'prod', '--services', 'web'];
    expect((await runAwsCli(words, { env: aws.env, time: 'manual' })).exitCode).toBe(0);
    expect(
      aws
        .service('web')
        .describe()
        .events?.map(({ message }) => message),
    ).toEqual(expect.arrayContaining([expect.stringContaining('deployment failed: tasks failed to start.')]));
  });
});

describe('the scripted AWS peer and the SDK', () => {
  test('a member that the API does not know fails the test', async () => {
    await using aws = await startScriptedAws({ services: [web] });
    const body = JSON.stringify({ ...of, restartEverything: true, desiredCount: 'three' });
    const answer = await fetch(aws.endpoint, {
      method: 'POST',
      body,
      headers: {
        'x-amz-target': 'AmazonEC2ContainerServiceV20141113.UpdateService',
        authorization: 'AWS4-HMAC-SHA256 Credential=AKIA/20260101/eu-central-1/ecs/aws4_request, Signature=0',
      },
    });
    expect(answer.status).toBe(400);
    expect(await answer.json()).toMatchObject({ __type: 'ValidationException' });
    expect(aws.takeViolations()).toEqual([
      'ecs UpdateService: UpdateServiceRequest has no member restartEverything',
      'ecs UpdateService: UpdateServiceRequest.desiredCount is no integer',
    ]);
  });
});

describe("moto's server", () => {
  let moto: Moto;
  beforeAll(async () => {
    moto = await startMoto();
  });
  afterAll(() => moto.stop());

  test('speaks with the SDK and the AWS CLI', async () => {
    const { ecs } = clientsFor({ endpoint: moto.endpoint, region: 'eu-central-1' });
    await ecs.createCluster({ clusterName: 'prod' });
    const { stdout } = await runAwsCli(['ecs', 'list-clusters'], { env: moto.env });
    expect(JSON.parse(stdout)).toMatchObject({ clusterArns: [expect.stringMatching(/:cluster\/prod$/)] });
    await moto.reset();
    expect((await ecs.listClusters({})).clusterArns).toEqual([]);
  });
});
