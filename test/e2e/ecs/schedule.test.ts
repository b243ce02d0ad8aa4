import { describe, expect, test } from 'vitest';
import { play } from './stage.ts';

const role = 'arn:aws:iam::111122223333:role/restarts';
const lines = [`restart: { schedule: { role: "${role}" } }`];

describe.concurrent('rb restart --every against the scripted peer', () => {
  test('makes a schedule of EventBridge Scheduler that restarts it; schedules lists it; --unschedule takes it away', async () => {
    await using played = await play();
    const operator = played.operator({ lines });
    const asked = await operator.run('restart --every 6h');
    expect([asked.code, asked.stderr]).toEqual([2, expect.stringContaining('pass --yes')]);
    const made = await operator.run('restart --every 6h --yes');
    expect([made.code, made.stderr]).toEqual([0, expect.stringContaining('Every 6 h from now on')]);
    const [schedule, ...more] = played.aws.schedules();
    expect(more).toEqual([]);
    expect(schedule).toMatchObject({ ScheduleExpression: 'rate(6 hours)', Target: { RoleArn: role } });

    const [deployment] = played.service.describe().deployments ?? [];
    played.aws.fireSchedule(schedule?.Name ?? '');
    expect(played.service.describe().deployments?.[0]?.id).not.toBe(deployment?.id);

    expect((await operator.run('restart --every 12h --yes')).code).toBe(0);
    const listed = (await operator.run('restart schedules -o json')).json() as {
      readonly steps: readonly { readonly finding: { readonly data: unknown } }[];
    };
    expect(listed.steps[0]?.finding.data).toMatchObject({
      schedules: [{ id: schedule?.Name, expression: 'rate(12 hours)', suspended: false }],
    });

    const removed = await operator.run('restart --unschedule --yes');
    expect([removed.code, played.aws.schedules()]).toEqual([0, []]);
    expect((await operator.run('restart schedules')).stdout).toContain('no restarts are scheduled');
    const again = await operator.run('restart --unschedule --yes');
    expect([again.code, again.stderr]).toEqual([3, expect.stringContaining('not restarted by a schedule')]);
  });

  test('without the role that EventBridge Scheduler takes on it says what to add', async () => {
    await using played = await play();
    const { code, stderr } = await played.operator().run('restart --every 6h --yes');
    expect([code, stderr]).toEqual([2, expect.stringContaining('restart: { schedule: { role:')]);
  });
});
