import { describe, expect, test } from 'vitest';
import { until } from '../../rigs/kubernetes/wait.ts';
import { keys } from '../screen.ts';
import { ofType, outcome, trail } from '../trail.ts';
import { useKubernetes } from './stage.ts';

const stage = useKubernetes();

interface StatusDocument {
  readonly verdict: string;
  readonly steps: readonly {
    readonly id: string;
    readonly finding: { readonly verdict: string; readonly summary: string; readonly data: unknown };
  }[];
}

describe('rb restart --rolling', () => {
  test('restarts all three: new pods, the same version, on record with the command that one would have typed', async () => {
    const name = await stage.deploy('rolls');
    const before = await stage.podNames(name);
    const operator = stage.operator(name);
    const { code, screen } = await operator.run('restart --rolling', { answers: ['y'] });
    expect(screen).toMatch(/Rolling restart done in .+\. 3 of 3 instances healthy\./);
    expect(code).toBe(0);
    await stage.control.settled('Deployment', name);
    expect((await stage.podNames(name)).filter((pod) => before.includes(pod))).toEqual([]);
    expect(await stage.versions(name)).toEqual(['1.0.0 3']);
    const events = await trail(operator);
    expect(ofType(events, 'step.intent')[0]?.change.equivalent).toEqual([
      `kubectl --context rig -n ${stage.control.namespace} rollout restart deployment/${name}`,
    ]);
    expect(outcome(events)).toBe('done');
  });

  test('--no-wait ends when the cluster has taken it; rb restart status shows how it goes', async () => {
    const name = await stage.deployHeld('begun');
    const before = await stage.podNames(name);
    const operator = stage.operator(name);
    const { code, stderr } = await operator.run('restart --rolling --yes --no-wait');
    expect([code, stderr]).toEqual([
      0,
      expect.stringContaining('Rolling restart begun: the restart of 3 instances was'),
    ]);
    expect(stderr).toContain('How it goes: rb restart status');
    const status = await operator.run('restart status');
    expect(status.stdout).toContain('rollout under way');
    await stage.control.letGo('Deployment', name);
    expect((await stage.podNames(name)).filter((pod) => before.includes(pod))).toEqual([]);
  });

  test('--batch is decided in the cluster: exit code 2', async () => {
    const name = await stage.deploy('batch', { replicas: 1 });
    const { code, stderr } = await stage.operator(name).run('restart --rolling --batch 2 --yes');
    expect([code, stderr]).toEqual([2, expect.stringContaining('is set in the cluster')]);
  });
});

describe('a new version that crashes', () => {
  const crash = { behaviour: 'crash-loop', exitCode: 3 } as const;

  test('fails the restart with pod, reason, exit code and log; the undo that is offered brings the old version back', async () => {
    const name = await stage.deploy('bad');
    stage.cluster.setLogs(stage.control.namespace, { current: ['starting'], previous: ['fatal: no DATABASE_URL'] });
    await stage.control.release('Deployment', name, '2.0.0', crash);
    const session = stage.operator(name).session('restart --rolling', { columns: 100, rows: 60 });
    await session.shows('Do it? [y/N]');
    await session.answer(`y${keys.enter}`);
    while ((session.screen().match(/Do it\? \[y\/N\]/g) ?? []).length < 2) await session.changes();
    const shown = session.screen();
    expect(shown).toMatch(/bad-\w+-\w+: container app: .*exit code 3/);
    expect(shown).toContain('fatal: no DATABASE_URL');
    expect(shown).toContain('version 1.0.0 is the one that serves');
    expect(shown).toContain(`- spec.containers.app.image: registry.test/${name}:2.0.0`);
    expect(shown).toContain(`+ spec.containers.app.image: registry.test/${name}:1.0.0`);
    await session.answer(`y${keys.enter}`);
    expect(await session.ended).toBe(1);
    expect(session.screen()).toContain('It was taken back: Roll back to the previous version.');
    await stage.control.settled('Deployment', name);
    expect(await stage.versions(name)).toEqual(['1.0.0 3']);
  });

  test('in a script names the undo, which brings the old version back', async () => {
    const name = await stage.deploy('scripted');
    await stage.control.release('Deployment', name, '2.0.0', crash);
    const operator = stage.operator(name);
    const failed = await operator.run('restart --rolling --yes --confirm checkout/staging');
    expect([failed.code, failed.stderr]).toEqual([1, expect.stringMatching(/next: .*rb restart undo/s)]);
    expect(failed.stderr).toMatch(/scripted-\w+-\w+: container app: .*exit code 3/);
    expect(failed.stderr).toMatch(/Instances now: .*3 old/);
    const undone = await operator.run('restart undo --yes');
    expect([undone.code, undone.stderr]).toEqual([
      0,
      expect.stringContaining('Rolled back. 3 of 3 instances healthy.'),
    ]);
    expect(await stage.versions(name)).toEqual(['1.0.0 3']);
  });

  test('is seen in the status: exit code 6, with the pod, its log and the way back', async () => {
    const name = await stage.deploy('looping');
    await stage.control.release('Deployment', name, '2.0.0', crash);
    await until(
      'the loop',
      () => stage.control.pods(name),
      (pods) => pods.some((pod) => pod.status.containerStatuses?.[0]?.state.waiting?.reason === 'CrashLoopBackOff'),
    );
    const { code, stdout, stderr } = await stage.operator(name).run('restart status');
    expect(code).toBe(6);
    // Between two crashes it runs.
    expect(stdout).toMatch(/container app: (?:CrashLoopBackOff|Error|not ready), exit code 3/);
    expect(stderr).toContain('rb restart undo');
  });
});

describe('rb restart undo', () => {
  test('shows the difference on the card and in the dry run, and brings the version before back', async () => {
    const name = await stage.deploy('released');
    await stage.control.release('Deployment', name, '1.1.0');
    await stage.control.settled('Deployment', name);
    const operator = stage.operator(name);
    const difference = [
      `- spec.containers.app.image: registry.test/${name}:1.1.0`,
      `+ spec.containers.app.image: registry.test/${name}:1.0.0`,
    ];
    const dry = await operator.run('restart undo --dry-run');
    for (const line of difference) expect(dry.stdout).toContain(line);
    const json = (await operator.run('restart undo --dry-run -o json')).json() as {
      readonly steps: readonly { readonly change: { readonly difference: readonly string[] } | null }[];
    };
    expect(json.steps.find(({ change }) => change !== null)?.change?.difference).toEqual(
      expect.arrayContaining(difference),
    );
    const { code, screen } = await operator.run('restart undo', { answers: ['y'] });
    for (const line of difference) expect(screen).toContain(line);
    expect([code, await stage.versions(name)]).toEqual([0, ['1.0.0 3']]);
    const report = await operator.run('audit report');
    for (const line of difference) expect(report.stdout).toContain(line);
  });

  test('--to-revision: to any that is kept; one that is not is refused, and those there are are named', async () => {
    const name = await stage.deploy('history');
    for (const version of ['1.1.0', '1.2.0']) {
      await stage.control.release('Deployment', name, version);
      await stage.control.settled('Deployment', name);
    }
    const operator = stage.operator(name);
    const none = await operator.run('restart undo --to-revision 9 --yes');
    expect([none.code, none.stderr]).toEqual([3, expect.stringContaining('no revision "9"; there are: 3, 2 and 1')]);
    const { code } = await operator.run('restart undo --to-revision 1 --yes');
    await stage.control.settled('Deployment', name);
    expect([code, await stage.versions(name)]).toEqual([0, ['1.0.0 3']]);
  });
});

describe('rb restart status', () => {
  test.for([80, 200])('is one screen at %i columns: nothing is cut off by the terminal', async (columns) => {
    const name = await stage.deploy(`seen-${String(columns)}`);
    const session = stage.operator(name).session('restart status', { columns, rows: 50 });
    expect(await session.ended).toBe(0);
    const screen = session.screen();
    const places = ['Instances', 'Rollout', 'Autoscaler', 'Recent events', 'What changed last'].map((title) =>
      screen.indexOf(`${title}  `),
    );
    expect(places.every((place) => place >= 0)).toBe(true);
    expect(places).toEqual(places.toSorted((a, b) => a - b));
    expect(screen.split('\n').length).toBeLessThan(50);
    expect(session.tooLong()).toEqual([]);
  });

  test('as JSON has the same, with all that people do not need', async () => {
    const name = await stage.deploy('data');
    const run = await stage.operator(name).run('restart status -o json');
    const { steps, verdict } = run.json() as StatusDocument;
    expect([run.code, verdict]).toEqual([0, 'ok']);
    const data = (id: string) => steps.find((step) => step.id === `status/${id}`)?.finding.data;
    expect(data('instances')).toMatchObject({
      desired: 3,
      instances: expect.arrayContaining([
        expect.objectContaining({ version: '1.0.0', restarts: 0, health: 'ok', state: 'running' }),
      ]) as unknown,
    });
    expect(data('rollout')).toMatchObject({ state: 'complete', updated: 3 });
    expect(data('revisions')).toMatchObject({ revisions: [{ revision: 1, present: true, version: '1.0.0' }] });
  });
});
