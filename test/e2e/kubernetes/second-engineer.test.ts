import { describe, expect, test } from 'vitest';
import { openGate } from '../../rigs/kubernetes/gate.ts';
import { startProxy } from '../../rigs/toxiproxy.ts';
import { until } from '../../rigs/kubernetes/wait.ts';
import { deployment } from '../../rigs/kubernetes/workloads.ts';
import { keys } from '../screen.ts';
import { ofType, outcome, trail } from '../trail.ts';
import { useKubernetes } from './stage.ts';

const stage = useKubernetes();
const stamp = 'kubectl.kubernetes.io/restartedAt';

const template = async (name: string) => (await stage.control.get('Deployment', name)).spec.template;

describe('a second engineer changes the Deployment', () => {
  test('while the question waits: exit code 3 with the difference, and the change is not lost', async () => {
    const name = await stage.deploy('asked');
    const operator = stage.operator(name);
    const session = operator.session('restart --rolling');
    await session.shows('Do it? [y/N]');
    await stage.control.release('Deployment', name, '1.1.0');
    await session.answer(`y${keys.enter}`);
    expect(await session.ended).toBe(3);
    const screen = session.screen();
    expect(screen).toContain('no longer what was confirmed.');
    expect(screen).toContain(`registry.test/${name}:1.0.0`);
    expect(screen).toContain(`registry.test/${name}:1.1.0`);
    const { metadata, spec } = await template(name);
    expect(spec.containers[0]?.image).toBe(`registry.test/${name}:1.1.0`);
    expect(metadata.annotations?.[stamp]).toBeUndefined();
    expect(ofType(await trail(operator), 'step.intent')).toEqual([]);
  });

  test('in the moment before the change is sent: the server refuses it, exit code 3 with the difference', async () => {
    const name = await stage.deploy('overtaken');
    const gate = await openGate(stage.cluster);
    try {
      gate.before = async ({ verb, resource, dryRun }) => {
        if (verb !== 'patch' || resource !== 'deployments' || dryRun) return;
        gate.before = () => undefined;
        await stage.control.release('Deployment', name, '1.1.0');
      };
      const operator = stage.operator(name, { kubeconfig: { url: gate.url } });
      const { code, screen } = await operator.run('restart --rolling', { answers: ['y'] });
      expect(code).toBe(3);
      expect(screen).toContain('Another process has changed');
      expect(screen).toContain(`registry.test/${name}:1.1.0`);
      const { metadata, spec } = await template(name);
      expect(spec.containers[0]?.image).toBe(`registry.test/${name}:1.1.0`);
      expect(metadata.annotations?.[stamp]).toBeUndefined();
      expect(outcome(await trail(operator))).toBe('refused');
    } finally {
      await gate.close();
    }
  });

  test('after a dry run: with its hash exit code 3 and what the plan would be now, and nothing is restarted', async () => {
    const name = await stage.deploy('planned');
    const operator = stage.operator(name);
    const dry = await operator.run('restart --rolling --dry-run -o json');
    const { plan } = dry.json() as { readonly plan: { readonly hash: string } };
    await stage.control.release('Deployment', name, '1.1.0');
    await stage.control.settled('Deployment', name);
    const { code, stderr } = await operator.run(`restart --rolling --yes --plan ${plan.hash}`);
    expect([code, stderr]).toEqual([
      3,
      expect.stringMatching(/The plan has changed since its hash was printed\. It would now be:[^]*Nothing was done\./),
    ]);
    expect(stderr).toContain(`rollout restart deployment/${name}`);
    expect((await template(name)).metadata.annotations?.[stamp]).toBeUndefined();
  });

  test('that only moves the status, as pods do all the time, is no reason to refuse', async () => {
    const name = await stage.deploy('moving');
    const gate = await openGate(stage.cluster);
    try {
      gate.before = async ({ verb, resource, dryRun }) => {
        if (verb !== 'patch' || resource !== 'deployments' || dryRun) return;
        gate.before = () => undefined;
        const { metadata } = await stage.control.get('Deployment', name);
        const [pod] = await stage.podNames(name);
        await stage.control.deletePod(pod ?? '');
        await until(
          'the status has moved',
          () => stage.control.get('Deployment', name),
          (now) => now.metadata.resourceVersion !== metadata.resourceVersion,
        );
      };
      const { code, stderr } = await stage
        .operator(name, { kubeconfig: { url: gate.url } })
        .run('restart --rolling --yes');
      expect([code, stderr]).toEqual([0, expect.stringContaining('3 of 3 instances healthy')]);
      // Once more for each time that the status moved in between.
      const sent = gate.changes().map(({ verb }) => verb);
      expect([sent.length >= 2, new Set(sent)]).toEqual([true, new Set(['patch'])]);
    } finally {
      await gate.close();
    }
  });

  test('another count while rb scale waits for its answer: exit code 3 with both numbers', async () => {
    const name = await stage.deploy('counted');
    const session = stage.operator(name).session('scale up 2 --no-watch');
    await session.shows('Do it? [y/N]');
    await stage.control.scale('Deployment', name, 4);
    await session.answer(`y${keys.enter}`);
    expect(await session.ended).toBe(3);
    expect(session.screen()).toMatch(/has 4 instances now, not 3/);
    expect((await stage.control.get('Deployment', name)).spec.replicas).toBe(4);
  });
});

/** A restart whose new pods are held. */
const begun = async (name: string, url: string) => {
  await stage.deployHeld(name);
  const running = stage.operator(name, { kubeconfig: { url } }).start('restart --rolling --yes');
  await running.writes('new pods');
  return running;
};

describe('a second engineer deletes the Deployment while its rollout is followed: exit code 1', () => {
  test('and leaves it so', async () => {
    const running = await begun('removed', stage.cluster.url);
    await stage.control.remove('Deployment', 'removed');
    const { code, stderr } = await running.ended;
    expect([code, stderr]).toEqual([1, expect.stringContaining('removed was deleted while its rollout was watched')]);
  });

  test('and makes it anew, while rb cannot see it', async () => {
    const proxy = await startProxy(stage.cluster.url);
    try {
      const running = await begun('anew', proxy.url);
      await proxy.cut();
      await stage.control.remove('Deployment', 'anew');
      await stage.control.createSettled(deployment('anew'));
      await proxy.restore();
      const { code, stderr } = await running.ended;
      // The watch may tell of the two one after the other.
      expect([code, stderr]).toEqual([
        1,
        expect.stringMatching(/anew was deleted (?:and made anew )?while its rollout was watched/),
      ]);
    } finally {
      await proxy.close();
    }
  });
});

describe('two operators restart at the same time', () => {
  test('both were asked, the first has answered: the second is told of it, and restarts nothing', async () => {
    const name = await stage.deploy('both');
    const [one, other] = [stage.operator(name), stage.operator(name)].map((operator) =>
      operator.session('restart --rolling'),
    );
    if (!one || !other) throw new Error('there are two');
    for (const session of [one, other]) await session.shows('Do it? [y/N]');
    await one.answer(`y${keys.enter}`);
    expect(await one.ended).toBe(0);
    const stamped = (await template(name)).metadata.annotations?.[stamp];
    await other.answer(`y${keys.enter}`);
    expect(await other.ended).toBe(3);
    expect(other.screen()).toContain('no longer what was confirmed');
    expect((await template(name)).metadata.annotations?.[stamp]).toBe(stamped);
  });

  test('neither was asked: each is done or refused, nobody waits for ever, and all pods are new and serve', async () => {
    const name = await stage.deploy('race');
    const before = await stage.podNames(name);
    const runs = await Promise.all(
      [stage.operator(name), stage.operator(name)].map((operator) => operator.run('restart --rolling --yes')),
    );
    const codes = runs.map(({ code }) => code);
    expect(codes, runs.map(({ stderr }) => stderr).join('\n')).toContain(0);
    for (const { code, stderr } of runs)
      if (code !== 0) expect([code, stderr]).toEqual([3, expect.stringMatching(/somebody else|Another process/)]);
    await stage.control.settled('Deployment', name);
    expect((await stage.podNames(name)).filter((pod) => before.includes(pod))).toEqual([]);
  });
});
