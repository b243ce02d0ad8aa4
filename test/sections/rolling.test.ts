import { describe, expect, test } from 'vitest';
import { rollingRestart } from '../../src/sections/restart/rolling.ts';
import { undoRestart } from '../../src/sections/restart/roll-back/undo.ts';
import { person } from '../engine/rig.ts';
import { bare, newPlatform } from './platform.ts';
import { runOn } from './rig.ts';

const results = (events: readonly { readonly step: string; readonly result: string }[]) =>
  events.filter(({ result }) => result !== 'skipped').map(({ step, result }) => `${step} ${result}`);

describe('a rolling restart on a platform that rolls by itself', () => {
  test('is waited for; the looks before and after only count the instances', async () => {
    const platform = newPlatform();
    const { end, of } = await runOn(rollingRestart, platform.workload, { batch: 1 });
    expect(end.outcome).toMatchObject({ status: 'done' });
    expect(end.outcome.summary).toContain('3 of 3 instances healthy');
    expect(results(of('step.result'))).toEqual(['before ok', 'restart/shop ok', 'restart ok', 'after ok', 'errors ok']);
    expect(platform.looks).toEqual(['brief', 'brief']);
  });

  test('--no-wait ends when the platform has taken it: no look, no log, and it says how to go on', async () => {
    const platform = newPlatform();
    platform.restarted = { verdict: 'critical', summary: 'never asked for' };
    const { end, of } = await runOn(rollingRestart, platform.workload, { batch: 1, wait: false });
    expect(end.outcome).toMatchObject({
      status: 'done',
      summary: 'Rolling restart begun: the platform rolls shop. How it goes: rb restart status.',
    });
    expect(results(of('step.result'))).toEqual(['restart/shop ok', 'restart ok']);
    expect([platform.done, platform.looks]).toEqual([['restart shop'], []]);
  });

  test('--no-wait that was killed after the intent is settled by asking whether the platform has taken it', async () => {
    const platform = newPlatform();
    const first = await runOn(rollingRestart, platform.workload, { batch: 1, wait: false });
    const cut = first.events.slice(0, first.events.findIndex(({ type }) => type === 'step.intent') + 1);
    const { end } = await runOn(rollingRestart, platform.workload, { batch: 1, wait: false }, { history: cut });
    expect(end.outcome.status).toBe('done');
    expect(platform.done).toEqual(['restart shop']);
  });

  test('--no-wait is refused before anything where rb itself goes from instance to instance', async () => {
    const platform = newPlatform();
    const { end, of } = await runOn(rollingRestart, bare(platform), { batch: 1, wait: false });
    expect(end.outcome).toMatchObject({ status: 'usage', next: ['rb restart --rolling'] });
    expect(end.outcome.summary).toContain('--no-wait would stop half-way');
    expect([platform.done, of('change.planned')]).toEqual([[], []]);
  });
});

const failing = () => {
  const platform = newPlatform();
  platform.restarted = { verdict: 'critical', summary: 'shop-7 crashes: exit code 1' };
  platform.health = 'critical';
  return platform;
};

describe('a rolling restart that fails', () => {
  test('offers at a terminal what ran before, and says what is left', async () => {
    const platform = failing();
    const prompts = person(true, true);
    const { end, of } = await runOn(rollingRestart, platform.workload, { batch: 1 }, { prompts });
    expect(prompts.asked[1]).toContain('roll back to the one before');
    expect(platform.done).toEqual(['restart shop', 'roll back to the one before']);
    expect(end.outcome.status).toBe('failed');
    expect(end.outcome.summary).toContain('It was taken back: Roll back to the previous version.');
    expect(end.outcome.summary).toContain('Instances now: 3 down');
    expect(end.outcome.next).toEqual(['rb restart status']);
    expect(of('change.planned').at(-1)?.change.difference).toEqual(['- image: shop:1.5', '+ image: shop:1.4']);
  });

  test('names it in a script, and does not do it', async () => {
    const platform = failing();
    const { end } = await runOn(rollingRestart, platform.workload, { batch: 1 });
    expect(end.outcome.next).toEqual([
      'rb restart status',
      'rb restart undo   (roll back to the previous version)',
      'rb restart --emergency   (stops everything; only if nothing else helps)',
    ]);
    expect(platform.done).toEqual(['restart shop']);
  });

  test('offers nothing where the workload knows no way back', async () => {
    const platform = failing();
    const { rollback: _, ...workload } = platform.workload;
    const { end } = await runOn(rollingRestart, workload, { batch: 1 }, { prompts: person(true) });
    expect(end.outcome.status).toBe('failed');
  });
});

const revision = (number: number, version: string, present = false) => ({
  revision: number,
  present,
  at: null,
  version,
  cause: 'a deployment',
});

const restartedBadVersion = () => {
  const platform = newPlatform();
  platform.versions = ['1.5', '1.4', '1.4'];
  platform.healthOf = (version) => (version === '1.5' ? 'critical' : 'ok');
  platform.revisions = [revision(7, '1.5', true), revision(6, '1.5'), revision(5, '1.4'), revision(4, '1.4')];
  return platform;
};

describe('the way back from a bad version that was restarted', () => {
  test('is the newest revision of the version that serves, and not the same bad one', async () => {
    const platform = restartedBadVersion();
    const { of } = await runOn(undoRestart, platform.workload, {});
    expect(platform.done).toEqual(['roll back to 5']);
    expect(of('change.planned')[0]?.change.blastRadius).toContain('revision 5: version 1.4 is the one that serves');
  });

  test('is the revision before where that version serves as well, and where nothing serves', async () => {
    const platform = restartedBadVersion();
    platform.healthOf = () => 'ok';
    await runOn(undoRestart, platform.workload, {});
    platform.healthOf = () => 'critical';
    await runOn(undoRestart, platform.workload, {});
    expect(platform.done).toEqual(['roll back to the one before', 'roll back to the one before']);
  });

  test('is what is named, where one is named', async () => {
    const platform = restartedBadVersion();
    await runOn(undoRestart, platform.workload, { revision: '6' });
    expect(platform.done).toEqual(['roll back to 6']);
  });
});

test('rb restart undo goes to the revision that is named, or the one before', async () => {
  const platform = newPlatform();
  await runOn(undoRestart, platform.workload, { revision: '5' });
  const { end } = await runOn(undoRestart, platform.workload, {});
  expect(platform.done).toEqual(['roll back to 5', 'roll back to the one before']);
  expect(end.outcome.summary).toBe('Rolled back. 3 of 3 instances healthy.');
  const none = await runOn(undoRestart, platform.workload, { revision: '99' });
  expect(none.end.outcome).toMatchObject({ status: 'usage', summary: 'There is no revision 99. Nothing was done.' });
});
