import { expect } from 'vitest';
import { fingerprint } from '../../../../src/engine/change.ts';
import { times } from '../../../layers.ts';
import { sharedCluster } from '../../../rigs/kubernetes/shared.ts';
import { newCall } from '../call.ts';
import { test } from './started.ts';

const unit = { id: 'checkout', instances: [] };
/** Writes that do not matter to a plan, and changes that do. */
const writes = times({ usually: 100, long: 1000 });
const changes = times({ usually: 50, long: 500 });

const container = (more: object) => ({
  spec: { template: { spec: { containers: [{ name: 'app', image: 'registry.test/checkout:2.0.0', ...more }] } } },
});

test('the plan of a restart outlives status writes and steps of an autoscaler, and is refused for nothing of them', async ({
  start,
}) => {
  const rig = await start();
  const { control } = rig;
  const cluster = await sharedCluster();
  const status = `/apis/apps/v1/namespaces/${control.namespace}/deployments/checkout/status`;
  const workload = rig.open();
  let refused = 0;
  let written = 0;
  const perPlan = 50;
  while (written < writes) {
    const planned = await workload.restart.plan(unit, newCall());
    for (let n = 0; n < perPlan; n += 1, written += 1)
      // Both kinds in turn, as an autoscaler and the controllers make them.
      await (n % 2 === 0
        ? control.scale('Deployment', 'checkout', 3 + (n % 5))
        : cluster.api.patch(status, { status: { observedGeneration: 1, unavailableReplicas: n } }));
    const again = await workload.restart.plan(unit, newCall());
    if (fingerprint(again) !== fingerprint(planned)) refused += 1;
    await workload.restart.apply(planned, newCall()).catch(() => (refused += 1));
  }
  cluster.close();
  expect(written).toBeGreaterThanOrEqual(writes);
  expect(refused).toBe(0);
});

test('the plan of a restart is refused for everything that a person or a pipeline decides', async ({ start }) => {
  const rig = await start();
  const { control } = rig;
  const workload = rig.open();
  const decisions: readonly ((n: number) => object)[] = [
    (n) => container({ image: `registry.test/checkout:3.0.${n}` }),
    (n) => container({ env: [{ name: 'LIMIT', value: String(n) }] }),
    (n) => container({ command: ['serve', String(n)] }),
    (n) => ({ metadata: { labels: { team: `team-${n}` } } }),
    (n) => ({ metadata: { annotations: { 'example.com/owner': `owner-${n}` } } }),
    (n) => ({ spec: { template: { metadata: { annotations: { 'example.com/config': `hash-${n}` } } } } }),
    (n) => ({ spec: { strategy: { rollingUpdate: { maxSurge: 1 + (n % 7), maxUnavailable: 0 } } } }),
    (n) => ({ spec: { minReadySeconds: 1 + n } }),
    (n) => ({
      spec: {
        template: {
          metadata: {
            annotations: { 'kubectl.kubernetes.io/restartedAt': new Date(Date.UTC(2027, 0, 1) + n).toISOString() },
          },
        },
      },
    }),
    (n) => ({ spec: { template: { spec: { terminationGracePeriodSeconds: 1 + n } } } }),
  ];
  let seen = 0;
  let refused = 0;
  for (let n = 0; n < changes; n += 1) {
    const planned = await workload.restart.plan(unit, newCall());
    await control.patch('Deployment', 'checkout', decisions[n % decisions.length]?.(n + 1) ?? {});
    if (fingerprint(await workload.restart.plan(unit, newCall())) !== fingerprint(planned)) seen += 1;
    await workload.restart.apply(planned, newCall()).catch(() => (refused += 1));
  }
  expect([seen, refused]).toEqual([changes, changes]);
});
