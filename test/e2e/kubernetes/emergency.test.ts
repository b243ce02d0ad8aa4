import { beforeAll, describe, expect, test } from 'vitest';
import { noteAnnotation } from '../../../src/providers/workload/kubernetes/emergency/emergency-note.ts';
import { openGate, type Passing } from '../../rigs/kubernetes/gate.ts';
import { horizontalPodAutoscaler, scaledObject } from '../../rigs/kubernetes/workloads.ts';
import { outcome, trail } from '../trail.ts';
import { useKubernetes } from './stage.ts';

const stage = useKubernetes();
beforeAll(() => stage.cluster.installKeda());

const confirm = '--confirm checkout/staging';
const soon = ['restart: { drainSeconds: 2 }'];

/** What an emergency restart takes away for a while: the count, the autoscaler, and the note about both. */
const picture = async (name: string, autoscaler?: 'HorizontalPodAutoscaler' | 'ScaledObject') => {
  const { spec, metadata } = await stage.control.get('Deployment', name);
  const scaler = autoscaler && (await stage.control.get<{ spec: object }>(autoscaler, name));
  return { replicas: spec.replicas, note: metadata.annotations?.[noteAnnotation] ?? null, autoscaler: scaler?.spec };
};

describe('rb restart --emergency', () => {
  test('stops all three, waits until they are gone, starts three others', async () => {
    const name = await stage.deploy('emergency', { behaviour: { stopAfter: '1s' } });
    const [before, pods] = [await picture(name), await stage.podNames(name)];
    const operator = stage.operator(name);
    const { code, screen } = await operator.run('restart --emergency', { answers: ['checkout/staging'] });
    expect(screen).toContain('nothing is served until they are back');
    expect(screen).toMatch(/Emergency restart done in .+\. 3 of 3 instances healthy\./);
    expect(code).toBe(0);
    expect(await picture(name)).toEqual(before);
    expect((await stage.podNames(name)).filter((pod) => pods.includes(pod))).toEqual([]);
  });

  test('a pod that hangs in Terminating is named; the others are started all the same', async () => {
    const name = await stage.deploy('hangs', { pod: { terminationGracePeriodSeconds: 1 } });
    const [stuck] = await stage.control.pods(name);
    if (!stuck) throw new Error('there is no pod');
    await stage.control.behave([stuck], { terminating: 'hangs' });
    const { code, stderr } = await stage.operator(name, { lines: soon }).run(`restart --emergency ${confirm}`);
    expect(stderr).toContain(`${stuck.metadata.name} still running after`);
    expect(stderr).toContain(`${stuck.metadata.name} still hangs in Terminating`);
    expect(code).toBe(0);
    expect(await stage.podNames(name)).toHaveLength(4);
    await stage.control.behave([stuck], {});
    await stage.control.settled('Deployment', name);
  });

  test('a new version that crashes is a failure with the reason; nothing stays held', async () => {
    const name = await stage.deploy('dies');
    await stage.control.create(horizontalPodAutoscaler(name));
    const before = await picture(name, 'HorizontalPodAutoscaler');
    await stage.control.release('Deployment', name, '2.0.0', { behaviour: 'crash-loop', exitCode: 9 });
    const { code, stderr } = await stage.operator(name).run(`restart --emergency ${confirm}`);
    expect([code, stderr]).toEqual([1, expect.stringMatching(/dies-\w+-\w+: container app: .*exit code 9/)]);
    expect(stderr).toContain('rb restart undo');
    expect(await picture(name, 'HorizontalPodAutoscaler')).toEqual(before);
  });
});

/** The moments at which it is killed, right before or right after the cluster takes a change, and the count that this leaves. */
const moments = {
  'before the stop': { when: 'before', at: ({ body }: Passing) => body.includes('"replicas":0'), count: 3 },
  'after the stop': { when: 'after', at: ({ body }: Passing) => body.includes('"replicas":0'), count: 0 },
  'started again, the autoscaler still held': {
    when: 'after',
    at: ({ body }: Passing) => body.includes('"replicas":3'),
    count: 3,
  },
} as const;

const autoscalers = {
  HorizontalPodAutoscaler: (name: string) => horizontalPodAutoscaler(name, { min: 3 }),
  ScaledObject: (name: string) => scaledObject(name, { min: 3 }),
} as const;

const cases = Object.keys(autoscalers).flatMap((autoscaler) =>
  Object.keys(moments).map((moment) => [moment, autoscaler]),
);

describe.concurrent('killed with SIGKILL', () => {
  test.for(cases as [keyof typeof moments, keyof typeof autoscalers][])(
    '%s: rb resume brings the three instances and the %s back',
    async ([moment, autoscaler], { expect, onTestFinished }) => {
      const { when, at, count } = moments[moment];
      const name = `${moment.replaceAll(/\W+/g, '-')}-${autoscaler.toLowerCase().slice(0, 6)}`;
      await stage.deploy(name);
      await stage.control.create(autoscalers[autoscaler](name));
      const [before, pods] = [await picture(name, autoscaler), await stage.podNames(name)];
      const gate = await openGate(stage.cluster);
      onTestFinished(() => gate.close());
      gate[when] = (passing) => {
        if (passing.dryRun || passing.resource !== 'scale' || !at(passing)) return;
        running.signal('SIGKILL');
        gate[when] = () => undefined;
        if (when === 'before') throw new Error('it is not sent any more');
      };
      const operator = stage.operator(name, { kubeconfig: { url: gate.url } });
      const running = operator.start(`restart --emergency ${confirm}`);
      await expect(running.ended).rejects.toThrow('SIGKILL');
      const left = await picture(name, autoscaler);
      expect([left.replicas, left.note]).toEqual([count, expect.stringContaining('"replicas":3')]);

      const { code, stderr } = await operator.run(`resume ${confirm}`);
      expect(code, stderr).toBe(0);
      expect(await picture(name, autoscaler)).toEqual(before);
      await stage.control.settled('Deployment', name);
      expect((await stage.podNames(name)).filter((pod) => pods.includes(pod))).toEqual([]);
      expect(outcome(await trail(operator))).toBe('done');
    },
  );
});
