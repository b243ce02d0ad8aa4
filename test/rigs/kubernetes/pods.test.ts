import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Access } from './access.ts';
import { type Control, controlOf } from './control.ts';
import type { Pod } from './objects.ts';
import { sharedCluster } from './shared.ts';
import { until } from './wait.ts';
import { deployment } from './workloads.ts';
import { haveTimeForPrograms } from '../../patience.ts';

haveTimeForPrograms();

let cluster: Access;
let control: Control;

beforeAll(async () => {
  cluster = await sharedCluster();
  control = controlOf(cluster.api, await cluster.namespace());
});

afterAll(async () => {
  await cluster.removeNamespace(control.namespace);
  cluster.close();
});

const first = (pod: Pod) => pod.status.containerStatuses?.[0];
const init = (pod: Pod) => pod.status.initContainerStatuses?.[0];
const waiting = (pod: Pod) => first(pod)?.state.waiting?.reason;
const podOf = (name: string, version: string, what: string, enough: (pod: Pod) => boolean): Promise<Pod> =>
  until(what, async () => (await control.pods(name, version)).find(enough)).then((pod) => pod as Pod);
const reasonsFor = async (pod: string): Promise<readonly string[]> =>
  (await control.events())
    .filter(({ involvedObject }) => involvedObject.kind === 'Pod' && involvedObject.name === pod)
    .map(({ reason }) => reason);

describe('a Deployment', () => {
  it('of 3 gets ready, and rolls to a new version', async () => {
    const { status } = await control.createSettled(deployment('web'));
    expect(status.availableReplicas).toBe(3);
    await control.release('Deployment', 'web', '1.1.0');
    await control.settled('Deployment', 'web');
    const pods = await control.pods('web');
    expect(pods.map((pod) => first(pod)?.image)).toEqual(Array(3).fill('registry.test/web:1.1.0'));
  });

  it('whose new version crashes shows the loop, the exit code and the log of the last run; the old pods go on', async () => {
    await control.createSettled(deployment('crash'));
    await control.release('Deployment', 'crash', '2.0.0', { behaviour: 'crash-loop', exitCode: 3, backOff: '500ms' });
    const pod = await podOf('crash', '2.0.0', 'a loop', (pod) => {
      return waiting(pod) === 'CrashLoopBackOff' && (first(pod)?.restartCount ?? 0) >= 2;
    });
    expect(first(pod)?.lastState.terminated).toMatchObject({ exitCode: 3, reason: 'Error' });
    const { name } = pod.metadata;
    cluster.setLogs(control.namespace, { current: ['starting'], previous: ['starting', 'fatal: no DATABASE_URL'] });
    const logs = (...args: string[]) => cluster.kubectl(['-n', control.namespace, 'logs', name, ...args]);
    expect(await logs('--previous')).toBe('starting\nfatal: no DATABASE_URL\n');
    expect(await logs('--previous', '--tail=1')).toBe('fatal: no DATABASE_URL\n');
    expect(await logs()).toBe('starting\n');
    expect(await reasonsFor(name)).toContain('BackOff');
    expect((await control.get('Deployment', 'crash')).status.availableReplicas).toBe(3);
  });

  it('whose new version is killed for its memory says so', async () => {
    await control.createSettled(deployment('oom', { replicas: 1 }));
    await control.release('Deployment', 'oom', '2.0.0', { behaviour: 'oom' });
    const pod = await podOf('oom', '2.0.0', 'a kill', (pod) => first(pod)?.lastState.terminated !== undefined);
    expect(first(pod)?.lastState.terminated).toMatchObject({ exitCode: 137, reason: 'OOMKilled' });
  });

  it('whose image is not there fails to pull it, backs off, and starts when it is there', async () => {
    await control.create(deployment('pull', { replicas: 1, behaviour: { behaviour: 'image-pull' } }));
    const pod = await podOf('pull', '1.0.0', 'backs off', (pod) => waiting(pod) === 'ImagePullBackOff');
    expect(first(pod)?.state.waiting?.message).toContain('registry.test/pull:1.0.0: not found');
    await until(
      'the event',
      () => reasonsFor(pod.metadata.name),
      (reasons) => reasons.includes('Failed'),
    );
    await control.behave([pod], {});
    await control.settled('Deployment', 'pull');
  });

  it('whose pods stay unready does not become available; one that was ready can become unready', async () => {
    await control.create(deployment('unready', { replicas: 1, behaviour: { behaviour: 'unready' } }));
    const pod = await podOf('unready', '1.0.0', 'runs', (pod) => first(pod)?.state.running !== undefined);
    await until(
      'the event',
      () => reasonsFor(pod.metadata.name),
      (reasons) => reasons.includes('Unhealthy'),
    );
    expect((await control.get('Deployment', 'unready')).status.availableReplicas ?? 0).toBe(0);
    await control.behave([pod], {});
    await control.settled('Deployment', 'unready');
    await control.behave([pod], { behaviour: 'unready' });
    await until('unready again', async () => !first((await control.pods('unready'))[0] as Pod)?.ready);
  });

  it('whose settings are missing waits with CreateContainerConfigError', async () => {
    await control.create(deployment('config', { replicas: 1, behaviour: { behaviour: 'config-error' } }));
    await podOf('config', '1.0.0', 'waits', (pod) => waiting(pod) === 'CreateContainerConfigError');
  });

  it('whose init container crashes does not come to its containers, until it does not crash', async () => {
    const pod = { initContainers: [{ name: 'migrate', image: 'registry.test/migrate:1' }] };
    await control.create(deployment('init', { replicas: 1, pod, behaviour: { behaviour: 'init-crash-loop' } }));
    const failing = await podOf('init', '1.0.0', 'a loop', (pod) => (init(pod)?.restartCount ?? 0) >= 2);
    expect(init(failing)?.state.waiting?.reason).toBe('CrashLoopBackOff');
    expect(waiting(failing)).toBe('PodInitializing');
    await control.behave([failing], {});
    await control.settled('Deployment', 'init');
  });

  it('whose pods fit on no node is not scheduled', async () => {
    await control.create(deployment('nowhere', { replicas: 1, pod: { nodeSelector: { disk: 'none' } } }));
    const pod = await podOf('nowhere', '1.0.0', 'unschedulable', ({ status }) =>
      Boolean(status.conditions?.some(({ reason }) => reason === 'Unschedulable')),
    );
    await until(
      'the event',
      () => reasonsFor(pod.metadata.name),
      (reasons) => reasons.includes('FailedScheduling'),
    );
  });

  it('whose pod hangs in Terminating keeps it until it is released, or deleted with force', async () => {
    await control.createSettled(deployment('hang', { replicas: 2, behaviour: { terminating: 'hangs' } }));
    await control.scale('Deployment', 'hang', 0);
    const all = await until(
      'both terminate',
      () => control.pods('hang'),
      (pods) => pods.every(({ metadata }) => metadata.deletionTimestamp !== undefined),
    );
    const [one, other] = all.map(({ metadata }) => metadata.name) as [string, string];
    expect((await control.pods('hang')).map(({ metadata }) => metadata.name).toSorted()).toEqual(
      [one, other].toSorted(),
    );
    await control.behave(all.slice(0, 1), {});
    await until(
      'one is gone',
      () => control.pods('hang'),
      (pods) => pods.length === 1,
    );
    await cluster.kubectl(['-n', control.namespace, 'delete', 'pod', other, '--force', '--grace-period=0']);
    await until(
      'the other is gone',
      () => control.pods('hang'),
      (pods) => pods.length === 0,
    );
  });
});
