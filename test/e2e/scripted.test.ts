import { readFileSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, test } from 'vitest';
import type { Change } from '../../src/engine/change.ts';
import type { Event } from '../../src/engine/session/events.ts';
import type { Operator } from './rig.ts';
import { keys } from './screen.ts';
import { setting, useStage } from './stage.ts';
import { ofType, outcome, results, trail } from './trail.ts';

const stage = useStage();

interface DryRun {
  readonly steps: readonly { readonly id: string; readonly change: Change | null; readonly tier: string | null }[];
  readonly plan: { readonly hash: string; readonly expires: string };
}

/** What does not grow older between two looks. */
const withoutAges = (text: string): string => text.replaceAll(/up \d+ (?:s|min|h)/g, 'up ...');
const planned = ({ target, basis, equivalent, undo, blastRadius, summary }: Change) => ({
  target,
  basis,
  equivalent,
  undo,
  blastRadius,
  summary: withoutAges(summary),
});
const card = (text: string): readonly string[] =>
  withoutAges(text)
    .split('\n')
    .filter((line) => /^[┌│└]/.test(line));
const ids = ['checkout-1', 'checkout-2', 'checkout-3'];

describe('without a terminal', () => {
  test('nothing is asked: exit code 2, the flag is named, nothing is done', async () => {
    const operator = stage.operator();
    const before = await stage.untouched();
    const { code, stdout, stderr } = await operator.run('restart --rolling');
    expect(code).toBe(2);
    expect(stdout).toBe('');
    expect(stderr).toContain(
      'needs a confirmation (disruptive), and there is no terminal to ask at. Nothing was done.',
    );
    expect(stderr).toContain('pass --yes to confirm it');
    expect(stderr).toContain('--dry-run');
    expect(await stage.untouched()).toEqual(before);
    expect(ofType(await trail(operator), 'confirmation')).toMatchObject([{ decision: 'refused', by: 'no terminal' }]);
  });

  test('in a CI job nothing is asked either, even where it has a terminal', async () => {
    const session = stage.operator().session('restart --rolling', { env: { CI: 'true' } });
    expect(await session.ended).toBe(2);
    expect(session.screen()).toContain('--yes');
  });

  test.for([
    ['restart --emergency --yes', '--confirm checkout/sandbox'],
    ['restart --emergency', '--confirm checkout/sandbox'],
  ])('%s: --yes alone never covers what is destructive', async ([line = '', flag]) => {
    const operator = stage.operator();
    const before = await stage.untouched();
    const { code, stderr } = await operator.run(line);
    expect([code, stderr]).toEqual([2, expect.stringContaining(`pass ${flag} to confirm it`)]);
    expect(await stage.untouched()).toEqual(before);
  });

  test('in a protected environment --yes needs --confirm beside it', async () => {
    const before = await stage.untouched();
    const { code, stderr } = await stage.operator(setting('protected', true)).run('restart --rolling --yes');
    expect([code, stderr]).toEqual([2, expect.stringContaining('pass --yes and --confirm checkout/sandbox')]);
    expect(await stage.untouched()).toEqual(before);
  });

  test('--confirm for another environment is refused: exit code 3', async () => {
    const before = await stage.untouched();
    const { code, stderr } = await stage.operator().run('restart --rolling --yes --confirm checkout/production');
    expect([code, stderr]).toEqual([
      3,
      expect.stringContaining('--confirm names checkout/production, but this would change checkout/sandbox'),
    ]);
    expect(await stage.untouched()).toEqual(before);
  });

  test.for(['RB_YES', 'YES', 'RB_CONFIRM', 'RB_ASSUME_YES'])('the variable %s confirms nothing', async (name) => {
    const { code } = await stage.operator().run('restart --rolling', { env: { [name]: 'checkout/sandbox' } });
    expect(code).toBe(2);
  });

  test('one instance: an unknown one is refused, those there are are named; a healthy one asks for more', async () => {
    const operator = stage.operator();
    const unknown = await operator.run('restart --instance checkout-9 --yes');
    expect([unknown.code, unknown.stderr]).toEqual([
      2,
      expect.stringMatching(/there is no instance "checkout-9"; there are: checkout-1, checkout-2 and checkout-3/),
    ]);
    const healthy = await operator.run('restart --instance checkout-2 --yes');
    expect([healthy.code, healthy.stderr]).toEqual([
      2,
      expect.stringMatching(/checkout-2 is healthy.*--confirm checkout\/sandbox/s),
    ]);
    const known = stage.restarted().length;
    const done = await operator.run('restart --instance checkout-2 --confirm checkout/sandbox');
    expect([done.code, stage.restarted(known)]).toEqual([0, ['checkout-2']]);
  });
});

describe('--dry-run', () => {
  test('prints the plan, changes nothing, opens no audit file', async () => {
    const operator = stage.operator();
    const before = await stage.untouched();
    const { code, stdout, stderr } = await operator.run('restart --rolling --dry-run');
    expect(code).toBe(0);
    for (const id of ids) expect(stdout).toContain(`restart ${id} (version 1.4.2, up`);
    expect(stdout).toMatch(/Plan hash {2}[0-9a-z]+-[0-9a-f]{32}/);
    expect(stderr).toContain('Dry run: nothing was changed.');
    expect(await stage.untouched()).toEqual(before);
    expect(operator.auditFiles()).toEqual([]);
  });

  test('prints the card that the real run shows at its question', async () => {
    const operator = stage.operator();
    const dry = await operator.run('restart --rolling --dry-run', { env: { COLUMNS: '100' } });
    const session = operator.session('restart --rolling');
    await session.shows('Do it? [y/N]');
    session.type(keys.ctrlC);
    await session.ended;
    expect(card(dry.stdout)).toEqual(card(session.screen()));
    expect(card(dry.stdout).length).toBeGreaterThan(10);
  });

  test.for([
    'restart --rolling',
    'restart --rolling --batch 2',
    'restart --emergency',
    'restart --instance checkout-2',
    'scale up 2',
    'restart undo',
  ])('%s: text and JSON hold the same plan, and nothing happens', async (line) => {
    const operator = stage.operator();
    const before = await stage.untouched();
    const [text, json] = await Promise.all([
      operator.run(`${line} --dry-run`),
      operator.run(`${line} --dry-run -o json`),
    ]);
    expect([text.code, json.code]).toEqual([0, 0]);
    const { steps, plan } = json.json() as DryRun;
    const changes = steps.flatMap(({ change }) => (change === null ? [] : [change]));
    expect(changes.length).toBeGreaterThan(0);
    const printed = withoutAges(text.stdout)
      .replaceAll(/\n│ {5,}/g, ' ')
      .replaceAll(/\s+/g, ' ');
    for (const change of changes) {
      expect(printed).toContain(withoutAges(change.summary));
      for (const command of change.equivalent) expect(printed).toContain(command);
      for (const affected of change.blastRadius) expect(printed).toContain(withoutAges(affected));
      expect(printed).toContain(change.undo);
    }
    expect(plan.hash).toMatch(/^[0-9a-z]+-[0-9a-f]{32}$/);
    expect(await stage.untouched()).toEqual(before);
    expect(operator.auditFiles()).toEqual([]);
  });

  test('is what the real run then plans, confirms and does', async () => {
    const operator = stage.operator();
    const dry = await operator.run('restart --rolling --dry-run -o ndjson');
    const rehearsed = ofType(dry.lines() as unknown as readonly Event[], 'change.planned');
    expect(rehearsed).toHaveLength(3);
    expect((await operator.run('restart --rolling --yes')).code).toBe(0);
    const events = await trail(operator);
    const real = ofType(events, 'change.planned');
    const shape = (all: typeof real) =>
      all.map(({ step, tier, fingerprint, change }) => ({ step, tier, fingerprint, change: planned(change) }));
    expect(shape(real)).toEqual(shape(rehearsed));
    expect(ofType(events, 'step.intent').map(({ fingerprint }) => fingerprint)).toEqual(
      rehearsed.map(({ fingerprint }) => fingerprint),
    );
  });
});

const hashOf = async (line: string, by: Operator): Promise<string> => {
  const dry = await by.run(`${line} --dry-run -o json`);
  return (dry.json() as DryRun).plan.hash;
};
/** Nothing was restarted, and the reason was given. */
const refuses = async (line: string, code: number, reason: string | RegExp, by = stage.operator()) => {
  const before = await stage.untouched();
  const run = await by.run(line);
  expect([run.code, run.stderr]).toEqual([code, expect.stringMatching(reason)]);
  expect(await stage.untouched()).toEqual(before);
  return run;
};

describe('--plan', () => {
  test('does exactly that plan', async () => {
    const operator = stage.operator();
    const known = stage.restarted().length;
    const { code } = await operator.run(
      `restart --rolling --yes --plan ${await hashOf('restart --rolling', operator)}`,
    );
    expect([code, stage.restarted(known)]).toEqual([0, ids]);
    expect(outcome(await trail(operator))).toBe('done');
  });

  test('confirms nothing by itself', async () => {
    const operator = stage.operator();
    const hash = await hashOf('restart --rolling', operator);
    await refuses(`restart --rolling --plan ${hash}`, 2, /--yes/, operator);
    await refuses(
      `restart --emergency --yes --plan ${await hashOf('restart --emergency', operator)}`,
      2,
      /--confirm checkout\/sandbox/,
      operator,
    );
  });

  test('refuses when an instance has changed in between: exit code 3', async () => {
    const operator = stage.operator();
    const hash = await hashOf('restart --rolling', operator);
    await stage.control('restart checkout-2');
    await refuses(
      `restart --rolling --yes --plan ${hash}`,
      3,
      /The plan has changed since its hash was printed\. .*Nothing was done\./s,
      operator,
    );
  });

  test('refuses the plan of another command, or of other flags', async () => {
    const operator = stage.operator();
    const hash = await hashOf('restart --rolling', operator);
    await refuses(`restart --rolling --batch 2 --yes --plan ${hash}`, 3, /plan has changed/, operator);
    await refuses(`restart --emergency --confirm checkout/sandbox --plan ${hash}`, 3, /plan has changed/, operator);
  });

  test('refuses one that has expired, and one whose expiry was put off', async () => {
    const operator = stage.operator();
    const [expiry = '', digest = ''] = (await hashOf('restart --rolling', operator)).split('-');
    const moved = (seconds: number) => `${(Number.parseInt(expiry, 36) + seconds).toString(36)}-${digest}`;
    const expired = /The plan expired at 20.*Nothing was done\./;
    await refuses(`restart --rolling --yes --plan ${moved(-3600)}`, 3, expired, operator);
    for (const later of [300, 3600])
      await refuses(
        `restart --rolling --yes --plan ${moved(later)}`,
        3,
        /No dry run .* has recorded the plan/,
        operator,
      );
  });

  test.for(['nonsense', 'abcdef', '-', `towtts-${'g'.repeat(32)}`])('%j is not a hash: exit code 2', async (hash) => {
    await refuses(`restart --rolling --yes --plan=${hash}`, 2, /is not a plan hash/);
  });
});

describe('what is not there any more', () => {
  afterEach(() => stage.heal());

  test('an instance that changes between the question and the answer stops the rollout before it: exit code 3', async () => {
    const operator = stage.operator();
    const session = operator.session('restart --rolling');
    await session.shows('Do it? [y/N]');
    await stage.control('restart checkout-2');
    while ((await stage.operator().run('restart status')).code !== 0) await sleep(20);
    await session.answer(`y${keys.enter}`);
    expect(await session.ended).toBe(3);
    expect(session.screen()).toContain('no longer what was confirmed');
    const events = await trail(operator);
    expect(results(events)).toContain('restart/checkout-2 refused');
  });

  test('one that does not serve any more when the answer comes stops it before the first: exit code 1', async () => {
    const operator = stage.operator();
    const session = operator.session('restart --rolling');
    await session.shows('Do it? [y/N]');
    await stage.control('fail checkout-2 unhealthy --now');
    const before = await stage.untouched();
    await session.answer(`y${keys.enter}`);
    expect(await session.ended).toBe(1);
    expect(session.screen()).toContain('1 of 2 other instances serve: checkout-2 is running');
    expect(await stage.untouched()).toEqual(before);
    expect(results(await trail(operator))).toContain('restart/checkout-1 failed');
  });
});

test('an unfinished --timeout stops the rollout at a known or a recorded state', async () => {
  const operator = stage.operator();
  await stage.control('fail checkout-1 slow-start');
  const { code, stderr } = await operator.run('restart --rolling --yes --timeout 5s');
  expect(stderr).toContain('--timeout');
  expect(code).toBe(7);
  expect(outcome(await trail(operator))).toBe('unknown');
  await stage.heal();
  const resumed = await operator.run('resume --yes');
  expect([resumed.code, results(await trail(operator)).at(-1)]).toEqual([0, 'errors ok']);
});

test('the configuration is read again, not remembered: a command that has gone away is a usage error', async () => {
  const path = `${stage.sandbox.directory}/gone.yaml`;
  writeFileSync(path, readFileSync(stage.sandbox.configPath, 'utf8').replaceAll('control.js', 'gone.js'));
  const { code, stderr } = await stage.operator().run(['-c', path, 'restart', '--rolling', '--yes']);
  expect([code, stderr]).toEqual([2, expect.stringMatching(/cannot run .*gone\.js: no such file/)]);
});
