import { describe, expect } from 'vitest';
import { fingerprint } from '../../../../src/engine/change.ts';
import { RunbookError } from '../../../../src/engine/errors.ts';
import type { Kubernetes } from '../../../../src/clients/kubernetes/port.ts';
import type { Workload } from '../../../../src/providers/workload/port.ts';
import type { WorkloadKind } from '../../../rigs/kubernetes/objects.ts';
import { until } from '../../../rigs/kubernetes/wait.ts';
import { deployment, type WorkloadOptions } from '../../../rigs/kubernetes/workloads.ts';
import { carriedOut, newCall } from '../call.ts';
import type { KubernetesRig } from '../rig/kubernetes-rig.ts';
import { test } from './started.ts';

const unit = { id: 'checkout', instances: [] };
const restart = async (workload: Workload, call = newCall()) => {
  const change = await workload.restart.plan(unit, call);
  return carriedOut(workload.restart, change, call);
};
const templateOf = async ({ control }: KubernetesRig, kind: WorkloadKind = 'Deployment') =>
  (await control.get(kind, 'checkout')).spec.template;
const stamp = 'kubectl.kubernetes.io/restartedAt';

describe.concurrent('a restart', () => {
  test('is one more line in the template, the one that kubectl writes', async ({ start }) => {
    const rig = await start();
    const change = await rig.open().restart.plan(unit, newCall());
    expect(change).toMatchObject({
      summary: 'restart deployment/checkout (3 instances, version 2.0.0)',
      blastRadius: ['all 3 instances, replaced; none goes before its replacement serves'],
      equivalent: [`kubectl --context rig -n ${rig.control.namespace} rollout restart deployment/checkout`],
    });
    expect((await templateOf(rig)).metadata.annotations?.[stamp]).toBeUndefined();
    await rig.open().restart.apply(change, newCall());
    const { restartedAt } = change.data as { restartedAt: string };
    expect((await templateOf(rig)).metadata.annotations?.[stamp]).toBe(restartedAt);
  });

  test('that is accepted is known without another look', async ({ start }) => {
    const rig = await start();
    const { client, calls } = counting(await rig.client());
    const workload = rig.openWith({ client });
    const call = newCall();
    const change = await workload.restart.plan(unit, call);
    expect(calls.splice(0).toSorted()).toEqual(['get deployments', 'patch deployments']);
    const receipt = await workload.restart.apply(change, call);
    expect(await workload.restart.accepted?.(change, call, receipt)).toMatchObject({ verdict: 'ok' });
    expect(calls).toEqual(['patch deployments']);
    // To another process the cluster says so.
    expect(await rig.open().restart.accepted?.(change, call)).toMatchObject({ verdict: 'ok' });
  });

  test('lists each resource once and watches from then on', async ({ start }) => {
    const rig = await start();
    const { client, calls } = counting(await rig.client());
    expect(await restart(rig.openWith({ client }))).toMatchObject({ verdict: 'ok' });
    expect(calls.filter((one) => one.startsWith('list')).toSorted()).toEqual([
      'list deployments',
      'list pods',
      'list replicasets',
    ]);
    // For the plan, and once more for each write that came after a new version of the status.
    const conflicts = calls.filter((one) => one === 'patch deployments').length - 2;
    expect(calls.filter((one) => one.startsWith('get'))).toEqual(Array(1 + conflicts).fill('get deployments'));
  });

  test('shows the pods as they are at its end, though their watch tells it later', async ({ start }) => {
    const rig = await start();
    const call = newCall();
    const { promise: told, resolve: tell } = Promise.withResolvers<void>();
    const workload = rig.openWith({ client: podsBehind(await rig.client(), told) });
    const finding = await restart(workload, {
      ...call,
      report: (progress) => {
        call.report(progress);
        if (progress.status?.startsWith('complete')) tell();
      },
    });
    const { instances } = finding.data as { instances: readonly { state: string; health: string }[] };
    expect(instances.filter(({ state }) => state !== 'stopping').map(({ health }) => health)).toEqual([
      'ok',
      'ok',
      'ok',
    ]);
    expect(call.reported.findLast(({ table }) => table !== undefined)?.table).toEqual(finding.evidence);
  });

  test.for<[WorkloadKind, RegExp]>([
    ['StatefulSet', /^restarted: 3 of 3 pods are new, all are ready/],
    ['DaemonSet', /^restarted: (\d+) of \1 pods are new and available/],
  ])('of a %s', async ([kind, summary], { start }) => {
    const rig = await start({ kind });
    const before = (await rig.control.pods('checkout')).map(({ metadata }) => metadata.uid);
    const finding = await restart(rig.open());
    expect(finding).toMatchObject({ verdict: 'ok', summary: expect.stringMatching(summary) as string });
    await rig.control.settled(kind, 'checkout');
    const after = (await rig.control.pods('checkout')).map(({ metadata }) => metadata.uid);
    expect(after.filter((uid) => before.includes(uid))).toEqual([]);
  });

  test('of a Deployment that stops everything first is a reason to be more careful', async ({ start }) => {
    const rig = await start({ workload: { spec: { strategy: { type: 'Recreate' } } } });
    const workload = rig.open();
    const change = await workload.restart.plan(unit, newCall());
    expect(change.raises).toEqual(['all 3 at once: the strategy is Recreate']);
    expect(await restart(workload)).toMatchObject({ verdict: 'ok' });
  });

  test.for<[string, WorkloadOptions]>([
    ['that take longer to stop', { behaviour: { stopAfter: '5s' }, pod: { terminationGracePeriodSeconds: 10 } }],
    ['that have to be ready for longer', { spec: { minReadySeconds: 5 } }],
  ])('of pods %s than anything else may take is waited for', async ([, workload], { start }) => {
    const rig = await start({ kind: 'StatefulSet', workload: { replicas: 1, ...workload } });
    expect(await restart(rig.openWith({ config: { readyTimeoutMs: 3000 } }))).toMatchObject({ verdict: 'ok' });
  });

  test('a partition that somebody raises meanwhile leaves it half done', async ({ start }) => {
    const rig = await start({ kind: 'StatefulSet' });
    const workload = rig.open();
    const call = newCall();
    const change = await workload.restart.plan(unit, call);
    const receipt = await workload.restart.apply(change, call);
    const updateStrategy = { type: 'RollingUpdate', rollingUpdate: { partition: 2 } };
    await rig.control.patch('StatefulSet', 'checkout', { spec: { updateStrategy } });
    expect(await workload.restart.verify(change, call, receipt)).toMatchObject({
      verdict: 'critical',
      summary: expect.stringMatching(
        /^somebody has raised the partition from 0 to 2 meanwhile: .* 2 below the partition keep the old template$/,
      ) as string,
    });
  });

  test('above a partition is done when those above it are new', async ({ start }) => {
    const updateStrategy = { type: 'RollingUpdate', rollingUpdate: { partition: 2 } };
    const rig = await start({ kind: 'StatefulSet' });
    await rig.control.patch('StatefulSet', 'checkout', { spec: { updateStrategy } });
    const workload = rig.open();
    const change = await workload.restart.plan(unit, newCall());
    expect(change.blastRadius).toContain('the 2 below the partition (2) stay as they are');
    expect(await restart(workload)).toMatchObject({
      verdict: 'ok',
      summary: 'restarted: 1 of 3 pods are new, all are ready; 2 below the partition keep the old template',
    });
  });
});

const refused = async (rig: KubernetesRig, kind: WorkloadKind, spec: object, why: RegExp) => {
  await rig.control.patch(kind, 'checkout', { spec });
  await expect(rig.open().restart.plan(unit, newCall())).rejects.toMatchObject({
    kind: 'refused',
    message: expect.stringMatching(why) as string,
  });
};

describe.concurrent('a restart that would never end is refused', () => {
  test('paused', async ({ start }) => {
    await refused(await start(), 'Deployment', { paused: true }, /is paused/);
  });

  test('OnDelete', async ({ start }) => {
    const spec = { updateStrategy: { type: 'OnDelete', rollingUpdate: null } };
    await refused(await start({ kind: 'StatefulSet' }), 'StatefulSet', spec, /OnDelete/);
  });

  test('a partition above everything', async ({ start }) => {
    const spec = { updateStrategy: { type: 'RollingUpdate', rollingUpdate: { partition: 3 } } };
    await refused(
      await start({ kind: 'StatefulSet' }),
      'StatefulSet',
      spec,
      /keeps all 3 instances on the old template/,
    );
  });

  test('and one that is paused in the middle is not waited for', async ({ start }) => {
    const rig = await start();
    await rig.startsNext('unhealthy');
    const call = newCall();
    const workload = rig.open();
    const change = await workload.restart.plan(unit, call);
    const receipt = await workload.restart.apply(change, call);
    await rig.control.patch('Deployment', 'checkout', { spec: { paused: true } });
    expect(await workload.restart.verify(change, call, receipt)).toMatchObject({
      verdict: 'critical',
      summary: expect.stringContaining('paused') as string,
    });
  });
});

describe.concurrent('when somebody else is at it between the plan and the restart', () => {
  test('another version: refused, with what has changed, and their change stays', async ({ start }) => {
    const rig = await start();
    const change = await rig.open().restart.plan(unit, newCall());
    await rig.control.release('Deployment', 'checkout', '3.0.0');
    await expect(rig.open().restart.apply(change, newCall())).rejects.toMatchObject({
      kind: 'refused',
      message: [
        'Another process has changed deployment/checkout since the plan:',
        '  - metadata.labels.app.kubernetes.io/version: 2.0.0',
        '  + metadata.labels.app.kubernetes.io/version: 3.0.0',
        '  - spec.containers.app.image: registry.test/checkout:2.0.0',
        '  + spec.containers.app.image: registry.test/checkout:3.0.0',
      ].join('\n'),
    });
    const { metadata, spec } = await templateOf(rig);
    expect(spec.containers[0]?.image).toBe('registry.test/checkout:3.0.0');
    expect(metadata.annotations?.[stamp]).toBeUndefined();
  });

  test.for<[string, object, RegExp]>([
    ['a label of the Deployment', { metadata: { labels: { team: 'shop' } } }, /labels\.team: absent -> "shop"/],
    ['an annotation', { metadata: { annotations: { owner: 'shop' } } }, /annotations\.owner: absent -> "[0-9a-f]{12}"/],
    [
      'another strategy',
      { spec: { strategy: { type: 'Recreate', rollingUpdate: null } } },
      /strategy\.type: "RollingUpdate" -> "Recreate"/,
    ],
    [
      'a restart',
      { spec: { template: { metadata: { annotations: { [stamp]: '2026-01-01T00:00:00Z' } } } } },
      /restartedAt: null -> "2026-01-01T00:00:00Z"/,
    ],
  ])('%s: refused', async ([, patch, message], { start }) => {
    const rig = await start();
    const workload = rig.open();
    const change = await workload.restart.plan(unit, newCall());
    await rig.control.patch('Deployment', 'checkout', patch);
    await expect(workload.restart.apply(change, newCall())).rejects.toMatchObject({
      kind: 'refused',
      message: expect.stringMatching(message) as string,
    });
  });

  test('another count: restarted all the same, and the count stays', async ({ start }) => {
    const rig = await start();
    const workload = rig.open();
    const call = newCall();
    const change = await workload.restart.plan(unit, call);
    await rig.control.scale('Deployment', 'checkout', 5);
    const again = await workload.restart.plan(unit, newCall());
    expect(again.summary).toContain('5 instances');
    expect(fingerprint(again)).toBe(fingerprint(change));
    expect(await carriedOut(workload.restart, change, call)).toMatchObject({
      verdict: 'ok',
      summary: expect.stringMatching(/^restarted: 5 of 5 pods/) as string,
    });
  });

  test('another variable: named, and neither the plan nor the message holds a password', async ({ start }) => {
    const rig = await start();
    const withVariables = (level: string, password: string) => {
      const env = [
        { name: 'DB_PASSWORD', value: password },
        { name: 'LOG_LEVEL', value: level },
      ];
      const containers = [{ name: 'app', image: 'registry.test/checkout:2.0.0', env }];
      return rig.control.patch('Deployment', 'checkout', { spec: { template: { spec: { containers } } } });
    };
    await withVariables('info', 'tiger');
    await rig.control.settled('Deployment', 'checkout');
    const change = await rig.open().restart.plan(unit, newCall());
    expect(JSON.stringify(change)).not.toMatch(/tiger|info/);
    await withVariables('debug', 'leopard');
    await expect(rig.open().restart.apply(change, newCall())).rejects.toMatchObject({
      kind: 'refused',
      message: [
        'Another process has changed deployment/checkout since the plan:',
        '  - spec.containers.app.env.DB_PASSWORD.value: (not shown)',
        '  + spec.containers.app.env.DB_PASSWORD.value: (not shown)',
        '  - spec.containers.app.env.LOG_LEVEL.value: info',
        '  + spec.containers.app.env.LOG_LEVEL.value: debug',
      ].join('\n'),
    });
  });

  test('a pod that came and went is no reason not to', async ({ start }) => {
    const rig = await start();
    const workload = rig.open();
    const call = newCall();
    const change = await workload.restart.plan(unit, call);
    const before = (await rig.control.get('Deployment', 'checkout')).metadata.resourceVersion;
    const [pod] = await rig.control.pods('checkout');
    await rig.control.deletePod(pod?.metadata.name ?? '');
    await until(
      'the status has moved',
      () => rig.control.get('Deployment', 'checkout'),
      ({ metadata }) => metadata.resourceVersion !== before,
    );
    expect(await carriedOut(workload.restart, change, call)).toMatchObject({ verdict: 'ok' });
  });

  test('an object of the same name that was made anew is left alone', async ({ start }) => {
    const rig = await start();
    const workload = rig.open();
    const change = await workload.restart.plan(unit, newCall());
    await rig.control.remove('Deployment', 'checkout');
    await rig.control.create(deployment('checkout', { version: '2.0.0' }));
    await expect(workload.restart.apply(change, newCall())).rejects.toMatchObject({
      kind: 'refused',
      message: expect.stringContaining('created again by another process') as string,
    });
    expect((await templateOf(rig)).metadata.annotations?.[stamp]).toBeUndefined();
  });

  test('one that is gone is refused', async ({ start }) => {
    const rig = await start();
    const workload = rig.open();
    const change = await workload.restart.plan(unit, newCall());
    await rig.control.remove('Deployment', 'checkout');
    await expect(workload.restart.apply(change, newCall())).rejects.toMatchObject({
      kind: 'refused',
      message: expect.stringContaining('is gone') as string,
    });
  });
});

const underWay = async (rig: KubernetesRig) => {
  await rig.startsNext('slow');
  const call = newCall();
  const workload = rig.open();
  const change = await workload.restart.plan(unit, call);
  const receipt = await workload.restart.apply(change, call);
  const verdict = workload.restart.verify(change, call, receipt);
  return { verdict, handled: verdict.catch(() => undefined) };
};

describe.concurrent('when somebody else is at it during the rollout', () => {
  test('another restart restarts these pods too, and is told', async ({ start }) => {
    const rig = await start();
    const { verdict } = await underWay(rig);
    const annotations = { [stamp]: new Date(Date.now() + 60_000).toISOString() };
    await rig.control.patch('Deployment', 'checkout', { spec: { template: { metadata: { annotations } } } });
    expect(await verdict).toMatchObject({
      verdict: 'warn',
      summary: expect.stringMatching(/^restarted again by somebody else meanwhile: 3 of 3/) as string,
    });
  });

  test('an undo takes it back', async ({ start }) => {
    const rig = await start();
    const { verdict } = await underWay(rig);
    await rig.cluster.kubectl(['-n', rig.control.namespace, 'rollout', 'undo', 'deployment/checkout']);
    expect(await verdict).toMatchObject({
      verdict: 'critical',
      summary: 'the restart of deployment/checkout was taken back by somebody else',
    });
  });

  test('an object that is made anew is another one', async ({ start }) => {
    const rig = await start();
    const { verdict, handled } = await underWay(rig);
    await rig.control.remove('Deployment', 'checkout');
    await rig.control.create(deployment('checkout', { version: '2.0.0' }));
    await handled;
    await expect(verdict).rejects.toMatchObject({
      kind: 'failed',
      message: expect.stringMatching(/was deleted( and made anew)? while/) as string,
    });
  });
});

test('an answer that is lost on its way is looked for', async ({ start }) => {
  const rig = await start();
  const client = await rig.client();
  let lost = 0;
  const patch: Kubernetes['patch'] = async (of, name, body, ask) => {
    await client.patch(of, name, body, ask);
    if (ask.dryRun !== true) lost += 1;
    if (ask.dryRun !== true) throw new RunbookError('unknown', 'the connection broke before the answer');
    return client.patch(of, name, body, ask);
  };
  const workload = rig.openWith({ client: { ...client, patch } });
  const call = newCall();
  const change = await workload.restart.plan(unit, call);
  const receipt = await workload.restart.apply(change, call);
  expect(lost).toBe(1);
  expect(await workload.restart.accepted?.(change, call, receipt)).toMatchObject({ verdict: 'ok' });
});

test('an object that is not there is a mistake in the configuration', async ({ start }) => {
  const rig = await start();
  const workload = rig.openWith({ config: { name: 'chekout' } });
  const mistake = {
    kind: 'usage',
    message: `there is no deployment/chekout in namespace ${rig.control.namespace} of context rig`,
    next: [
      expect.stringContaining('get deployments') as string,
      expect.stringContaining('workload.resource') as string,
    ],
  };
  await expect(workload.status(newCall())).rejects.toMatchObject(mistake);
  await expect(workload.restart.plan(unit, newCall())).rejects.toMatchObject(mistake);
});

test('a missing right is found when the restart is planned, and named', async ({ start }) => {
  const rig = await start();
  const { namespace } = rig.control;
  const mayLook = [{ apiGroups: ['apps', ''], resources: ['*'], verbs: ['get', 'list', 'watch'] }];
  const { token } = await rig.cluster.userFor(namespace, 'reader', mayLook);
  const workload = rig.openWith({ client: await rig.client(rig.cluster.kubeconfig({ credential: { token } })) });
  expect((await workload.status(newCall())).desired).toBe(3);
  await expect(workload.restart.plan(unit, newCall())).rejects.toMatchObject({
    kind: 'unreachable',
    message: expect.stringMatching(/patch.*deployments/) as string,
  });
});

/** The same client, and what was asked of it. */
const counting = (client: Kubernetes): { readonly client: Kubernetes; readonly calls: string[] } => {
  const calls: string[] = [];
  const noted = <Asked extends keyof Kubernetes>(name: Asked): Kubernetes[Asked] =>
    ((...args: readonly [{ readonly plural: string }]) => {
      calls.push(`${name} ${args[0].plural}`);
      return (client[name] as (...given: readonly unknown[]) => unknown)(...args);
    }) as unknown as Kubernetes[Asked];
  return {
    calls,
    client: { ...client, get: noted('get'), list: noted('list'), patch: noted('patch'), watch: noted('watch') },
  };
};

/** A client whose watch of the pods tells no change before `told`. */
const podsBehind = (client: Kubernetes, told: Promise<void>): Kubernetes => ({
  ...client,
  watch: async function* <Item>(...asked: Parameters<Kubernetes['watch']>) {
    for await (const event of client.watch<Item>(...asked)) {
      if (asked[0].plural === 'pods' && event.type !== 'BOOKMARK') await told;
      yield event;
    }
  },
});
