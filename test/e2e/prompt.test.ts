import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { keys } from './screen.ts';
import { setting, useStage } from './stage.ts';
import { ofType, outcome, trail } from './trail.ts';

/** However long a directory is, and wherever its line was broken. */
const unbroken = (text: string): string => text.replaceAll(/[\s│]/g, '');

const stage = useStage();
let before: unknown;
beforeAll(async () => {
  before = await stage.untouched();
});

// Nothing here may change anything, so all of it can happen at the same time.
describe.concurrent('at the question of a rolling restart', () => {
  test('the person sees what would happen, to what, how, and what the way back is', async ({ expect }) => {
    const session = stage.operator().session('restart --rolling');
    await session.shows('Do it? [y/N]');
    const screen = session.screen();
    expect(screen).toContain('│ checkout / sandbox');
    expect(screen).toMatch(/│ What +3 changes, one after another/);
    expect(screen).toMatch(/1\. restart checkout-1 \(version 1\.4\.2, up \d+ \w+\)/);
    expect(screen).toMatch(/│ Target +command: checkout/);
    expect(screen).toMatch(/│ Affects .*1 of 3 instances; 2 healthy ones go on serving/);
    expect(unbroken(screen)).toContain(unbroken(`--directory ${stage.sandbox.directory} restart checkout-1`));
    expect(screen).toMatch(/│ Undo +none: what an instance held in memory is gone/);
    expect(screen).toContain('disruptive (tier 2)');
    session.type(keys.ctrlC);
    await session.ended;
  });

  test.for(['n', '', 'yep', 'y e s'])(
    '%j declines: exit code 4, and the audit log says so',
    async (answer, { expect }) => {
      const operator = stage.operator();
      const { code, screen } = await operator.run('restart --rolling', { answers: [answer] });
      expect(code).toBe(4);
      expect(screen).toContain('Declined');
      const events = await trail(operator);
      expect(ofType(events, 'confirmation')).toMatchObject([{ decision: 'declined', by: 'prompt' }]);
      expect(ofType(events, 'step.intent')).toEqual([]);
      expect(outcome(events)).toBe('declined');
    },
  );

  test('what was typed while the program started does not answer it', async ({ expect }) => {
    const operator = stage.operator();
    const session = operator.session('restart --rolling');
    session.type('y\r');
    await session.shows('session 20');
    session.type('y\ryes\ry');
    await session.shows('Do it? [y/N]');
    await session.answer(keys.enter);
    expect(await session.ended).toBe(4);
    expect(outcome(await trail(operator))).toBe('declined');
  });

  test('the end of input refuses, even after a yes that was not sent', async ({ expect }) => {
    const operator = stage.operator();
    const session = operator.session('restart --rolling');
    await session.shows('Do it? [y/N]');
    await session.answer('y');
    await session.shows('Do it? [y/N] y');
    session.type(keys.ctrlD);
    expect(await session.ended).toBe(4);
    expect(session.screen()).toContain('End of input.');
    expect(outcome(await trail(operator))).toBe('declined');
  });

  test('Ctrl-C cancels: exit code 130', async ({ expect }) => {
    const operator = stage.operator();
    const session = operator.session('restart --rolling');
    await session.shows('Do it? [y/N]');
    session.type(keys.ctrlC);
    expect(await session.ended).toBe(130);
    expect(session.screen()).toContain('Nothing was changed.');
    const events = await trail(operator);
    expect(ofType(events, 'step.intent')).toEqual([]);
    expect(outcome(events)).toBe('interrupted');
  });

  test('a lost connection changes nothing, and the session is closed', async ({ expect }) => {
    const operator = stage.operator();
    const session = operator.session('restart --rolling');
    await session.shows('Do it? [y/N]');
    session.hangUp();
    await session.ended;
    const events = await trail(operator);
    expect(ofType(events, 'step.intent')).toEqual([]);
    expect(['declined', 'interrupted']).toContain(outcome(events));
  });

  test('a yes that was not sent does not count when the connection is lost', async ({ expect }) => {
    const operator = stage.operator();
    const session = operator.session('restart --rolling');
    await session.shows('Do it? [y/N]');
    await session.answer('y');
    await session.shows('Do it? [y/N] y');
    session.hangUp();
    await session.ended;
    expect(ofType(await trail(operator), 'step.intent')).toEqual([]);
  });
});

describe.concurrent('in a protected environment', () => {
  test.for(['y', 'yes', 'Checkout', 'checkout/sandbox', ''])(
    '%j is not the name of the service',
    async (answer, { expect }) => {
      const operator = stage.operator(setting('protected', true));
      const { code, screen } = await operator.run('restart --rolling', { answers: [answer] });
      expect(code).toBe(4);
      expect(screen).toContain('PROTECTED ENVIRONMENT');
      expect(screen).toContain('Type checkout to do it:');
      expect(outcome(await trail(operator))).toBe('declined');
    },
  );
});

describe.concurrent('before an emergency restart', () => {
  test.for(['y', 'checkout', 'sandbox', 'checkout/production'])(
    '%j is not <service>/<environment>',
    async (answer, { expect }) => {
      const operator = stage.operator();
      const { code, screen } = await operator.run('restart --emergency', { answers: [answer] });
      expect(code).toBe(4);
      expect(screen).toContain('destructive (tier 3)');
      expect(screen).toContain('nothing is served until they are back');
      expect(screen).toContain('Type checkout/sandbox to do it:');
      expect(screen).toContain('That is not "checkout/sandbox".');
      expect(outcome(await trail(operator))).toBe('declined');
    },
  );

  test('--yes does not answer', async ({ expect }) => {
    const session = stage.operator().session('restart --emergency --yes');
    await session.shows('Type checkout/sandbox to do it:');
    await session.answer(keys.enter);
    expect(await session.ended).toBe(4);
  });
});

describe.concurrent('rb alone at a terminal', () => {
  test('is a menu of the runbook: search it, press Enter, and the command runs', async ({ expect }) => {
    const operator = stage.operator();
    const session = operator.session('');
    await session.shows('Health check');
    expect(session.screen()).toContain('Rolling restart');
    await session.answer('rolling');
    await session.shows('▸ 2.1  Rolling restart');
    session.type(keys.enter);
    await session.shows('Do it? [y/N]');
    await session.answer(`n${keys.enter}`);
    expect(await session.ended).toBe(4);
    expect(outcome(await trail(operator))).toBe('declined');
  });

  test('a command that only looks runs to its end', async ({ expect }) => {
    const session = stage.operator().session('');
    await session.shows('Health check');
    await session.answer('restart status');
    await session.shows('▸ 2.1  Instances');
    session.type(keys.enter);
    expect(await session.ended).toBe(0);
    expect(session.screen()).toContain('3 of 3 instances healthy');
  });

  test('Ctrl-C leaves it: exit code 130', async ({ expect }) => {
    const operator = stage.operator();
    const session = operator.session('');
    await session.shows('Health check');
    session.type(keys.ctrlC);
    expect(await session.ended).toBe(130);
    expect(operator.auditFiles()).toEqual([]);
  });
});

afterAll(async () => {
  expect(await stage.untouched()).toEqual(before);
});
