import { describe, expect, test } from 'vitest';
import { rateOf, scheduleName } from '../../../../src/providers/workload/ecs/schedule/schedule-words.ts';
import type { Workload } from '../../../../src/providers/workload/port.ts';
import { startScriptedAws } from '../../../rigs/aws/scripted.ts';
import { carriedOut } from '../call.ts';
import { callIn, openFor, scenario } from './ecs-rig.ts';

const scheduleRole = 'arn:aws:iam::111122223333:role/rb-restart';
const hour = 3_600_000;
const schedulingOf = ({ scheduling }: Workload) => {
  if (!scheduling) throw new Error('ECS has schedules');
  return scheduling;
};

interface Odd {
  readonly State?: 'DISABLED';
  readonly role?: string;
  readonly Input?: string;
}

describe('scheduled restarts of a scripted ECS service, by EventBridge Scheduler', () => {
  test('made, listed, carried out, replaced, removed', async () => {
    await using aws = await startScriptedAws(scenario());
    const scheduling = schedulingOf(openFor(aws, { scheduleRole }));
    const call = callIn(aws);
    expect(await scheduling.list(call)).toEqual([]);

    const first = await scheduling.add.plan({ everyMs: 6 * hour }, call);
    expect(await carriedOut(scheduling.add, first, call)).toMatchObject({ verdict: 'ok' });
    const [schedule] = await scheduling.list(call);
    expect(schedule).toEqual({
      id: expect.stringMatching(/^rb-restart-prod-checkout-/) as string,
      expression: 'rate(6 hours)',
      suspended: false,
    });

    aws.fireSchedule(schedule?.id ?? '');
    expect(aws.service('checkout').describe().deployments).toHaveLength(2);

    const second = await scheduling.add.plan({ everyMs: 24 * hour }, call);
    expect(second.summary).toBe('restart checkout again and again: rate(1 day), in place of rate(6 hours)');
    await scheduling.add.apply(second, call);
    expect(await scheduling.list(call)).toMatchObject([{ expression: 'rate(1 day)' }]);

    const gone = await scheduling.remove.plan({}, call);
    expect(await carriedOut(scheduling.remove, gone, call)).toMatchObject({ verdict: 'ok' });
    expect(await scheduling.list(call)).toEqual([]);
    await expect(scheduling.remove.plan({}, call)).rejects.toMatchObject({ kind: 'refused' });
  });

  test.each([
    ['switched off', { State: 'DISABLED' as const }, 'it is DISABLED'],
    [
      'of another role',
      { role: 'arn:aws:iam::111122223333:role/gone' },
      'its role is arn:aws:iam::111122223333:role/gone',
    ],
    ['of another service', { Input: '{"Cluster":"prod","Service":"other"}' }, 'it does not restart checkout'],
  ])(
    'one of the same interval that is %s is not the one that was planned',
    async (_, { role, Input, State }: Odd, why) => {
      await using aws = await startScriptedAws(scenario());
      const call = callIn(aws);
      const before = schedulingOf(openFor(aws, { scheduleRole: role ?? scheduleRole }));
      await before.add.apply(await before.add.plan({ everyMs: 6 * hour }, call), call);
      const [made] = aws.schedules();
      if (!made?.Target) throw new Error('there is a schedule');
      Object.assign(made, State === undefined ? {} : { State });
      Object.assign(made.Target, Input === undefined ? {} : { Input });
      const scheduling = schedulingOf(openFor(aws, { scheduleRole }));
      const change = await scheduling.add.plan({ everyMs: 6 * hour }, call);
      // The process was killed before it sent anything.
      expect(await scheduling.add.verify(change, call)).toMatchObject({
        verdict: 'critical',
        summary: expect.stringContaining(`is not as planned: ${why}`) as string,
      });
      expect(await carriedOut(scheduling.add, change, call)).toMatchObject({ verdict: 'ok' });
    },
  );

  test('the first restart comes after the interval, not at once', async () => {
    await using aws = await startScriptedAws(scenario());
    const scheduling = schedulingOf(openFor(aws, { scheduleRole }));
    const call = callIn(aws);
    const change = await scheduling.add.plan({ everyMs: 6 * hour }, call);
    await scheduling.add.apply(change, call);
    const [made] = aws.schedules();
    expect(Math.abs((made?.StartDate?.getTime() ?? 0) - aws.clock.now().getTime() - 6 * hour)).toBeLessThan(1000);
    expect(made).toMatchObject({ FlexibleTimeWindow: { Mode: 'OFF' }, Target: { RoleArn: scheduleRole } });
  });

  test('without a role: which line to add', async () => {
    await using aws = await startScriptedAws(scenario());
    await expect(schedulingOf(openFor(aws)).add.plan({ everyMs: 6 * hour }, callIn(aws))).rejects.toMatchObject({
      kind: 'usage',
      next: [expect.stringContaining('restart: { schedule: { role: "arn:aws:iam::'), expect.any(String)],
    });
    await expect(
      schedulingOf(openFor(aws, { scheduleRole: 'rb-restart' })).add.plan({ everyMs: 6 * hour }, callIn(aws)),
    ).rejects.toMatchObject({ kind: 'usage' });
  });

  test.each([
    [60_000, 'rate(1 minute)'],
    [90 * 60_000, 'rate(90 minutes)'],
    [hour, 'rate(1 hour)'],
    [36 * hour, 'rate(36 hours)'],
    [48 * hour, 'rate(2 days)'],
  ])('%i ms is %s', (ms, expression) => {
    expect(rateOf(ms)).toBe(expression);
  });

  test.each([0, 30_000, 90_000, -hour, 1.5])('%d ms cannot be expressed', (ms) => {
    expect(() => rateOf(ms)).toThrow('whole minutes');
  });

  test('two services never share a name, and every name fits', () => {
    expect(scheduleName('a-b', 'c')).not.toBe(scheduleName('a', 'b-c'));
    const long = scheduleName('c'.repeat(200), 's'.repeat(200));
    expect(long).toMatch(/^[0-9a-zA-Z-_.]{1,64}$/);
  });
});
