import { describe, expect, test } from 'vitest';
import { ofType, trail } from '../trail.ts';
import { playFaster } from './stage.ts';
import type { Played } from './stage.ts';

/** Six seconds, a look every 0.6 seconds. */
const lines = ['scaling: { min: 2, max: 8, watchMinutes: 0.1 }'];
const confirm = '--confirm checkout/staging';
const scaled = () => playFaster({}, { scalableTargets: [{ service: 'checkout', min: 2, max: 5 }] });
const limits = ({ service }: Played) => {
  const { MinCapacity, MaxCapacity } = service.scalableTarget() ?? {};
  return [MinCapacity, MaxCapacity];
};
const desired = ({ service }: Played) => service.describe().desiredCount;

describe.concurrent('rb scale against the scripted peer', () => {
  test('up, in percent, to the number that there is, and down with the watch', async () => {
    await using played = await playFaster();
    const operator = played.operator({ lines });
    for (const [line, count] of [
      ['scale up', 4],
      ['scale up 50%', 6],
      ['scale to 6', 6],
      ['scale down', 5],
    ] as const) {
      const { code, stderr } = await operator.run(`${line} --yes`);
      expect([line, code, desired(played)], stderr).toEqual([line, 0, count]);
      if (line === 'scale down')
        expect(stderr).toMatch(/6 -> 5 instances in .*; stable with 5 instances over \d+ samples/);
    }
  });

  test.for([
    ['scale down 2', 'below the floor of 2'],
    ['scale down 99', 'below the floor of 2'],
    ['scale down 100%', 'below the floor of 2'],
    ['scale to 0', 'below the floor of 2'],
    ['scale to 9', 'above the ceiling of 8'],
  ])('rb %s: %s, exit code 3', async ([line = '', why = '']) => {
    await using played = await playFaster();
    const { code, stderr } = await played.operator({ lines }).run(`${line} --yes ${confirm}`);
    expect([code, stderr, desired(played)]).toEqual([3, expect.stringContaining(why), 3]);
    expect(played.aws.calls.get('UpdateService')).toBeUndefined();
  });
});

describe.concurrent('Application Auto Scaling in the way, against the scripted peer', () => {
  test('without an answer: exit code 2 and the flag; the dry run shows the advice and the ways; nothing is done', async () => {
    await using played = await scaled();
    const operator = played.operator({ lines });
    const { code, stderr } = await operator.run('scale to 7 --yes');
    expect([code, stderr]).toEqual([2, expect.stringContaining('pass --answer autoscaler=<limits|count>')]);
    expect(stderr).toContain('Application Auto Scaling sets the number of instances, between 2 and 5');
    const dry = await operator.run('scale to 7 --dry-run');
    expect([dry.code, dry.stderr]).toEqual([0, expect.stringContaining('it would change 7 back at once')]);
    expect(desired(played)).toBe(3);
  });

  test('its limits are moved, and the count with them', async () => {
    await using played = await scaled();
    const { code, stderr } = await played.operator({ lines }).run('scale to 7 --answer autoscaler=limits --yes');
    expect([code, stderr]).toEqual([0, expect.stringContaining('3 -> 7 instances')]);
    expect([desired(played), limits(played)]).toEqual([7, [7, 7]]);
  });

  test('the number is set all the same: the watch says that it was changed back', async () => {
    await using played = await scaled();
    // Longer than it takes: what is changed back ends it.
    const operator = played.operator({ lines: ['scaling: { min: 2, max: 8, watchMinutes: 10 }'] });
    const running = operator.start(`scale to 2 --answer autoscaler=count --yes ${confirm}`);
    await played.until((service) => service.describe().desiredCount === 2);
    // Not before the watch: what is changed back sooner is another finding.
    await running.writes('Instances after the change');
    played.service.alarm('out');
    const { code, stderr } = await running.ended;
    expect([code, stderr]).toEqual([1, expect.stringMatching(/Application Auto Scaling has changed the count to 3/)]);
    expect(ofType(await trail(operator), 'answer')).toMatchObject([{ answer: 'count', by: '--answer' }]);
  });

  test('one that may not be seen is a warning that names the action, and the number is changed', async () => {
    await using played = await playFaster();
    const message =
      'User: arn:aws:iam::1:user/ada is not authorized to perform: application-autoscaling:DescribeScalableTargets';
    played.aws.failNext('DescribeScalableTargets', { code: 'AccessDeniedException', message });
    const { code, stderr } = await played.operator({ lines }).run('scale up --yes');
    expect(stderr).toContain('Autoscaler');
    expect(stderr).toContain('application-autoscaling:DescribeScalableTargets');
    expect([code, desired(played)]).toEqual([0, 4]);
  });

  test('somebody changes the count while the question waits: exit code 3, and it is not overwritten', async () => {
    await using played = await playFaster();
    const session = played.operator({ lines }).session('scale to 5');
    await session.shows('Do it? [y/N]');
    played.service.scaleBehind(4);
    await session.answer('y\r');
    expect([await session.ended, desired(played)], session.screen()).toEqual([3, 4]);
  });
});
