import { describe, expect, test } from 'vitest';
import type { Operation } from '../../src/providers/workload/port.ts';
import { requireExpectedCount } from '../../src/providers/workload/shared/wanted-count.ts';
import { scale } from '../../src/sections/scale/scale.ts';
import { person } from '../engine/rig.ts';
import { newPlatform } from './platform.ts';
import type { Platform } from './platform.ts';
import { runOn } from './rig.ts';
import type { Options } from './rig.ts';

const hpa = { name: 'HorizontalPodAutoscaler shop', min: 2, max: 5, active: true };
const withAutoscaler = (more: Partial<typeof hpa> = {}): Platform => {
  const platform = newPlatform();
  platform.autoscaler = { ...hpa, ...more };
  return platform;
};
const to = (amount: number) => ({ wanted: { direction: 'to' as const, amount, percent: false }, watch: false });
const answer = (way: string): Options => ({
  flags: { yes: true, confirm: 'shop/staging', answers: new Map([['autoscaler', way]]) },
});
const run = (platform: Platform, count: number, options?: Options) =>
  runOn(scale, platform.workload, to(count), options);

describe('an autoscaler in the way', () => {
  test('in a script needs an answer: exit code 2, the flag is named, nothing is done', async () => {
    const platform = withAutoscaler();
    const { end, of } = await run(platform, 4);
    expect(end.outcome).toMatchObject({ status: 'usage', next: ['pass --answer autoscaler=<limits|count>'] });
    expect(of('step.result').find(({ step }) => step === 'autoscaling')?.finding).toMatchObject({
      verdict: 'warn',
      summary: 'HorizontalPodAutoscaler shop sets the number of instances, between 2 and 5',
    });
    expect(platform.done).toEqual([]);
  });

  test.for([
    ['limits', 'set limits for 4'],
    ['count', 'scale to 4'],
  ] as const)('--answer autoscaler=%s does %s', async ([way, done]) => {
    const platform = withAutoscaler();
    const { end } = await run(platform, 4, answer(way));
    expect([end.outcome.status, platform.done, platform.count]).toEqual(['done', [done], 4]);
  });

  test('a dry run shows the advice and the ways; with an answer it plans that way', async () => {
    const asked = await run(withAutoscaler(), 4, { dryRun: true });
    expect(asked.of('step.progress').map(({ note }) => note)).toEqual([
      expect.stringMatching(/^would ask: .* Advice: limits: .*with 4 as its minimum it still adds instances/),
      '--answer autoscaler=limits: its limits, so that it sets this number',
      '--answer autoscaler=count: the number all the same, past the autoscaler',
    ]);
    const planned = await run(withAutoscaler(), 4, { ...answer('count'), dryRun: true });
    expect(planned.of('change.planned')).toMatchObject([{ step: 'autoscaler/count/scale' }]);
    expect(planned.of('change.planned')[0]?.change.blastRadius).toContain(
      'HorizontalPodAutoscaler shop (between 2 and 5) may change 4 again as soon as the load asks for it',
    );
  });

  test('at a terminal is a choice; none is the end', async () => {
    const platform = withAutoscaler();
    const chosen = await runOn(scale, platform.workload, to(4), { prompts: person('limits', true) });
    expect([chosen.end.outcome.status, platform.done]).toEqual(['done', ['set limits for 4']]);
    const none = await runOn(scale, platform.workload, to(2), { prompts: person(false) });
    expect([none.end.outcome.status, platform.done]).toEqual(['declined', ['set limits for 4']]);
  });

  test.for([
    [4, 'limits', 'with 4 as its minimum'],
    [2, 'count', 'with 2 as its maximum it could not'],
    [7, 'limits', 'it would change 7 back at once'],
    [1, 'limits', 'it would change 1 back at once'],
    [0, 'count', 'no limit of it can be 0'],
  ] as const)('from 3 to %i the advice is %s: %s', async ([count, way, because]) => {
    const { of } = await run(withAutoscaler(), count, { ...answer('count'), settings: 'scaling: { min: 0 }' });
    expect(of('answer')[0]?.advice).toMatch(new RegExp(`^${way}: .*${because}`));
  });

  test('that wakes at 0 is not said to sleep there', async () => {
    const platform = withAutoscaler();
    platform.autoscaler = { ...hpa, name: 'ScaledObject shop', wakesAtZero: true };
    const { of } = await run(platform, 0, { ...answer('count'), settings: 'scaling: { min: 0 }' });
    const change = 'ScaledObject shop keeps between 2 and 5: it would change 0 back at once';
    expect(of('answer')[0]?.advice).toContain(change);
    expect(of('change.planned')[0]?.change.blastRadius).toContain(change);
  });

  test.for(['limits', 'count'])('the floor holds for the way by %s', async (way) => {
    const platform = withAutoscaler();
    const { end } = await run(platform, 1, { ...answer(way), settings: 'scaling: { min: 2 }' });
    expect([end.outcome.status, platform.done]).toEqual(['refused', []]);
    expect(end.outcome.summary).toContain('1 instances would be below the floor of 2');
  });

  test('outside the off-peak hours and by more than half: both ways ask for more', async () => {
    const settings = 'scaling: { offPeak: { from: "01:00", to: "02:00", timeZone: Etc/UTC } }';
    for (const way of ['limits', 'count']) {
      const { of } = await run(withAutoscaler(), 1, { ...answer(way), settings });
      expect(of('change.planned')[0]).toMatchObject({
        tier: 'destructive',
        change: { raises: [expect.stringContaining('off-peak'), 'takes away 2 of 3 instances at once'] },
      });
    }
  });

  test('that is not active is no question', async () => {
    const platform = withAutoscaler({ active: false });
    expect((await run(platform, 4)).end.outcome.status).toBe('done');
    expect(platform.done).toEqual(['scale to 4']);
  });

  test('that cannot be seen is said, also where it is confirmed, and keeps nobody from scaling', async () => {
    const platform = newPlatform();
    platform.hidden = 'no right to list horizontalpodautoscalers';
    const { end, of } = await run(platform, 4);
    expect([end.outcome.status, platform.done]).toEqual(['done', ['scale to 4']]);
    expect(end.outcome.summary).toContain('Not seen: cannot see: no right to list horizontalpodautoscalers.');
    expect(of('change.planned')[0]?.change.blastRadius).toContain(
      'cannot see whether an autoscaler would change it back',
    );
  });

  test('was asked about: a resumed session goes on in the same way', async () => {
    const platform = withAutoscaler();
    const first = await run(platform, 4, answer('limits'));
    const cut = first.events.slice(0, first.events.findIndex(({ type }) => type === 'change.planned') + 1);
    const again = withAutoscaler();
    const { end } = await run(again, 4, { history: cut });
    expect([end.outcome.status, again.done]).toEqual(['done', ['set limits for 4']]);
  });
});

const watched = (platform: Platform, options: Options = answer('count')) =>
  runOn(scale, platform.workload, { ...to(2), watch: true }, options);

describe('a count that changes while it is decided on', () => {
  test.for(['limits', 'count'])('is not the one that was decided on: by %s', async (way) => {
    const platform = withAutoscaler({ max: 9 });
    platform.onLook = () => {
      if (platform.looks.length > 1) platform.count = 8;
    };
    const expectCount = <Input extends { readonly to: number; readonly expected: number }>(
      operation: Operation<Input>,
    ): Operation<Input> => ({
      ...operation,
      plan: async (input, call) => {
        requireExpectedCount('shop', { present: platform.count, expected: input.expected }, undefined);
        return operation.plan(input, call);
      },
    });
    const { workload } = platform;
    if (!workload.autoscaling) throw new Error('the platform has one');
    const strict = {
      ...workload,
      scale: expectCount(workload.scale),
      autoscaling: { ...workload.autoscaling, setLimits: expectCount(workload.autoscaling.setLimits) },
    };
    // Of 3 it would be two more, of 8 three fewer.
    const up = { wanted: { direction: 'up' as const, amount: 2, percent: false }, watch: false };
    const { end } = await runOn(scale, strict, up, answer(way));
    expect([end.outcome.status, platform.done]).toEqual(['refused', []]);
    expect(end.outcome.summary).toContain('shop has 8 instances now, not 3');
  });
});

describe('the watch after scaling down', () => {
  test('names the autoscaler that changes the number back', async () => {
    const platform = withAutoscaler();
    // Four looks: the limits, the plan, after the change, the first sample.
    platform.onLook = () => {
      if (platform.looks.length > 4) platform.count = 4;
    };
    const { end } = await watched(platform);
    expect(end.outcome).toMatchObject({ status: 'failed' });
    expect(end.outcome.summary).toContain(
      '4 instances are running, not 2: HorizontalPodAutoscaler shop has changed the count to 4',
    );
  });

  test('lets an autoscaler whose limits were changed go its own way below', async () => {
    const platform = withAutoscaler({ min: 1 });
    platform.onLook = () => {
      if (platform.looks.length > 4) platform.count = 1;
    };
    const { end } = await watched(platform, answer('limits'));
    expect(end.outcome.status).toBe('done');
  });

  test('compares with before the change: an instance that the platform started again is noticed at the first look', async () => {
    const platform = newPlatform();
    platform.onLook = () => {
      if (platform.looks.length > 3) platform.restarts = 1;
    };
    const { end } = await watched(platform);
    expect(end.outcome.summary).toContain('shop-1, shop-2 restarted by itself');
  });

  test('what was unhealthy before stays a warning', async () => {
    const platform = newPlatform();
    platform.health = 'critical';
    const { end, of } = await watched(platform);
    expect(end.outcome.status).toBe('done');
    expect(of('step.result').find(({ step }) => step === 'watch')?.finding).toMatchObject({
      verdict: 'warn',
      summary: 'shop-1, shop-2 not healthy',
    });
  });

  test('notices health that comes and goes', async () => {
    const platform = newPlatform();
    platform.onLook = () => void (platform.health = platform.looks.length % 2 === 0 ? 'critical' : 'ok');
    const { of } = await watched(platform);
    expect(of('step.result').find(({ step }) => step === 'watch')?.finding?.summary).toMatch(
      /health came and went \d+ times/,
    );
  });
});
