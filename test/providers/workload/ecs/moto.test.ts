import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openEcsWorkload } from '../../../../src/providers/workload/ecs.ts';
import type { EcsWorkloadConfig } from '../../../../src/providers/workload/ecs/config.ts';
import { clientsFor } from '../../../rigs/aws/clients.ts';
import { startMoto } from '../../../rigs/aws/moto.ts';
import type { Moto } from '../../../rigs/aws/moto.ts';
import { carriedOut, newCall } from '../call.ts';
import { haveTimeForPrograms } from '../../../patience.ts';

haveTimeForPrograms();

const cluster = 'prod';
const region = 'eu-central-1';
const scheduleRole = 'arn:aws:iam::123456789012:role/rb-restart';

let moto: Moto;
beforeAll(async () => {
  moto = await startMoto();
  const { ecs, autoscaling } = clientsFor({ endpoint: moto.endpoint, region });
  await ecs.createCluster({ clusterName: cluster });
  for (const version of ['1.0.0', '2.0.0'])
    await ecs.registerTaskDefinition({
      family: 'checkout',
      containerDefinitions: [{ name: 'app', image: `registry.example.com/checkout:${version}`, memory: 128 }],
    });
  await ecs.createService({ cluster, serviceName: 'checkout', taskDefinition: 'checkout:2', desiredCount: 2 });
  await autoscaling.registerScalableTarget({
    ServiceNamespace: 'ecs',
    ResourceId: `service/${cluster}/checkout`,
    ScalableDimension: 'ecs:service:DesiredCount',
    MinCapacity: 1,
    MaxCapacity: 5,
  });
});
afterAll(() => moto.stop());

const open = (more: Partial<EcsWorkloadConfig> = {}) =>
  openEcsWorkload(
    {
      region,
      account: '123456789012',
      cluster,
      service: 'checkout',
      drainMs: 1000,
      readyTimeoutMs: 1000,
      scheduleRole,
      ...more,
    },
    { clock: { monotonic: () => performance.now() }, environment: moto.env, remember: () => undefined },
  );

describe("an ECS service on moto's server", () => {
  test('is found, with its count and its identity', async () => {
    expect(await open().status(newCall(), 'brief')).toMatchObject({
      desired: 2,
      target: {
        account: '123456789012',
        region,
        cluster,
        service: `arn:aws:ecs:${region}:123456789012:service/${cluster}/checkout`,
      },
    });
  });

  test('one that is not there, and a cluster that is not there, are mistakes', async () => {
    await expect(open({ service: 'nothing' }).status(newCall())).rejects.toMatchObject({ kind: 'usage' });
    await expect(open({ cluster: 'nowhere' }).status(newCall())).rejects.toMatchObject({ kind: 'usage' });
  });

  test('is scaled', async () => {
    const { scale } = open();
    const call = newCall();
    const change = await scale.plan({ to: 3, expected: 2 }, call);
    await scale.apply(change, call);
    expect((await open().status(newCall(), 'brief')).desired).toBe(3);
  });

  test('its way back is the revision before, with the difference', async () => {
    const change = await open().rollback?.plan({}, newCall());
    expect(change?.difference).toEqual([
      '- app image: registry.example.com/checkout:2.0.0',
      '+ app image: registry.example.com/checkout:1.0.0',
    ]);
  });

  test('its autoscaler is found and its limits move', async () => {
    const { autoscaling } = open();
    expect(await autoscaling?.find(newCall())).toMatchObject({ min: 1, max: 5, active: true });
    const call = newCall();
    const change = await autoscaling?.setLimits.plan({ to: 7, expected: 3 }, call);
    if (!change) throw new Error('ECS has one');
    await autoscaling?.setLimits.apply(change, call);
    expect(await autoscaling?.find(newCall())).toMatchObject({ min: 7, max: 7 });
  });

  test('its schedule is made, replaced and removed', async () => {
    const { scheduling } = open();
    if (!scheduling) throw new Error('ECS has schedules');
    for (const [everyMs, expression] of [
      [6 * 3_600_000, 'rate(6 hours)'],
      [86_400_000, 'rate(1 day)'],
    ] as const) {
      const call = newCall();
      const change = await scheduling.add.plan({ everyMs }, call);
      expect(await carriedOut(scheduling.add, change, call)).toMatchObject({ verdict: 'ok' });
      expect(await scheduling.list(call)).toMatchObject([{ expression, suspended: false }]);
    }
    const call = newCall();
    const gone = await scheduling.remove.plan({}, call);
    expect(await carriedOut(scheduling.remove, gone, call)).toMatchObject({ verdict: 'ok' });
  });
});
