import { afterEach, describe, expect, test } from 'vitest';
import { useStage } from './stage.ts';
import { ofType, outcome, results, trail } from './trail.ts';

const stage = useStage();
afterEach(() => stage.heal());

describe('an instance that does not come back', () => {
  test.for([
    ['unhealthy', /checkout-2 came back unhealthy: .*503/],
    ['crash', /checkout-2 (?:did not come back|came back unhealthy)/],
  ] as const)('%s: the rollout stops there, the others go on serving', async ([failure, reason]) => {
    const operator = stage.operator();
    await stage.control(`fail checkout-2 ${failure}`);
    const [, , untouched] = await stage.instances();
    const known = stage.restarted().length;
    const { result, load } = await stage.underLoad(() => operator.run('restart --rolling --yes'));

    expect(result.code).toBe(1);
    expect(result.stderr).toMatch(reason);
    expect(result.stderr).toMatch(/not done:\s+Restart checkout-2/);
    expect(result.stderr).toContain('Restart checkout-3');
    expect(result.stderr).toContain('rb restart --instance checkout-2');
    expect(result.stderr).toContain('rb restart --emergency');
    expect(stage.restarted(known)).toEqual(['checkout-1', 'checkout-2']);
    expect((await stage.instances())[2]).toEqual(untouched);
    expect(load.requests).toBeGreaterThan(0);
    expect([load.failed, [...load.reasons]]).toEqual([0, []]);

    const events = await trail(operator);
    expect(results(events)).toContain('restart/checkout-1 ok');
    expect(results(events)).toContain('restart/checkout-2 failed');
    expect(ofType(events, 'step.intent').map(({ step }) => step)).toEqual(['restart/checkout-1', 'restart/checkout-2']);
    expect(outcome(events)).toBe('failed');
    const report = await operator.run('audit report');
    expect(report.stdout).toMatch(/checkout-2/);
    expect(report.stdout).toMatch(/checkout-3/);
    const html = await operator.run('audit report --html');
    expect(html.stdout).toContain('checkout-2');

    // The suggestion works as it is written. The instance is not healthy, so --yes is enough.
    await stage.control('heal checkout-2');
    const again = await operator.run(['restart', '--instance', 'checkout-2', '--yes', '--confirm', 'checkout/sandbox']);
    expect(again.code, again.all).toBe(0);
  });

  test('the batch that fails is suggested as what can be typed', async () => {
    const operator = stage.operator();
    await stage.control('fail checkout-2 unhealthy');
    const { code, stderr } = await operator.run('restart --rolling --batch 2 --yes');
    expect(code).toBe(1);
    expect(stderr).toContain('checkout-2 came back unhealthy');
    const suggested = [...stderr.matchAll(/rb restart --instance (\S+)/g)].map(([, id]) => id);
    const known = (await stage.instances()).map(({ id }) => id);
    expect(suggested.filter((id) => id === undefined || !known.includes(id))).toEqual([]);
  });

  test('the next rollout begins with what is not healthy', async () => {
    const operator = stage.operator();
    await stage.control('fail checkout-3 unhealthy --now');
    const known = stage.restarted().length;
    await stage.control('heal checkout-3');
    await stage.control('fail checkout-3 unhealthy --now');
    const { code } = await operator.run('restart --rolling --yes');
    // Told to stay unhealthy, it fails at once: nobody else is touched.
    expect([code, stage.restarted(known)]).toEqual([1, ['checkout-3']]);
    expect(results(await trail(operator))).toContain('restart/checkout-3 failed');
  });

  test('with all instances unhealthy an emergency restart says that it failed', async () => {
    const operator = stage.operator();
    for (const id of ['checkout-1', 'checkout-2', 'checkout-3']) await stage.control(`fail ${id} unhealthy`);
    const { code, stderr } = await operator.run('restart --emergency --confirm checkout/sandbox');
    expect([code, stderr]).toEqual([1, expect.stringContaining('unhealthy')]);
    expect(outcome(await trail(operator))).toBe('failed');
    expect((await stage.instances()).map(({ state }) => state)).toEqual(['running', 'running', 'running']);
  });
});

test('errors in the logs since the restart are shown, and are a warning only', async () => {
  const operator = stage.operator();
  await stage.control('fail checkout-1 errors');
  const { result } = await stage.underLoad(() => operator.run('restart --rolling --yes'));
  expect(result.code).toBe(0);
  expect(result.stderr).toMatch(/\d+ errors in the logs since the restart/);
});
