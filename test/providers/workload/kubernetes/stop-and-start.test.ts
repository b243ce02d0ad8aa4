import { describe, expect } from 'vitest';
import type { Change } from '../../../../src/engine/change.ts';
import type { Json } from '../../../../src/engine/json.ts';
import { noteAnnotation } from '../../../../src/providers/workload/kubernetes/emergency/emergency-note.ts';
import type { Service } from '../../../../src/providers/workload/kubernetes/service.ts';
import { stopAndStartOperation } from '../../../../src/providers/workload/kubernetes/emergency/stop-and-start.ts';
import { until } from '../../../rigs/kubernetes/wait.ts';
import {
  daemonSet,
  deployment,
  horizontalPodAutoscaler,
  scaledObject,
  statefulSet,
} from '../../../rigs/kubernetes/workloads.ts';
import { carriedOut, newCall } from '../call.ts';
import { failing, killedAt, type NamespaceRig, type ServiceOptions, test } from './namespace-rig.ts';

const open = async (rig: NamespaceRig, options?: ServiceOptions) => stopAndStartOperation(await rig.service(options));

const restarted = async (service: Service) => {
  const operation = stopAndStartOperation(service);
  const call = newCall();
  const change = await operation.plan({}, call);
  return { change, call, finding: await carriedOut(operation, change, call) };
};

const uidsOf = async ({ control }: NamespaceRig) =>
  (await control.pods('checkout'))
    .filter(({ metadata }) => !metadata.deletionTimestamp)
    .map(({ metadata }) => metadata.uid);

interface Hpa {
  readonly metadata: { readonly annotations?: Record<string, string> };
  readonly spec: { readonly minReplicas: number; readonly maxReplicas: number; readonly behavior?: object };
}

/** The count, the autoscaler and the note, as a person would look after them. */
const state = async ({ control }: NamespaceRig, autoscaler: 'HorizontalPodAutoscaler' | 'ScaledObject') => {
  const { spec, metadata } = await control.get('Deployment', 'checkout');
  const found = await control.get<Hpa>(autoscaler, 'checkout');
  return {
    replicas: spec.replicas,
    note: metadata.annotations?.[noteAnnotation],
    autoscaler: found.spec,
    paused: found.metadata.annotations?.['autoscaling.keda.sh/paused'],
  };
};

const back = (body: Json) => JSON.stringify(body).includes('"replicas":3}');
const noteAway = (body: Json) => JSON.stringify(body).includes(`"${noteAnnotation}":null`);

const behavior = {
  scaleDown: {
    selectPolicy: 'Min',
    stabilizationWindowSeconds: 60,
    policies: [{ type: 'Pods', value: 1, periodSeconds: 30 }],
  },
};

describe.concurrent('an emergency restart', () => {
  test('stops all, waits until the last one is gone, starts as many', async ({ rig }) => {
    await rig.control.createSettled(deployment('checkout', { behaviour: { stopAfter: '1500ms' } }));
    const before = await uidsOf(rig);
    const { change, call, finding } = await restarted(await rig.service());
    expect(change).toMatchObject({
      summary: 'stop all 3 instances, wait for the drain, start 3',
      blastRadius: [
        '3 of 3 instances running now; nothing is served until they are back',
        'the drain takes up to 35 s',
      ],
    });
    expect(change.equivalent[0]).toMatch(/scale deployment\/checkout --current-replicas=3 --replicas=0$/);
    expect(change.equivalent[1]).toMatch(/wait --for=delete pod -l app=checkout --timeout=35s$/);
    expect(change.equivalent[2]).toMatch(/--current-replicas=0 --replicas=3$/);
    expect(call.notes()).toMatch(/all stopped after \d+ s/);
    expect(finding).toMatchObject({ verdict: 'ok', summary: 'all 3 instances stopped, started and ready' });
    const after = await uidsOf(rig);
    expect(after).toHaveLength(3);
    expect(after.filter((uid) => before.includes(uid))).toEqual([]);
    expect((await rig.control.get('Deployment', 'checkout')).metadata.annotations?.[noteAnnotation]).toBeUndefined();
  });

  test('a StatefulSet too', async ({ rig }) => {
    await rig.control.createSettled(statefulSet('checkout', { replicas: 2 }));
    const { finding } = await restarted(await rig.service({ config: { kind: 'statefulset' } }));
    expect(finding).toMatchObject({ verdict: 'ok', summary: 'all 2 instances stopped, started and ready' });
  });

  test('a selector with brackets is shown as a shell takes it', async ({ rig }) => {
    const selector = { matchExpressions: [{ key: 'app', operator: 'In', values: ['checkout', 'till'] }] };
    await rig.control.createSettled(deployment('checkout', { spec: { selector } }));
    const { equivalent } = await (await open(rig)).plan({}, newCall());
    expect(equivalent[1]).toMatch(/wait --for=delete pod -l 'app in \(checkout,till\)' --timeout=35s$/);
  });

  test('a pod that hangs in Terminating is named, and the others are started all the same', async ({ rig }) => {
    await rig.control.createSettled(deployment('checkout', { pod: { terminationGracePeriodSeconds: 1 } }));
    const [stuck] = await rig.control.pods('checkout');
    if (!stuck) throw new Error('there are pods');
    await rig.control.behave([stuck], { terminating: 'hangs' });
    const { call, finding } = await restarted(await rig.service());
    const { name } = stuck.metadata;
    expect(call.notes()).toMatch(new RegExp(`${name} still running after \\d+ s of draining \\(Terminating\\)`));
    expect(finding).toMatchObject({
      verdict: 'ok',
      summary: `all 3 instances stopped, started and ready; ${name} still hangs in Terminating`,
    });
    await rig.control.behave([stuck], {});
  });

  test('what does not come up is told with the reason', async ({ rig }) => {
    const onDelete = { updateStrategy: { type: 'OnDelete' } };
    await rig.control.createSettled(statefulSet('checkout', { replicas: 2, spec: onDelete }));
    // Nothing is replaced yet; what is started next is the new version.
    await rig.control.release('StatefulSet', 'checkout', '2.0.0', { behaviour: 'crash-loop', exitCode: 3 });
    const { finding } = await restarted(await rig.service({ config: { kind: 'statefulset' } }));
    expect(finding.verdict).toBe('critical');
    expect(finding.summary).toMatch(/^0 of 2 instances ready: checkout-0: container app: .*exit code 3/);
  });

  test('a DaemonSet cannot be stopped as a whole', async ({ rig }) => {
    await rig.control.createSettled(daemonSet('checkout'));
    const operation = await open(rig, { config: { kind: 'daemonset' } });
    await expect(operation.plan({}, newCall())).rejects.toMatchObject({
      kind: 'usage',
      next: ['restart it without a downtime: rb restart --rolling'],
    });
  });

  test('at a count of 0 there is nothing to stop, and no number to go back to', async ({ rig }) => {
    await rig.control.createSettled(deployment('checkout', { replicas: 0 }));
    await expect((await open(rig)).plan({}, newCall())).rejects.toMatchObject({ kind: 'refused' });
  });

  test('what somebody changed since the plan is not stopped', async ({ rig }) => {
    await rig.control.createSettled(deployment('checkout'));
    const operation = await open(rig);
    const change = await operation.plan({}, newCall());
    await rig.control.release('Deployment', 'checkout', '2.0.0');
    const before = await rig.control.settled('Deployment', 'checkout');
    await expect(operation.apply(change, newCall())).rejects.toMatchObject({ kind: 'refused' });
    const after = await rig.control.get('Deployment', 'checkout');
    expect([after.spec.replicas, after.metadata.generation]).toEqual([3, before.metadata.generation]);
  });

  test('told to stop in the middle, it starts them again and gives everything back', async ({ rig }) => {
    await rig.control.createSettled(deployment('checkout', { behaviour: { stopAfter: '30s' } }));
    await rig.control.create(horizontalPodAutoscaler('checkout'));
    const before = await state(rig, 'HorizontalPodAutoscaler');
    const abort = new AbortController();
    const call = newCall({ signal: abort.signal });
    const operation = await open(rig);
    const change = await operation.plan({}, call);
    const applied = expect(operation.apply(change, call)).rejects.toMatchObject({ kind: 'unknown' });
    while (!(await rig.control.pods('checkout')).some(({ metadata }) => metadata.deletionTimestamp))
      await new Promise((resolve) => setTimeout(resolve, 20));
    abort.abort(new Error('Ctrl-C'));
    await applied;
    expect(await state(rig, 'HorizontalPodAutoscaler')).toEqual(before);
  });

  test('a cluster that does not answer for a moment is asked again until everything is given back', async ({ rig }) => {
    await rig.control.createSettled(deployment('checkout'));
    await rig.control.create(horizontalPodAutoscaler('checkout'));
    const before = await state(rig, 'HorizontalPodAutoscaler');
    for (const through of [
      failing(2, 'unreachable', back),
      failing(1, 'unknown', back),
      failing(2, 'unreachable', noteAway),
    ]) {
      const { finding } = await restarted(await rig.service({ through }));
      expect(finding.verdict).toBe('ok');
      expect(await state(rig, 'HorizontalPodAutoscaler')).toEqual(before);
    }
  });

  test('instances that cannot be started again are said, and the autoscaler is given back all the same', async ({
    rig,
  }) => {
    await rig.control.createSettled(deployment('checkout'));
    await rig.control.create(horizontalPodAutoscaler('checkout'));
    const before = await state(rig, 'HorizontalPodAutoscaler');
    const operation = await open(rig, { through: failing(1000, 'refused', back) });
    const change = await operation.plan({}, newCall());
    await expect(operation.apply(change, newCall())).rejects.toMatchObject({
      kind: 'failed',
      message: expect.stringMatching(/^the instances were stopped and could not be started again: /) as string,
      next: [expect.stringContaining('--current-replicas=0 --replicas=3') as string],
    });
    const after = await state(rig, 'HorizontalPodAutoscaler');
    expect(after).toMatchObject({ replicas: 0, autoscaler: before.autoscaler });
    // The number to go back to stays on the object.
    expect(JSON.parse(after.note ?? '')).toMatchObject({ replicas: 3 });
  });

  test('a count that something else sets while it drains ends the drain, and is no failure', async ({ rig }) => {
    await rig.control.createSettled(deployment('checkout', { behaviour: { terminating: 'hangs' } }));
    const operation = await open(rig);
    const call = newCall();
    const change = await operation.plan({}, call);
    const applied = operation.apply(change, call);
    // Before its controller has seen the 0, one of the old ones would stay.
    await until(
      'all of them are stopping',
      () => rig.control.pods('checkout'),
      (pods) => pods.every(({ metadata }) => metadata.deletionTimestamp !== undefined),
    );
    await rig.control.scale('Deployment', 'checkout', 1);
    await applied;
    expect(call.notes()).toContain('something else set it to 1 instance while it was draining');
    expect(await operation.verify(change, call)).toMatchObject({ verdict: 'ok' });
    expect((await rig.control.get('Deployment', 'checkout')).spec.replicas).toBe(3);
  });

  test('a missing right is found before anything is stopped', async ({ rig }) => {
    await rig.control.createSettled(deployment('checkout'));
    const look = { resources: ['deployments', 'replicasets', 'pods'], verbs: ['get', 'list', 'watch'] };
    const operation = await open(rig, {
      rules: [
        { ...look, apiGroups: ['apps', ''] },
        { apiGroups: ['apps'], resources: ['deployments/scale'], verbs: ['patch'] },
      ],
    });
    await expect(operation.plan({}, newCall())).rejects.toMatchObject({
      kind: 'unreachable',
      message: expect.stringContaining('may not patch deployments.apps') as string,
    });
  });
});

describe.concurrent('an autoscaler during an emergency restart', () => {
  test('an HPA is held while everything is down, and is afterwards exactly what it was', async ({ rig }) => {
    await rig.control.createSettled(deployment('checkout', { behaviour: { terminating: 'hangs' } }));
    const hpa = horizontalPodAutoscaler('checkout') as { readonly spec: object };
    await rig.control.create({ ...hpa, spec: { ...hpa.spec, behavior } });
    const before = await state(rig, 'HorizontalPodAutoscaler');
    const service = await rig.service();
    const operation = stopAndStartOperation(service);
    const call = newCall();
    const change = await operation.plan({}, call);
    expect(change.blastRadius).toContain(
      'HorizontalPodAutoscaler checkout (2 to 10) is held meanwhile and given back afterwards',
    );
    const applied = operation.apply(change, call);
    while ((await state(rig, 'HorizontalPodAutoscaler')).replicas !== 0)
      await new Promise((resolve) => setTimeout(resolve, 20));
    const during = await state(rig, 'HorizontalPodAutoscaler');
    expect(during.autoscaler.behavior).toMatchObject({
      scaleUp: { selectPolicy: 'Disabled' },
      scaleDown: { selectPolicy: 'Disabled', stabilizationWindowSeconds: 60 },
    });
    expect(JSON.parse(during.note ?? '')).toMatchObject({
      session: call.mark,
      replicas: 3,
      autoscaler: { kind: 'HorizontalPodAutoscaler', name: 'checkout', min: 2, max: 10 },
    });
    await rig.control.behave(await rig.control.pods('checkout'), {});
    await applied;
    expect(await state(rig, 'HorizontalPodAutoscaler')).toEqual(before);
    expect(await operation.verify(change, call)).toMatchObject({ verdict: 'ok' });
  });

  test('a ScaledObject is paused; what was paused before stays so', async ({ rig }) => {
    await rig.cluster.installKeda();
    await rig.control.createSettled(deployment('checkout'));
    await rig.control.create(scaledObject('checkout'));
    const service = await rig.service();
    const { change, finding } = await restarted(service);
    expect(change.equivalent[0]).toMatch(
      /annotate scaledobject checkout --overwrite autoscaling\.keda\.sh\/paused=true$/,
    );
    expect(change.equivalent.at(-1)).toMatch(/annotate scaledobject checkout autoscaling\.keda\.sh\/paused-$/);
    expect(finding.verdict).toBe('ok');
    expect((await state(rig, 'ScaledObject')).paused).toBeUndefined();
    await rig.control.patch('ScaledObject', 'checkout', {
      metadata: { annotations: { 'autoscaling.keda.sh/paused': 'true' } },
    });
    expect((await restarted(service)).change.blastRadius.at(-1)).toBe(
      'ScaledObject checkout does not change the count: paused',
    );
    expect((await state(rig, 'ScaledObject')).paused).toBe('true');
  });

  test('KEDA is given the time to say that it has paused', async ({ rig }) => {
    await rig.cluster.installKeda();
    await rig.control.createSettled(deployment('checkout'));
    await rig.control.create(scaledObject('checkout'));
    const says = (status: 'True' | 'False') =>
      rig.cluster.api.patch(`/apis/keda.sh/v1alpha1/namespaces/${rig.namespace}/scaledobjects/checkout/status`, {
        status: { conditions: [{ type: 'Paused', status }] },
      });
    await says('False');
    const operation = await open(rig);
    const own = newCall();
    // However slow the machine is: by this clock no time goes by.
    const call = { ...own, clock: { ...own.clock, monotonic: () => 0 } };
    const change = await operation.plan({}, call);
    const applied = operation.apply(change, call);
    while ((await state(rig, 'ScaledObject')).paused !== 'true')
      await new Promise((resolve) => setTimeout(resolve, 20));
    await new Promise((resolve) => setTimeout(resolve, 500));
    expect((await state(rig, 'ScaledObject')).replicas).toBe(3);
    await says('True');
    await applied;
    expect(call.notes()).not.toContain('has not said');
    await says('False');
    const again = await restarted(await rig.service());
    expect(again.call.notes()).toContain('ScaledObject checkout has not said within 5 s that it is paused');
    expect(again.finding.verdict).toBe('ok');
  });

  test('that cannot be seen is said, and keeps nobody from an emergency restart', async ({ rig }) => {
    await rig.control.createSettled(deployment('checkout'));
    const service = await rig.service({
      rules: [
        { apiGroups: ['apps', ''], resources: ['deployments', 'replicasets', 'pods'], verbs: ['get', 'list', 'watch'] },
        { apiGroups: ['apps'], resources: ['deployments', 'deployments/scale'], verbs: ['patch'] },
      ],
    });
    const { change, finding } = await restarted(service);
    expect(change.blastRadius.at(-1)).toMatch(/^whether an autoscaler changes the count cannot be seen/);
    expect(finding.verdict).toBe('ok');
  });
});

const noted = ({ control }: NamespaceRig, note: object) =>
  control.patch('Deployment', 'checkout', { metadata: { annotations: { [noteAnnotation]: JSON.stringify(note) } } });

describe.concurrent('a note on the object, which anybody may have written who may change it', () => {
  const disabled = { scaleUp: { selectPolicy: 'Disabled' }, scaleDown: { selectPolicy: 'Disabled' } };
  const usual = { session: 's-1/restart', at: new Date().toISOString(), replicas: 3, autoscaler: null };

  test('gives nothing back to the autoscaler of something else', async ({ rig }) => {
    await rig.control.createSettled(deployment('checkout'));
    const hpa = horizontalPodAutoscaler('payments') as { readonly spec: object };
    const { metadata } = await rig.control.create<{ metadata: { uid: string } }>({
      ...hpa,
      spec: { ...hpa.spec, behavior: disabled },
    });
    const autoscaler = {
      kind: 'HorizontalPodAutoscaler',
      name: 'payments',
      uid: metadata.uid,
      min: 2,
      max: 10,
      before: { behavior: null },
    };
    await noted(rig, { ...usual, autoscaler });
    const { change, finding } = await restarted(await rig.service());
    expect(change.data).toMatchObject({ autoscaler: null });
    expect(finding.verdict).toBe('ok');
    expect((await rig.control.get<Hpa>('HorizontalPodAutoscaler', 'payments')).spec.behavior).toMatchObject(disabled);
  });

  test('puts no command of its own among those that are shown', async ({ rig }) => {
    await rig.cluster.installKeda();
    await rig.control.createSettled(deployment('checkout'));
    const { metadata } = await rig.control.create<{ metadata: { uid: string } }>(
      scaledObject('checkout', { annotations: { 'autoscaling.keda.sh/paused': 'true' } }),
    );
    const before = { paused: "false'; rm -rf ~; '" };
    await noted(rig, {
      ...usual,
      autoscaler: { kind: 'ScaledObject', name: 'checkout', uid: metadata.uid, min: 2, max: 10, before },
    });
    const { equivalent } = await (await open(rig)).plan({}, newCall());
    expect(equivalent.at(-1)).toMatch(/--overwrite 'autoscaling\.keda\.sh\/paused=false'\\''; rm -rf ~; '\\'''$/);
  });

  test('that is no such note is none, and a number beyond the ceiling is a reason to be more careful', async ({
    rig,
  }) => {
    await rig.control.createSettled(deployment('checkout', { replicas: 0 }));
    const operation = await open(rig);
    for (const odd of [
      { session: 'x\n\nConfirmed: yes' },
      { at: 'yesterday' },
      { replicas: 2.5 },
      { session: 's'.repeat(500) },
    ]) {
      await noted(rig, { ...usual, ...odd });
      await expect(operation.plan({}, newCall())).rejects.toMatchObject({ kind: 'refused' });
    }
    await noted(rig, { ...usual, replicas: 5000 });
    expect((await operation.plan({}, newCall())).raises).toContain(
      'the note on the object says 5000 instances, and the ceiling is 9',
    );
  });
});

/** What the six writes are: the note, the hold, to 0, back, the release, the note away. */
const killPoints = [1, 2, 3, 4, 5, 6].flatMap((n) => [
  { n, sent: false },
  { n, sent: true },
]);

type Autoscaler = 'HorizontalPodAutoscaler' | 'ScaledObject';

const prepared = async (rig: NamespaceRig, autoscaler: Autoscaler) => {
  await rig.cluster.installKeda();
  await rig.control.createSettled(deployment('checkout'));
  const hpa = horizontalPodAutoscaler('checkout') as { readonly spec: object };
  await rig.control.create(
    autoscaler === 'ScaledObject' ? scaledObject('checkout') : { ...hpa, spec: { ...hpa.spec, behavior } },
  );
  return { before: await state(rig, autoscaler), pods: await uidsOf(rig) };
};

const killed = async (rig: NamespaceRig, n: number, sent: boolean): Promise<Change> => {
  const operation = await open(rig, { through: killedAt(n, sent) });
  const call = newCall();
  const change = await operation.plan({}, call);
  await expect(operation.apply(change, call)).rejects.toThrow('killed');
  return change;
};

describe.concurrent('an emergency restart, killed, whose object was made anew', () => {
  test('resumed, gives the autoscaler back and leaves the new count alone', async ({ rig }) => {
    const { before } = await prepared(rig, 'HorizontalPodAutoscaler');
    const change = await killed(rig, 3, true);
    await rig.control.remove('Deployment', 'checkout');
    await until(
      'nothing of it is left',
      () => rig.control.pods('checkout'),
      (pods) => pods.length === 0,
    );
    await rig.control.createSettled(deployment('checkout', { replicas: 2 }));
    const operation = await open(rig);
    expect(await operation.verify(change, newCall())).toMatchObject({ verdict: 'critical' });
    const call = newCall();
    const rest = await operation.plan({}, call, change);
    expect(rest.summary).toBe(
      'finish what the interrupted session began: nothing is stopped any more, the rest is given back',
    );
    expect(await carriedOut(operation, rest, call)).toMatchObject({ verdict: 'ok' });
    expect(await state(rig, 'HorizontalPodAutoscaler')).toEqual({ ...before, replicas: 2 });
  });
});

for (const autoscaler of ['HorizontalPodAutoscaler', 'ScaledObject'] as const)
  describe.concurrent(`an emergency restart with a ${autoscaler}, killed`, () => {
    for (const { n, sent } of killPoints)
      test(`${sent ? 'after' : 'before'} its write ${n}: resumed, everything is back as it was`, async ({ rig }) => {
        const { before, pods } = await prepared(rig, autoscaler);
        const change = await killed(rig, n, sent);
        const operation = await open(rig);
        const settled = await operation.verify(change, newCall());
        // Only with the last write is it done.
        expect(settled).toMatchObject({ verdict: n === 6 && sent ? 'ok' : 'critical' });
        if (settled.verdict === 'critical') {
          const call = newCall();
          const rest = await operation.plan({}, call, change);
          expect(await carriedOut(operation, rest, call)).toMatchObject({ verdict: 'ok' });
        }
        expect(await state(rig, autoscaler)).toEqual(before);
        expect((await uidsOf(rig)).filter((uid) => pods.includes(uid))).toEqual([]);
      });

    for (const { n, sent } of killPoints)
      test(`${sent ? 'after' : 'before'} its write ${n}: another session finds the numbers on the object`, async ({
        rig,
      }) => {
        const { before, pods } = await prepared(rig, autoscaler);
        await killed(rig, n, sent);
        const { change, finding } = await restarted(await rig.service());
        const isTaken = (n > 1 || sent) && (n < 5 || (n === 5 && !sent));
        const raised = change.raises?.some((raise) => /began an emergency restart \d+ s ago/.test(raise)) ?? false;
        // The note alone takes nothing away.
        expect(raised).toBe(isTaken && !(n === 1 || (n === 2 && !sent)));
        if ((n === 3 && sent) || (n === 4 && !sent))
          expect(change.summary).toMatch(/^start the 3 instances that session test-\S+ stopped \d+ s ago$/);
        expect(finding.verdict).toBe('ok');
        expect(await state(rig, autoscaler)).toEqual(before);
        expect((await uidsOf(rig)).filter((uid) => pods.includes(uid))).toEqual([]);
      });
  });
