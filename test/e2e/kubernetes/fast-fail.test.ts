import { describe, expect, test } from 'vitest';
import { until } from '../../rigs/kubernetes/wait.ts';
import type { PodBehaviour } from '../../rigs/kubernetes/workloads.ts';
import { ofType, trail } from '../trail.ts';
import { useKubernetes } from './stage.ts';

const stage = useKubernetes();

/** So long after the second end of a container comes its third start: what is told before that was told soon, on a slow machine too. */
const backOff = '20s';

/** When the API first shows that a container of this version has ended, and the pod it was. */
const firstEnd = async (name: string) => {
  const pods = await until(
    `a container of ${name} has ended`,
    () => stage.control.pods(name, '2.0.0'),
    (all) =>
      all.some(({ status }) =>
        status.containerStatuses?.some(({ restartCount, state }) => restartCount > 0 || state.terminated),
      ),
  );
  return { at: performance.now(), pods };
};

/** A restart that brings the new version up, which fails; what rb says, and how long after the first end. */
const failing = async (name: string, behaviour: PodBehaviour) => {
  const initContainers = [{ name: 'migrate', image: `registry.test/${name}:migrate` }];
  await stage.deploy(name, behaviour.behaviour === 'init-crash-loop' ? { pod: { initContainers } } : {});
  stage.cluster.setLogs(stage.control.namespace, {
    current: ['starting'],
    previous: ['reading configuration', 'fatal: no DATABASE_URL'],
  });
  // Not rolled out yet: the pods of 2.0.0 come with the restart.
  await stage.control.patch('Deployment', name, { spec: { paused: true } });
  await stage.control.release('Deployment', name, '2.0.0', behaviour);
  await stage.control.patch('Deployment', name, { spec: { paused: false } });
  const operator = stage.operator(name);
  const running = operator.start('restart --rolling --yes');
  return { operator, running };
};

describe('a crash-looping new version', () => {
  test('is told before its third start, with pod, reason, exit code and last log lines', async () => {
    const { operator, running } = await failing('loops', { behaviour: 'crash-loop', exitCode: 3, backOff });
    const [first] = await Promise.all([firstEnd('loops'), running.writes('fatal: no DATABASE_URL')]);
    const seconds = (performance.now() - first.at) / 1000;
    const restarts = Math.max(
      ...(await stage.control.pods('loops', '2.0.0')).map(
        ({ status }) => status.containerStatuses?.[0]?.restartCount ?? 0,
      ),
    );
    const { code, stderr } = await running.ended;
    process.stdout.write(`crash-looping version: told ${seconds.toFixed(2)} s after the API showed its first end\n`);
    expect(restarts).toBe(1);
    expect(stderr).toMatch(/loops-\w+-\w+: container app: (?:CrashLoopBackOff|Error), exit code 3, 1 restart/);
    expect(stderr).toContain('reading configuration');
    expect([code, stderr]).toEqual([1, expect.stringMatching(/next: .*rb restart undo/s)]);
    const [troubles] = ofType(await trail(operator), 'finding').flatMap(({ finding }) => {
      const data = finding.data as { readonly troubles?: readonly object[] } | undefined;
      return data?.troubles ?? [];
    });
    expect(troubles).toMatchObject({
      container: 'app',
      exitCode: 3,
      restarts: 1,
      log: ['reading configuration', 'fatal: no DATABASE_URL'],
    });
  });

  test('that runs for a while before it ends: the log of its first end comes long before its second', async () => {
    const { running } = await failing('slow-loops', {
      behaviour: 'crash-loop',
      exitCode: 3,
      backOff,
      crashAfter: '30s',
    });
    await running.writes('fatal: no DATABASE_URL');
    const pods = await stage.control.pods('slow-loops', '2.0.0');
    await stage.control.behave(pods, { behaviour: 'crash-loop', exitCode: 3 });
    const { code, stderr } = await running.ended;
    expect(Math.max(...pods.map(({ status }) => status.containerStatuses?.[0]?.restartCount ?? 0))).toBe(1);
    expect(stderr).toMatch(/slow-loops-\w+-\w+: container app: Error, exit code 3; still waiting/);
    expect(stderr).toMatch(/the last lines of slow-loops-\w+-\w+:\n +reading configuration\n +fatal: no DATABASE_URL/);
    expect(code).toBe(1);
  });

  test('a new version that finds no node: the scheduler’s words, long before the deadline decides', async () => {
    const name = await stage.deploy('homeless', { spec: { progressDeadlineSeconds: 15 } });
    await stage.control.patch('Deployment', name, { spec: { template: { spec: { nodeSelector: { disk: 'none' } } } } });
    const { code, stderr } = await stage.operator(name).run('restart --rolling --yes');
    expect(stderr).toMatch(/homeless-\w+-\w+: .*\d+ nodes? .*; still waiting/);
    expect([code, stderr]).toEqual([1, expect.stringContaining('has timed out progressing')]);
  });

  test.for<[string, PodBehaviour, RegExp]>([
    ['killed for its memory', { behaviour: 'oom', backOff }, /container app: OOMKilled, exit code 137/],
    [
      'in an init container',
      { behaviour: 'init-crash-loop', exitCode: 4, backOff },
      /container migrate: .*exit code 4/,
    ],
    [
      'whose image cannot be had',
      { behaviour: 'image-pull', backOff },
      /container app: (?:ErrImagePull|ImagePullBackOff)/,
    ],
    ['whose configuration is not there', { behaviour: 'config-error' }, /container app: CreateContainerConfigError/],
  ])('%s: the reason in the platform’s words, and the way back', async ([what, behaviour, why]) => {
    const { running } = await failing(what.replaceAll(/\W+/g, '-'), behaviour);
    const { code, stderr } = await running.ended;
    expect([code, stderr]).toEqual([1, expect.stringMatching(why)]);
    expect(stderr).toMatch(/next: .*rb restart undo/s);
    expect(stderr).toMatch(/Instances now: .*3 old/);
  });
});
