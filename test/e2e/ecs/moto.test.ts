import { join } from 'node:path';
import { expect, test } from 'vitest';
import { clientsFor } from '../../rigs/aws/clients.ts';
import { startMoto } from '../../rigs/aws/moto.ts';
import { newDirectory, newOperator, writeFiles } from '../rig.ts';

const [region, cluster] = ['eu-central-1', 'prod'];
const place = { provider: 'ecs', region, cluster, service: 'checkout' };
const configuration = `version: 1
service: { name: checkout }
environments:
  staging:
    workload: ${JSON.stringify(place)}
`;

// Its services have no tasks: see startMoto.
test("rb restart status of a service on moto's server: the tasks that are missing are told: exit code 6", async () => {
  await using moto = await startMoto();
  const { ecs } = clientsFor({ endpoint: moto.endpoint, region });
  await ecs.createCluster({ clusterName: cluster });
  const containerDefinitions = [{ name: 'app', image: 'registry.example.com/checkout:1.0.0', memory: 128 }];
  await ecs.registerTaskDefinition({ family: 'checkout', containerDefinitions });
  await ecs.createService({ cluster, serviceName: 'checkout', taskDefinition: 'checkout:1', desiredCount: 2 });
  const directory = newDirectory();
  writeFiles(directory, { 'runbook.config.yaml': configuration });
  const { HOME: _, ...env } = moto.env;
  const { code, stdout, stderr } = await newOperator(join(directory, 'runbook.config.yaml'), env).run('restart status');
  expect([code, stdout], stderr).toEqual([6, expect.stringContaining('none is listed, 2 wanted')]);
  expect(stdout).toMatch(/Rollout .* under way: checkout:1 \(ecs-svc\/\d+, begun .* ago\), 0 of 2 tasks running/);
  expect(stdout).toContain('none: the desired count changes only by hand');
});
