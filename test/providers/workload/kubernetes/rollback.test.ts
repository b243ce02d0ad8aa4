import { describe, expect } from 'vitest';
import { noteAnnotation } from '../../../../src/providers/workload/kubernetes/emergency/emergency-note.ts';
import type { Workload } from '../../../../src/providers/workload/port.ts';
import { until } from '../../../rigs/kubernetes/wait.ts';
import { carriedOut, newCall } from '../call.ts';
import { test } from './started.ts';

const rollbackOf = ({ rollback }: Workload) => {
  if (!rollback) throw new Error('Kubernetes keeps earlier versions');
  return rollback;
};
const undo = async (workload: Workload, input: { readonly revision?: string } = {}) => {
  const call = newCall();
  const change = await rollbackOf(workload).plan(input, call);
  return carriedOut(rollbackOf(workload), change, call);
};

describe.concurrent('the way back', () => {
  test('is shown line by line before it is gone', async ({ start }) => {
    const rig = await start();
    const change = await rollbackOf(rig.open()).plan({}, newCall());
    expect(change).toMatchObject({
      summary: 'roll checkout back from version 2.0.0 to revision 1, version 1.0.0',
      difference: [
        '- metadata.labels.app.kubernetes.io/version: 2.0.0',
        '+ metadata.labels.app.kubernetes.io/version: 1.0.0',
        '- spec.containers.app.image: registry.test/checkout:2.0.0',
        '+ spec.containers.app.image: registry.test/checkout:1.0.0',
      ],
      equivalent: [expect.stringMatching(/rollout undo deployment\/checkout --to-revision=1$/)],
      undo: expect.stringMatching(/--to-revision=2$/) as string,
    });
  });

  test('shows that a password differs, and not what it is', async ({ start }) => {
    const rig = await start();
    const env = [
      { name: 'DB_PASSWORD', value: 'tiger' },
      { name: 'DB_HOST', value: 'db-2' },
    ];
    const containers = [{ name: 'app', image: 'registry.test/checkout:3.0.0', env }];
    await rig.control.patch('Deployment', 'checkout', { spec: { template: { spec: { containers } } } });
    const { difference } = await rollbackOf(rig.open()).plan({ revision: '1' }, newCall());
    expect(difference?.join('\n')).not.toContain('tiger');
    expect(difference).toContain('- spec.containers.app.env.DB_PASSWORD.value: (not shown)');
    expect(difference).toContain('- spec.containers.app.env.DB_HOST.value: db-2');
  });

  test('leaves the note of an emergency restart that was cut off where it is', async ({ start }) => {
    const rig = await start();
    const note = JSON.stringify({ session: 's/restart', at: new Date().toISOString(), replicas: 3, autoscaler: null });
    await rig.control.patch('Deployment', 'checkout', { metadata: { annotations: { [noteAnnotation]: note } } });
    await rig.control.scale('Deployment', 'checkout', 0);
    expect(await undo(rig.open())).toMatchObject({ verdict: 'ok' });
    const { metadata } = await rig.control.get('Deployment', 'checkout');
    expect(metadata.annotations?.[noteAnnotation]).toBe(note);
    // Whoever goes on with it finds the number to go back to.
    expect(await rig.open().stopAndStart.plan({}, newCall())).toMatchObject({ data: { to: 3, onlyStart: true } });
  });

  test('brings no note back that an older version was given', async ({ start }) => {
    const rig = await start();
    const noted = (note: string | null) =>
      rig.control.patch('Deployment', 'checkout', { metadata: { annotations: { [noteAnnotation]: note } } });
    await noted('{}');
    await rig.control.release('Deployment', 'checkout', '3.0.0');
    await rig.control.settled('Deployment', 'checkout');
    await noted(null);
    await rig.control.release('Deployment', 'checkout', '4.0.0');
    await rig.control.settled('Deployment', 'checkout');
    expect(await undo(rig.open())).toMatchObject({ verdict: 'ok' });
    const { metadata } = await rig.control.get('Deployment', 'checkout');
    expect(metadata.annotations?.[noteAnnotation]).toBeUndefined();
  });

  test('shows no password of a command line either', async ({ start }) => {
    const rig = await start();
    const args = ['--db-password=tiger', '--level=info', '--api-token', 'leopard'];
    const containers = [{ name: 'app', image: 'registry.test/checkout:3.0.0', args }];
    await rig.control.patch('Deployment', 'checkout', { spec: { template: { spec: { containers } } } });
    const { difference } = await rollbackOf(rig.open()).plan({ revision: '1' }, newCall());
    expect(difference).toContain('- spec.containers.app.args.0: --db-password=(not shown)');
    expect(difference).toContain('- spec.containers.app.args.1: --level=info');
    expect(difference).toContain('- spec.containers.app.args.3: (not shown)');
  });

  test('brings back what the newer template has added or left out, and keeps why it was made', async ({ start }) => {
    const rig = await start();
    await rig.control.patch('Deployment', 'checkout', {
      metadata: { annotations: { 'kubernetes.io/change-cause': 'release 3' } },
      spec: {
        template: {
          metadata: { annotations: { 'rig.test/ready-after': '300ms' } },
          spec: { containers: [{ name: 'app', image: 'registry.test/checkout:3.0.0' }] },
        },
      },
    });
    await rig.control.settled('Deployment', 'checkout');
    expect(await undo(rig.open())).toMatchObject({
      verdict: 'ok',
      summary: expect.stringMatching(/^back on version 2\.0\.0: 3 of 3 pods are new and available/) as string,
    });
    const { metadata, spec } = await rig.control.get('Deployment', 'checkout');
    expect(spec.template.metadata.annotations?.['rig.test/ready-after']).toBeUndefined();
    expect(metadata.annotations?.['kubernetes.io/change-cause']).toBeUndefined();
    const history = await rig.cluster.kubectl([
      '-n',
      rig.control.namespace,
      'rollout',
      'history',
      'deployment/checkout',
    ]);
    expect(history).toMatch(/\n3\s+release 3\n4\s+<none>/);
  });

  test('to a named revision', async ({ start }) => {
    const rig = await start();
    await rig.control.release('Deployment', 'checkout', '3.0.0');
    await rig.control.settled('Deployment', 'checkout');
    expect(await undo(rig.open(), { revision: '1' })).toMatchObject({
      summary: expect.stringContaining('back on version 1.0.0') as string,
    });
  });

  test('after a restart is told to be the same version', async ({ start }) => {
    const rig = await start();
    await rig.restartBehind();
    const change = await rollbackOf(rig.open()).plan({}, newCall());
    expect(change.blastRadius).toContain('the same version: only the last restart is taken back');
  });

  test.for<'StatefulSet' | 'DaemonSet'>(['StatefulSet', 'DaemonSet'])('of a %s', async (kind, { start }) => {
    const rig = await start({ kind });
    expect(await undo(rig.open())).toMatchObject({
      verdict: 'ok',
      summary: expect.stringMatching(/^back on version 1\.0\.0/) as string,
    });
    await rig.control.settled(kind, 'checkout');
    const { spec } = await rig.control.get(kind, 'checkout');
    expect(spec.template.spec.containers[0]?.image).toBe('registry.test/checkout:1.0.0');
  });

  test('of a StatefulSet whose pod is broken says what is left to do by hand, and where it stands still', async ({
    start,
  }) => {
    const rig = await start({ kind: 'StatefulSet' });
    await rig.control.release('StatefulSet', 'checkout', '3.0.0', { behaviour: 'crash-loop' });
    await until(
      'the first new pod is broken',
      () => rig.control.pods('checkout'),
      (pods) => pods.some(({ status }) => (status.containerStatuses?.[0]?.restartCount ?? 0) > 0),
    );
    const rollback = rollbackOf(rig.openWith({ config: { readyTimeoutMs: 4000 } }));
    const call = newCall();
    const change = await rollback.plan({}, call);
    expect(change.blastRadius.join('\n')).toMatch(/delete that pod by hand/);
    expect(await carriedOut(rollback, change, call)).toMatchObject({
      verdict: 'critical',
      summary: expect.stringMatching(
        /nothing has moved for \d+ s .*checkout-2: container app: .*exit code 1/,
      ) as string,
    });
  });

  test('brings the old version back where the new one crashes', async ({ start }) => {
    const rig = await start();
    await rig.control.release('Deployment', 'checkout', '3.0.0', { behaviour: 'crash-loop' });
    expect(await undo(rig.open())).toMatchObject({ verdict: 'ok' });
    const pods = await rig.control.pods('checkout');
    expect(pods.filter(({ metadata }) => metadata.deletionTimestamp === undefined)).toHaveLength(3);
  });
});

describe.concurrent('the way back is refused', () => {
  test('to a revision that is not there, with those that are', async ({ start }) => {
    const rig = await start();
    await expect(rollbackOf(rig.open()).plan({ revision: '9' }, newCall())).rejects.toMatchObject({
      kind: 'refused',
      message: 'deployment/checkout has no revision "9"; there are: 2 and 1',
      next: ['rb restart undo --to-revision 2', 'rb restart undo --to-revision 1'],
    });
  });

  test('to the present one', async ({ start }) => {
    const rig = await start();
    await expect(rollbackOf(rig.open()).plan({ revision: '2' }, newCall())).rejects.toMatchObject({
      kind: 'refused',
      message: expect.stringContaining('on revision 2 already') as string,
    });
  });

  test('where nothing earlier is kept', async ({ start }) => {
    const rig = await start({ workload: { spec: { revisionHistoryLimit: 0 } } });
    await rig.control.settled('Deployment', 'checkout');
    await expect(
      (async () => {
        for (;;) await rollbackOf(rig.open()).plan({}, newCall());
      })(),
    ).rejects.toMatchObject({ kind: 'refused', message: expect.stringContaining('no earlier revision') as string });
  });

  test('while it is paused', async ({ start }) => {
    const rig = await start();
    await rig.control.patch('Deployment', 'checkout', { spec: { paused: true } });
    await expect(rollbackOf(rig.open()).plan({}, newCall())).rejects.toMatchObject({
      kind: 'refused',
      message: expect.stringContaining('is paused') as string,
    });
  });

  test('where somebody else has rolled out something since the plan, which stays', async ({ start }) => {
    const rig = await start();
    const workload = rig.open();
    const change = await rollbackOf(workload).plan({}, newCall());
    await rig.control.release('Deployment', 'checkout', '3.0.0');
    await expect(rollbackOf(workload).apply(change, newCall())).rejects.toMatchObject({ kind: 'refused' });
    const { spec } = await rig.control.get('Deployment', 'checkout');
    expect(spec.template.spec.containers[0]?.image).toBe('registry.test/checkout:3.0.0');
  });
});
