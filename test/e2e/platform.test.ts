import { describe, expect, test } from 'vitest';
import { setting, useStage } from './stage.ts';
import { ofType, trail } from './trail.ts';

// What only a platform can do, on a workload of commands, which has none behind it.

const stage = useStage();

/** Nothing was restarted, nothing was asked, and the reason was given. */
const refuses = async (line: string, reason: string | RegExp) => {
  const operator = stage.operator();
  const before = await stage.untouched();
  const run = await operator.run(line);
  expect([run.code, run.stderr]).toEqual([2, expect.stringMatching(reason)]);
  expect(await stage.untouched()).toEqual(before);
  return { operator, ...run };
};

describe('a workload of commands', () => {
  test.for(['restart --rolling --no-wait --yes', 'restart --rolling --no-wait --dry-run'])(
    '%s: rb is what goes on, so it cannot end before',
    async (line) => {
      await refuses(
        line ?? '',
        /rb itself takes the instances of this workload one after another; --no-wait would stop/,
      );
    },
  );

  test.for(['restart --every 6h --yes', 'restart --unschedule --yes', 'restart schedules'])(
    '%s: there is a systemd timer to copy',
    async (line) => {
      const { stderr } = await refuses(line, /rb keeps no timer of its own/);
      expect(stderr).toContain('OnUnitActiveSec=6h');
      expect(stderr).toContain('ExecStart=rb -c /etc/runbook.config.yaml restart --rolling --yes');
    },
  );

  test('restart undo --to-revision: the command goes back to the version before and takes none', async () => {
    const { operator } = await refuses('restart undo --to-revision 3 --yes', /it takes no revision/);
    expect(ofType(await trail(operator), 'step.intent')).toEqual([]);
  });

  test('has no autoscaler to ask about: rb scale asks nothing', async () => {
    const { steps } = (await stage.operator().run('scale up --dry-run -o json')).json() as {
      readonly steps: readonly { readonly id: string; readonly result: string }[];
    };
    expect(steps.find(({ id }) => id === 'autoscaler')).toMatchObject({ result: 'skipped' });
    expect(steps.some(({ id }) => id === 'scale')).toBe(true);
  });
});

describe('ways of restarting', () => {
  test.for([
    ['restart --every 6h --rolling', 'exclude one another'],
    ['restart --every 6h --unschedule', 'exclude one another'],
    ['restart --unschedule --emergency', 'exclude one another'],
    ['restart --emergency --no-wait', '--no-wait belongs to --rolling'],
    ['restart --no-wait', 'Say what to restart'],
    ['restart --instance checkout-1 --batch 2', '--batch belongs to --rolling'],
    ['restart --every 6', '--every: expected a duration such as 30s, 5m, 6h, 7d or 1h30m, found "6"'],
    ['restart --every 0h', 'it must be longer than nothing'],
    ['restart --every=-6h', '--every: expected a duration'],
  ])('rb %s: %s', async ([line = '', why = '']) => {
    const { code, stderr } = await stage.operator().run(line);
    expect([code, stderr]).toEqual([2, expect.stringContaining(why)]);
  });

  test('a log source of a later version does not make a restart fail: it is said that it cannot be seen', async () => {
    const operator = stage.operator(
      setting('logs', { provider: 'loki', url: 'http://127.0.0.1:1', selector: '{a="b"}' }),
    );
    const run = await operator.run('restart --rolling --yes');
    expect(run.code).toBe(0);
    expect(run.stderr).toContain('cannot see: logs.provider loki is not available in this version of rb');
    expect(run.stderr).toMatch(/Rolling restart done in .* Not seen: cannot see: logs\.provider loki/);
  });
});
