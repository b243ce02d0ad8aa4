import { describe, expect, test } from 'vitest';
import { scheduleRestarts, unscheduleRestarts } from '../../src/sections/restart/schedule/schedule.ts';
import { restartSchedules } from '../../src/sections/restart/schedule/schedules.ts';
import { restartStatus } from '../../src/sections/restart/status.ts';
import { bare, newPlatform } from './platform.ts';
import { runOn } from './rig.ts';

describe('rb restart status', () => {
  test('is one screen in a fixed order; what may not be seen is said, and hides nothing else', async () => {
    const { of, end } = await runOn(restartStatus, newPlatform().workload, {});
    expect(of('step.result').map(({ step, finding }) => [step, finding?.summary])).toEqual([
      ['status/instances', '3 of 3 instances healthy'],
      ['status/rollout', 'complete'],
      ['status/autoscaler', 'none'],
      ['status/events', 'cannot see: no right to list events'],
      ['status/revisions', 'revision 7, 2 h ago'],
    ]);
    expect(end.outcome.status).toBe('unseen');
  });

  test('of a platform that tells no more shows the instances', async () => {
    const { of } = await runOn(restartStatus, bare(newPlatform()), {});
    const shown = of('step.result').filter(({ result }) => result !== 'skipped');
    expect(shown.map(({ step }) => step)).toEqual(['status/instances']);
  });

  test('a rollout that failed is critical, and the way back is named', async () => {
    const platform = newPlatform();
    platform.rollout = { verdict: 'critical', summary: 'failed: shop-7 cannot pull its image' };
    const { end } = await runOn(restartStatus, platform.workload, {});
    expect(end.outcome).toMatchObject({ status: 'critical', summary: 'failed: shop-7 cannot pull its image.' });
    expect(end.outcome.next).toContain('rb restart undo');
  });

  test('instances that are down suggest a restart', async () => {
    const platform = newPlatform();
    platform.health = 'critical';
    const { end } = await runOn(restartStatus, platform.workload, {});
    expect(end.outcome).toMatchObject({ status: 'critical', next: ['rb restart --rolling', 'rb health'] });
  });
});

describe('restarts at fixed times', () => {
  const sixHours = 6 * 3_600_000;

  test('are the platform’s: it is told the interval, after a confirmation', async () => {
    const platform = newPlatform();
    const asked = await runOn(scheduleRestarts, platform.workload, { everyMs: sixHours }, { flags: { yes: false } });
    expect([asked.end.outcome.status, platform.done]).toEqual(['usage', []]);
    const { end, of } = await runOn(scheduleRestarts, platform.workload, { everyMs: sixHours });
    expect(platform.done).toEqual(['restart every 21600000 ms']);
    expect(of('change.planned')).toMatchObject([{ tier: 'disruptive' }]);
    expect(end.outcome.summary).toContain('Every 6 h from now on: done.');
  });

  test('are taken away with a mild confirmation', async () => {
    const platform = newPlatform();
    const { of } = await runOn(unscheduleRestarts, platform.workload, {});
    expect([of('change.planned')[0]?.tier, platform.done]).toEqual(['mild', ['remove the schedule']]);
  });

  test('are listed with what became of the last one; one that is suspended is a warning', async () => {
    const platform = newPlatform();
    const none = await runOn(restartSchedules, platform.workload, {});
    expect(none.end.outcome.summary).toBe('no restarts are scheduled.');
    platform.schedules = [
      { id: 'rb-shop', expression: '0 */6 * * *', suspended: false, lastResult: 'skipped: a rollout was active' },
      { id: 'rb-old', expression: '0 * * * *', suspended: true },
    ];
    const { of } = await runOn(restartSchedules, platform.workload, {});
    const finding = of('step.result')[0]?.finding;
    expect([finding?.verdict, finding?.summary]).toEqual(['warn', 'rb-old: suspended, it does not run; 2 schedules']);
    expect(finding?.evidence?.rows[1]).toEqual([
      'rb-shop',
      '0 */6 * * *',
      'active',
      null,
      'skipped: a rollout was active',
    ]);
  });

  test.for([
    ['set', (workload: ReturnType<typeof bare>) => runOn(scheduleRestarts, workload, { everyMs: sixHours })],
    ['listed', (workload: ReturnType<typeof bare>) => runOn(restartSchedules, workload, {})],
    ['taken away', (workload: ReturnType<typeof bare>) => runOn(unscheduleRestarts, workload, {})],
  ] as const)('cannot be %s where the platform keeps no time: a usage error with a timer to copy', async ([, run]) => {
    const { end } = await run(bare(newPlatform()));
    expect(end.outcome.status).toBe('usage');
    expect(end.outcome.summary).toContain('OnUnitActiveSec=6h');
    expect(end.outcome.summary).toContain('restart --rolling --yes');
  });
});
