import { describe, expect } from 'vitest';
import { fingerprint } from '../../../../src/engine/change.ts';
import { scheduling } from '../../../../src/providers/workload/kubernetes/schedule/schedules.ts';
import type { Kind } from '../../../rigs/kubernetes/control.ts';
import { daemonSet, deployment, statefulSet } from '../../../rigs/kubernetes/workloads.ts';
import { carriedOut, newCall } from '../call.ts';
import { killedAt, type NamespaceRig, type ServiceOptions, test } from './namespace-rig.ts';

const hour = 3_600_000;
const kinds = ['ServiceAccount', 'Role', 'RoleBinding', 'CronJob'] as const satisfies readonly Kind[];
const name = 'rb-restart-deployment-checkout';

const open = async (rig: NamespaceRig, options?: ServiceOptions) => scheduling(await rig.service(options));

const added = async (rig: NamespaceRig, everyMs: number, options?: ServiceOptions) => {
  const { add } = await open(rig, options);
  const call = newCall();
  const change = await add.plan({ everyMs }, call);
  return { change, finding: await carriedOut(add, change, call) };
};

const present = async ({ control }: NamespaceRig) =>
  (
    await Promise.all(
      kinds.map((kind) =>
        control.get(kind, name).then(
          () => kind,
          () => undefined,
        ),
      ),
    )
  ).filter((kind) => kind !== undefined);

interface CronJob {
  readonly metadata: { readonly uid: string };
  readonly spec: {
    readonly schedule: string;
    readonly jobTemplate: {
      readonly metadata: object;
      readonly spec: { readonly template: { readonly metadata: { readonly labels: object }; readonly spec: PodSpec } };
    };
  };
}
interface PodSpec {
  readonly initContainers: readonly Container[];
  readonly containers: readonly Container[];
}
interface Container {
  readonly command: readonly string[];
  readonly image: string;
}

const cronJobOf = ({ control }: NamespaceRig) => control.get<CronJob>('CronJob', name);

describe.concurrent('a scheduled restart', () => {
  test('is a CronJob with rights of its own, and nothing more than that', async ({ rig }) => {
    await rig.control.createSettled(deployment('checkout'));
    const { change, finding } = await added(rig, 6 * hour);
    expect(change.summary).toBe(`restart checkout every 6 h from now on, by CronJob ${name}`);
    expect(change.blastRadius[0]).toMatch(
      /^each run restarts all 3 instances, rolling; the first at \d{4}-\d\d-\d\d (?:00|06|12|18):00 UTC$/,
    );
    expect(change.undo).toBe('rb restart --unschedule');
    expect(change.difference).toBeUndefined();
    expect(finding).toMatchObject({
      verdict: 'ok',
      summary: expect.stringMatching(`^CronJob ${name} restarts it: 0 \\*/6 \\* \\* \\* \\(UTC\\), next at `) as string,
    });
    expect(await present(rig)).toEqual(kinds);
    expect(await rig.control.get('Role', name)).toMatchObject({
      rules: [
        {
          apiGroups: ['apps'],
          resources: ['deployments'],
          resourceNames: ['checkout'],
          verbs: ['get', 'list', 'watch', 'patch'],
        },
      ],
    });
    expect(await cronJobOf(rig)).toMatchObject({
      spec: { schedule: '0 */6 * * *', timeZone: 'Etc/UTC', concurrencyPolicy: 'Forbid', suspend: false },
    });
    expect(await (await open(rig)).list(newCall())).toEqual([
      { id: name, expression: '0 */6 * * * Etc/UTC', suspended: false },
    ]);
  });

  test('is accepted where only restricted pods are', async ({ rig }) => {
    await rig.cluster.api.patch(`/api/v1/namespaces/${rig.namespace}`, {
      metadata: { labels: { 'pod-security.kubernetes.io/enforce': 'restricted' } },
    });
    await rig.control.create(deployment('checkout', { replicas: 0 }));
    await added(rig, hour);
    await run(rig);
    expect((await jobPods(rig)).length).toBe(1);
  });

  test('for every kind', async ({ rig }) => {
    for (const [kind, object] of [
      ['statefulset', statefulSet('checkout', { replicas: 1 })],
      ['daemonset', daemonSet('checkout')],
    ] as const) {
      await rig.control.create(object);
      const { finding } = await added(rig, 24 * hour, { config: { kind } });
      expect(finding.summary).toContain(`CronJob rb-restart-${kind}-checkout restarts it: 0 0 * * * (UTC)`);
    }
    expect(await (await open(rig)).list(newCall())).toEqual([]);
  });

  test('a long name is shortened, and told apart', async ({ rig }) => {
    const names = ['a', 'b'].map((last) => `checkout-${'x'.repeat(50)}-${last}`);
    for (const long of names) {
      await rig.control.create(deployment(long, { replicas: 0 }));
      expect((await added(rig, hour, { config: { name: long } })).finding.verdict).toBe('ok');
    }
    for (const long of names)
      expect(await (await open(rig, { config: { name: long } })).list(newCall())).toHaveLength(1);
  });

  test('another interval replaces the present one, and the plan shows the difference', async ({ rig }) => {
    await rig.control.create(deployment('checkout', { replicas: 0 }));
    await added(rig, 6 * hour);
    await rig.control.patch('CronJob', name, { spec: { suspend: true } });
    const { change, finding } = await added(rig, 12 * hour);
    expect(change.difference).toEqual([
      '- schedule: 0 */6 * * *',
      '+ schedule: 0 */12 * * *',
      '- suspended',
      '+ not suspended',
    ]);
    expect(finding.verdict).toBe('ok');
    expect(await (await open(rig)).list(newCall())).toEqual([
      { id: name, expression: '0 */12 * * * Etc/UTC', suspended: false },
    ]);
  });

  test('a plan no longer holds when somebody changed the CronJob meanwhile', async ({ rig }) => {
    await rig.control.create(deployment('checkout', { replicas: 0 }));
    await added(rig, 6 * hour);
    const { add } = await open(rig);
    const before = await add.plan({ everyMs: hour }, newCall());
    expect(fingerprint(await add.plan({ everyMs: hour }, newCall()))).toBe(fingerprint(before));
    await rig.control.patch('CronJob', name, { spec: { schedule: '1 2 3 * *' } });
    expect(fingerprint(await add.plan({ everyMs: hour }, newCall()))).not.toBe(fingerprint(before));
  });

  test('is taken away with all that it brought', async ({ rig }) => {
    await rig.control.create(deployment('checkout', { replicas: 0 }));
    await added(rig, 6 * hour);
    const schedules = await open(rig);
    const { remove } = schedules;
    const call = newCall();
    const change = await remove.plan({}, call);
    expect(change.summary).toBe('no more scheduled restarts of checkout (0 */6 * * *)');
    expect(change.equivalent).toHaveLength(4);
    expect(await remove.verify(change, call)).toMatchObject({ verdict: 'critical' });
    expect(await carriedOut(remove, change, call)).toMatchObject({ verdict: 'ok' });
    expect(await present(rig)).toEqual([]);
    expect(await schedules.list(newCall())).toEqual([]);
    await expect(remove.plan({}, newCall())).rejects.toMatchObject({ kind: 'refused' });
  });

  test('something of the same name that somebody else made is left alone', async ({ rig }) => {
    await rig.control.create(deployment('checkout', { replicas: 0 }));
    await rig.control.create({ apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name } });
    const { add, remove } = await open(rig);
    await expect(add.plan({ everyMs: hour }, newCall())).rejects.toMatchObject({
      kind: 'refused',
      message: `there is a ServiceAccount ${name} already, and rb did not make it`,
    });
    await expect(remove.plan({}, newCall())).rejects.toMatchObject({ kind: 'refused' });
  });

  for (const n of [1, 2, 3, 4])
    test(`cut off at its write ${n}: what is missing is told, and made by the next`, async ({ rig }) => {
      await rig.control.create(deployment('checkout', { replicas: 0 }));
      const dying = await open(rig, { through: killedAt(n, false) });
      const change = await dying.add.plan({ everyMs: hour }, newCall());
      await expect(dying.add.apply(change, newCall())).rejects.toThrow('killed');
      const { add } = await open(rig);
      expect(await add.verify(change, newCall())).toMatchObject({
        verdict: 'critical',
        summary: expect.stringContaining(`CronJob ${name}`) as string,
      });
      expect((await added(rig, hour)).finding.verdict).toBe('ok');
    });

  test('what cannot be done is a mistake with a way on', async ({ rig }) => {
    await rig.control.create(deployment('checkout', { replicas: 0 }));
    const { add } = await open(rig);
    await expect(add.plan({ everyMs: 7 * hour }, newCall())).rejects.toMatchObject({
      kind: 'usage',
      message: 'a CronJob cannot keep an interval of 7 h exactly; the nearest: 6 h and 8 h',
      next: ['rb restart --every 6h', 'rb restart --every 8h'],
    });
    await expect(add.plan({ everyMs: 60_000 }, newCall())).rejects.toMatchObject({ next: ['rb restart --every 5m'] });
    await expect(add.plan({ everyMs: 30 * 24 * hour }, newCall())).rejects.toMatchObject({
      next: ['rb restart --every 7d'],
    });
    const without = await open(rig, { config: { scheduleImage: undefined } });
    await expect(without.add.plan({ everyMs: hour }, newCall())).rejects.toMatchObject({
      kind: 'usage',
      next: [expect.stringContaining('restart.schedule') as string],
    });
  });

  test('a missing right is found before anybody is asked', async ({ rig }) => {
    await rig.control.create(deployment('checkout', { replicas: 0 }));
    const read = { apiGroups: ['*'], resources: ['*'], verbs: ['get', 'list'] };
    const { add } = await open(rig, { rules: [read] });
    await expect(add.plan({ everyMs: hour }, newCall())).rejects.toMatchObject({ kind: 'unreachable' });
  });

  test('nobody gives it rights that they do not have themselves', async ({ rig }) => {
    await rig.control.create(deployment('checkout', { replicas: 0 }));
    const verbs = ['get', 'list', 'create', 'patch', 'delete'];
    const everything = { apiGroups: ['batch', 'rbac.authorization.k8s.io', ''], resources: ['*'], verbs };
    const deployments = { apiGroups: ['apps'], resources: ['deployments'], verbs: ['get', 'list', 'watch'] };
    const { add } = await open(rig, { rules: [everything, deployments] });
    await expect(add.plan({ everyMs: hour }, newCall())).rejects.toMatchObject({
      message: expect.stringContaining('attempting to grant RBAC permissions not currently held') as string,
    });
    const enough = await open(rig, { rules: [everything, { ...deployments, verbs: ['*'] }] });
    expect((await enough.add.plan({ everyMs: hour }, newCall())).equivalent).toHaveLength(4);
  });
});

/** kubectl with nothing but the rights of the schedule's ServiceAccount, in a home that cannot be written. */
const asSchedule = async ({ cluster, namespace }: NamespaceRig, account: string, command: readonly string[]) => {
  const { status } = await cluster.api.post<{ status: { token: string } }>(
    `/api/v1/namespaces/${namespace}/serviceaccounts/${account}/token`,
    { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec: {} },
  );
  const kubeconfig = cluster.kubeconfig({ credential: { token: status.token }, namespace });
  return cluster.kubectl([...command, '--cache-dir=/proc/none'], { kubeconfig });
};

describe.concurrent('what the CronJob runs', () => {
  for (const [kind, object] of [
    ['deployment', deployment],
    ['statefulset', statefulSet],
    ['daemonset', daemonSet],
  ] as const)
    test(`has the rights it needs, and no others: ${kind}`, async ({ rig }) => {
      await rig.control.createSettled(object('checkout'));
      await added(rig, hour, { config: { kind } });
      const cronJob = await rig.control.get<CronJob>('CronJob', `rb-restart-${kind}-checkout`);
      const { initContainers, containers } = cronJob.spec.jobTemplate.spec.template.spec;
      const [check, restart] = [initContainers[0], containers[0]].map((one) => one?.command.slice(1) ?? []);
      const as = (command: readonly string[]) => asSchedule(rig, `rb-restart-${kind}-checkout`, command);
      expect(await as(check ?? [])).toMatch(/successfully rolled out|roll(?:ing update|out) complete|partitioned/);
      expect(await as(restart ?? [])).toContain('restarted');
      await expect(as(['get', 'pods'])).rejects.toThrow(/forbidden/);
      await expect(as(['get', `${kind}/another`])).rejects.toThrow(/forbidden/);
      await expect(as(['scale', `${kind}/checkout`, '--replicas=0'])).rejects.toThrow();
    });

  test('ends before the restart while a rollout is active', async ({ rig }) => {
    await rig.control.createSettled(deployment('checkout'));
    await added(rig, hour);
    await rig.control.release('Deployment', 'checkout', '2.0.0', { readyAfter: '120s' });
    const { initContainers } = (await cronJobOf(rig)).spec.jobTemplate.spec.template.spec;
    await expect(asSchedule(rig, name, initContainers[0]?.command.slice(1) ?? [])).rejects.toThrow(
      /timed out waiting for the condition/,
    );
  });
});

interface Job {
  readonly metadata: { readonly name: string };
}
interface JobPod {
  readonly metadata: { readonly name: string };
}

/** A run as the CronJob would start it, whose pod behaves like that. */
const run = async (rig: NamespaceRig, annotations: Readonly<Record<string, string>> = {}): Promise<Job> => {
  const { metadata, spec } = await cronJobOf(rig);
  const { template, ...rest } = spec.jobTemplate.spec;
  return rig.control.create<Job>({
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: {
      ...spec.jobTemplate.metadata,
      generateName: `${name}-`,
      ownerReferences: [{ apiVersion: 'batch/v1', kind: 'CronJob', name, uid: metadata.uid, controller: true }],
    },
    spec: { ...rest, template: { ...template, metadata: { ...template.metadata, annotations } } },
  });
};

const jobPods = async ({ cluster, namespace }: NamespaceRig): Promise<readonly JobPod[]> => {
  for (;;) {
    const path = `/api/v1/namespaces/${namespace}/pods?labelSelector=batch.kubernetes.io/job-name`;
    const { items } = await cluster.api.get<{ items: JobPod[] }>(path);
    if (items.length > 0) return items;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
};

const lastResult = async (rig: NamespaceRig, enough: RegExp): Promise<string> => {
  const schedules = await open(rig);
  for (;;) {
    const [schedule] = await schedules.list(newCall());
    if (schedule?.lastResult !== undefined && enough.test(schedule.lastResult)) return schedule.lastResult;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
};

const prepared = async (rig: NamespaceRig) => {
  await rig.control.create(deployment('checkout', { replicas: 0 }));
  await added(rig, hour);
};

describe.concurrent('what became of the last run', () => {
  test('done', async ({ rig }) => {
    await prepared(rig);
    await run(rig, { 'rig.test/end-after': '2s' });
    expect(await lastResult(rig, /running/)).toBe('running');
    expect(await lastResult(rig, /done/)).toBe('done');
    expect((await (await open(rig)).list(newCall()))[0]?.lastRunAt).toMatch(/^\d{4}-/);
  });

  test('skipped, because a rollout was active', async ({ rig }) => {
    await prepared(rig);
    await run(rig, { 'rig.test/behaviour': 'creating' });
    const [pod] = await jobPods(rig);
    await rig.cluster.api.patch(`/api/v1/namespaces/${rig.namespace}/pods/${pod?.metadata.name}/status`, {
      status: {
        phase: 'Failed',
        initContainerStatuses: [
          {
            name: 'no-rollout-active',
            image: 'x',
            imageID: 'x',
            ready: false,
            restartCount: 0,
            state: { terminated: { exitCode: 1, message: 'error: timed out waiting for the condition\n' } },
          },
        ],
      },
    });
    expect(await lastResult(rig, /skipped|failed/)).toBe('skipped: a rollout was active');
  });

  test('failed, with the exit code', async ({ rig }) => {
    await prepared(rig);
    await run(rig, { 'rig.test/behaviour': 'fail', 'rig.test/exit-code': '3' });
    expect(await lastResult(rig, /failed/)).toMatch(/^failed with exit code 3/);
  });

  test('an image that cannot be had', async ({ rig }) => {
    await prepared(rig);
    await run(rig, { 'rig.test/behaviour': 'image-pull' });
    expect(await lastResult(rig, /Pull/)).toMatch(/^running \((?:ErrImagePull|ImagePullBackOff)\)$/);
  });
});
