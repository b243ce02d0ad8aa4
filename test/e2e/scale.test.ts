import { afterEach, describe, expect, test } from 'vitest';
import type { Operator } from './rig.ts';
import { keys } from './screen.ts';
import type { Session } from './screen.ts';
import { all, setting, useStage } from './stage.ts';
import { ofType, outcome, results, trail } from './trail.ts';

const stage = useStage();
afterEach(() => stage.heal());

/** The wall clock in UTC, so many hours from now. */
const hoursFromNow = (hours: number): string => new Date(Date.now() + hours * 3_600_000).toISOString().slice(11, 16);
const nowIsOffPeak = setting('scaling.offPeak', { from: hoursFromNow(-2), to: hoursFromNow(3), timeZone: 'Etc/UTC' });
const nowIsBusy = setting('scaling.offPeak', { from: hoursFromNow(5), to: hoursFromNow(7), timeZone: 'Etc/UTC' });
/** Six seconds, a look every 0.6 seconds. */
const watched = setting('scaling.watchMinutes', 0.1);
const quietHours = () => stage.operator(all(nowIsOffPeak, watched));
const count = async () => (await stage.instances()).length;

describe('rb scale status', () => {
  test('shows the instances, the limits and whether this is the time to take some away', async () => {
    const quiet = await quietHours().run('scale status');
    expect(quiet.code).toBe(0);
    expect(quiet.stdout).toContain('3 of 3 instances healthy');
    expect(quiet.stdout).toMatch(
      /between 2 and 6 instances; off-peak \d\d:\d\d-\d\d:\d\d Etc\/UTC, it is \d\d:\d\d: now/,
    );
    const busy = await stage.operator(nowIsBusy).run('scale status -o json');
    const { steps } = busy.json() as { steps: { id: string; finding: { data: unknown } }[] };
    expect(steps.find(({ id }) => id === 'limits')?.finding.data).toMatchObject({
      min: 2,
      max: 6,
      offPeak: { now: false },
    });
  });
});

describe('the floor and the ceiling hold for every way of asking: exit code 3', () => {
  test.for([
    ['scale to 1', 'below the floor of 2'],
    ['scale to 0', 'below the floor of 2'],
    ['scale to 0%', 'below the floor of 2'],
    ['scale down 2', 'below the floor of 2'],
    ['scale down 3', 'below the floor of 2'],
    ['scale down 99', 'below the floor of 2'],
    ['scale down 50%', 'below the floor of 2'],
    ['scale down 100%', 'below the floor of 2'],
    ['scale to 7', 'above the ceiling of 6'],
    ['scale up 4', 'above the ceiling of 6'],
    ['scale up 101%', 'above the ceiling of 6'],
    ['scale to 999999', 'above the ceiling of 6'],
  ] as const)('rb %s', async ([line, why]) => {
    const operator = quietHours();
    const runs = await Promise.all([
      operator.run(`${line} --yes --confirm checkout/sandbox`),
      operator.run(`${line} --dry-run`),
    ]);
    for (const run of runs) expect([run.code, run.stderr]).toEqual([3, expect.stringContaining(why)]);
    expect(await count()).toBe(3);
    expect(ofType(await trail(operator), 'step.intent')).toEqual([]);
  });
});

describe('rb scale', () => {
  test('up: relative, in percent, absolute; nothing is watched', async () => {
    const operator = quietHours();
    for (const [line, expected] of [
      ['up', 4],
      ['up 25%', 5],
      ['to 6', 6],
    ] as const) {
      const run = await operator.run(`scale ${line} --yes`);
      expect([line, run.code, await count()]).toEqual([line, 0, expected]);
      expect(run.stderr).toContain(`-> ${String(expected)} instances in`);
    }
    expect(results(await trail(operator))).toContain('watch skipped');
  });

  test('to the number that there is: nothing to do', async () => {
    const operator = quietHours();
    const before = await stage.untouched();
    const run = await operator.run('scale to 3');
    expect([run.code, run.stderr]).toEqual([0, expect.stringContaining('Nothing to do: 3 instances already.')]);
    expect(await stage.untouched()).toEqual(before);
  });

  test('down in the off-peak hours: one at a time is confirmed with y, and watched to the end; no client notices', async () => {
    const operator = stage.operator(all(nowIsOffPeak, setting('scaling.watchMinutes', 0.05)));
    const { result, load } = await stage.underLoad(() => operator.run('scale down', { answers: ['y'] }));
    expect(result.screen).toMatch(/3 -> 2 instances in .*; stable with 2 instances over \d+ samples/);
    expect([result.code, await count(), load.failed]).toEqual([0, 2, 0]);
    expect(ofType(await trail(operator), 'sample').length).toBeGreaterThan(1);
  });

  test('down outside the off-peak hours asks for more', async () => {
    const operator = stage.operator(nowIsBusy);
    const yes = await operator.run('scale down --yes');
    expect([yes.code, await count()]).toEqual([2, 3]);
    expect(yes.stderr).toContain('scaling down outside the off-peak hours');
    expect(yes.stderr).toContain('pass --confirm checkout/sandbox');
    const asked = await operator.run('scale down --no-watch', { answers: ['y'] });
    expect([asked.code, await count()]).toEqual([4, 3]);
    const confirmed = await operator.run('scale down --no-watch --confirm checkout/sandbox');
    expect([confirmed.code, await count()]).toEqual([0, 2]);
  });

  test('down by more than half at once asks for more', async () => {
    await stage.control('scale 5');
    const operator = quietHours();
    const yes = await operator.run('scale to 2 --yes');
    expect([yes.code, yes.stderr, await count()]).toEqual([
      2,
      expect.stringContaining('takes away 3 of 5 instances at once'),
      5,
    ]);
  });

  test('when somebody else changes the number between the question and the answer: exit code 3', async () => {
    const operator = quietHours();
    const session = operator.session('scale up');
    await session.shows('Do it? [y/N]');
    await stage.control('scale 5');
    await session.answer(`y${keys.enter}`);
    expect(await session.ended).toBe(3);
    expect(await count()).toBe(5);
  });

  test('a platform that does not do it: exit code 1', async () => {
    const operator = stage.operator(setting('workload.scale', ['false']));
    const run = await operator.run('scale up --yes');
    expect([run.code, run.stderr, await count()]).toEqual([1, expect.stringContaining('exit code 1'), 3]);
  });
});

/** Scales from four to three and returns when the watch has begun. */
const watching = async (): Promise<{ operator: Operator; session: Session }> => {
  await stage.control('scale 4');
  const operator = quietHours();
  const session = operator.session('scale down --yes');
  await session.shows('Watch the service');
  return { operator, session };
};

describe('the watch after scaling down', () => {
  test('notices an instance that is killed', async () => {
    const { operator, session } = await watching();
    const [, second] = await stage.instances();
    process.kill(second?.pid ?? 0, 'SIGKILL');
    expect(await session.ended).toBe(1);
    expect(session.screen()).toContain('2 instances are running, not 3');
    expect(outcome(await trail(operator))).toBe('failed');
  });

  test('notices that something else changes the number', async () => {
    const { session } = await watching();
    await stage.control('scale 5');
    expect(await session.ended).toBe(1);
    expect(session.screen()).toMatch(/5 instances are (running|asked for), not 3: something else changes the count/);
  });

  test('notices an instance that restarts by itself', async () => {
    const { session } = await watching();
    // The first look is what the later ones are compared with.
    await stage.control('restart checkout-2');
    await stage.control('restart checkout-2');
    expect(await session.ended).toBe(1);
    expect(session.screen()).toMatch(/checkout-2 restarted by itself|instances are running, not 3/);
  });

  test('notices an instance that stays unhealthy', async () => {
    const { session } = await watching();
    await stage.control('fail checkout-1 unhealthy --now');
    expect(await session.ended).toBe(1);
    expect(session.screen()).toContain('checkout-1 unhealthy 3 times in a row');
  });

  test('Ctrl-C ends the watch and not the change, and says so', async () => {
    const { operator, session } = await watching();
    session.type(keys.ctrlC);
    expect(await session.ended).toBe(130);
    expect(session.screen()).toContain('Only the watch has ended: the change stays as it is.');
    expect(session.screen()).toContain('rb resume');
    expect(await count()).toBe(3);
    const resumed = await operator.run('resume --yes');
    expect([resumed.code, resumed.stderr, await count()]).toEqual([0, expect.stringContaining('4 -> 3 instances'), 3]);
  });
});
