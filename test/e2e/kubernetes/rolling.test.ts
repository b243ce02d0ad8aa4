import { describe, expect, test } from 'vitest';
import { daemonSet, deployment, statefulSet } from '../../rigs/kubernetes/workloads.ts';
import { useKubernetes } from './stage.ts';

const stage = useKubernetes();

/** Nothing was restarted, and the reason was given. */
const refuses = async (resource: string, line: string, why: string | RegExp) => {
  const name = resource.split('/').at(-1) ?? '';
  const before = await stage.podNames(name);
  const { code, stderr } = await stage.operator(resource).run(`${line} --yes --confirm checkout/staging`);
  expect([code, stderr]).toEqual([3, expect.stringMatching(why)]);
  expect(await stage.podNames(name)).toEqual(before);
  return stderr;
};

describe('rb restart --rolling', () => {
  test('of 50 replicas: fifty new pods, and it says so when the last one serves', async () => {
    const name = await stage.deploy('fifty', { replicas: 50 });
    const before = await stage.podNames(name);
    const { code, stderr } = await stage.operator(name).run('restart --rolling --yes');
    expect([code, stderr]).toEqual([
      0,
      expect.stringMatching(/Rolling restart done in .+\. 50 of 50 instances healthy/),
    ]);
    const after = await stage.control.get('Deployment', name);
    expect(after.status).toMatchObject({ replicas: 50, updatedReplicas: 50, availableReplicas: 50 });
    await stage.control.settled('Deployment', name);
    expect((await stage.podNames(name)).filter((pod) => before.includes(pod))).toEqual([]);
  });

  test('of a StatefulSet: each pod under its name, one after another', async () => {
    await stage.control.createSettled(statefulSet('ordered'));
    const before = (await stage.control.pods('ordered')).map(({ metadata }) => metadata.uid);
    const { code, stderr } = await stage.operator('statefulset/ordered').run('restart --rolling --yes');
    expect([code, stderr]).toEqual([0, expect.stringContaining('3 of 3 instances healthy')]);
    const after = await stage.control.pods('ordered');
    expect(after.map(({ metadata }) => metadata.name).toSorted()).toEqual(['ordered-0', 'ordered-1', 'ordered-2']);
    expect(after.filter(({ metadata }) => before.includes(metadata.uid))).toEqual([]);
  });

  test('of a StatefulSet with a partition: done when those above it are new; the card and the end say which stay', async () => {
    const updateStrategy = { type: 'RollingUpdate', rollingUpdate: { partition: 2 } };
    await stage.control.createSettled(statefulSet('canary', { spec: { updateStrategy } }));
    const before = (await stage.control.pods('canary')).map(({ metadata }) => metadata.uid);
    const operator = stage.operator('statefulset/canary');
    const { code, screen } = await operator.run('restart --rolling', { answers: ['y'] });
    expect(screen).toContain('the 2 below the partition (2) stay as they are');
    expect(screen).toMatch(/2 below the partition keep the old template/);
    expect(code).toBe(0);
    const kept = (await stage.control.pods('canary')).filter(({ metadata }) => before.includes(metadata.uid));
    expect(kept.map(({ metadata }) => metadata.name).toSorted()).toEqual(['canary-0', 'canary-1']);
  });

  test('of a DaemonSet: a new pod on each node', async () => {
    await stage.control.createSettled(daemonSet('agent'));
    const before = await stage.podNames('agent');
    const { code, stderr } = await stage.operator('daemonset/agent').run('restart --rolling --yes');
    expect([code, stderr]).toEqual([
      0,
      expect.stringContaining(`${before.length} of ${before.length} instances healthy`),
    ]);
    expect((await stage.podNames('agent')).filter((pod) => before.includes(pod))).toEqual([]);
  });
});

describe('rb restart --rolling that would never end is refused: exit code 3', () => {
  test('a paused Deployment, with the command that resumes it', async () => {
    const name = await stage.deploy('paused');
    await stage.control.patch('Deployment', name, { spec: { paused: true } });
    const stderr = await refuses(name, 'restart --rolling', /deployment\/paused is paused/);
    expect(stderr).toContain(`kubectl --context rig -n ${stage.control.namespace} rollout resume deployment/paused`);
  });

  test('a StatefulSet that only replaces what somebody deletes (OnDelete)', async () => {
    await stage.control.createSettled(statefulSet('manual', { spec: { updateStrategy: { type: 'OnDelete' } } }));
    const stderr = await refuses('statefulset/manual', 'restart --rolling', /OnDelete/);
    expect(stderr).toContain('rb restart --instance <id>');
  });

  test('a StatefulSet whose partition keeps all of them', async () => {
    const updateStrategy = { type: 'RollingUpdate', rollingUpdate: { partition: 3 } };
    await stage.control.createSettled(statefulSet('kept', { spec: { updateStrategy } }));
    await refuses('statefulset/kept', 'restart --rolling', /its partition \(3\) keeps all 3 instances/);
  });

  test('a Deployment with a count of 0', async () => {
    await stage.control.createSettled(deployment('empty', { replicas: 0 }));
    const stderr = await refuses('empty', 'restart --rolling', /has a count of 0: there is nothing to restart/);
    expect(stderr).toContain('rb scale to <n>');
  });

  test('one that somebody pauses in the middle is not waited for: exit code 1', async () => {
    const name = await stage.deployHeld('halted');
    const running = stage.operator(name).start('restart --rolling --yes');
    await running.writes('new pods');
    await stage.control.patch('Deployment', name, { spec: { paused: true } });
    const { code, stderr } = await running.ended;
    expect([code, stderr]).toEqual([1, expect.stringContaining('paused')]);
  });
});

describe('rb restart undo is refused: exit code 3', () => {
  test('to the revision that is there already', async () => {
    const name = await stage.deploy('same');
    await refuses(name, 'restart undo --to-revision 1', /is on revision 1 already: there is nothing to go back to/);
  });

  test('where there is no earlier one', async () => {
    const name = await stage.deploy('first');
    await refuses(name, 'restart undo', /has no earlier revision to go back to/);
  });

  test('while the Deployment is paused', async () => {
    const name = await stage.deploy('still');
    await stage.control.release('Deployment', name, '1.1.0');
    await stage.control.settled('Deployment', name);
    await stage.control.patch('Deployment', name, { spec: { paused: true } });
    await refuses(name, 'restart undo', /deployment\/still is paused/);
  });
});
