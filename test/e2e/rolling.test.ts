import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { checkout } from './program.ts';
import { keys } from './screen.ts';
import { setting, useStage } from './stage.ts';
import { ofType, outcome, results, trail } from './trail.ts';

const stage = useStage();
afterEach(() => stage.heal());

const control = join(checkout, 'sandbox', 'control.js');
const everyone = ['checkout-1', 'checkout-2', 'checkout-3'];

describe('rb restart --rolling', () => {
  test('restarts one after another, and no client notices', async () => {
    const operator = stage.operator();
    const before = await stage.instances();
    const known = stage.restarted().length;
    const { result, load } = await stage.underLoad(() => operator.run('restart --rolling', { answers: ['y'] }));
    expect(result.code).toBe(0);
    expect(result.screen).toMatch(/Rolling restart done in .+ \(expected: 1 min\)\. 3 of 3 instances healthy\./);
    expect(load.requests).toBeGreaterThan(0);
    expect([load.failed, [...load.reasons]]).toEqual([0, []]);
    expect(stage.restarted(known)).toEqual(everyone);
    for (const [index, { startedAt, pid }] of (await stage.instances()).entries()) {
      expect(startedAt).not.toBe(before[index]?.startedAt);
      expect(pid).not.toBe(before[index]?.pid);
    }
  });

  test('is on record: what was planned, who said yes, each intent before its result, and the file proves intact', async () => {
    const operator = stage.operator();
    await operator.run(['restart', '--rolling', '--yes', '--reason', 'memory leak', '--ticket', 'OPS-7']);
    const events = await trail(operator);
    expect(ofType(events, 'session.opened')).toMatchObject([
      { reason: 'memory leak', ticket: 'OPS-7', mode: 'scripted' },
    ]);
    expect(ofType(events, 'change.planned').map(({ step }) => step)).toEqual(everyone.map((id) => `restart/${id}`));
    expect(ofType(events, 'confirmation')).toMatchObject([{ decision: 'confirmed', by: '--yes', tier: 'disruptive' }]);
    for (const id of everyone) {
      const of = events.filter((event) => 'step' in event && event.step === `restart/${id}`).map(({ type }) => type);
      expect(of.filter((type) => type === 'step.intent' || type === 'step.result')).toEqual([
        'step.intent',
        'step.result',
      ]);
    }
    expect(outcome(events)).toBe('done');
    const verified = await operator.run('audit verify');
    expect([verified.code, verified.all]).toEqual([0, expect.stringContaining('intact')]);
    expect(verified.all).toContain('Not proven: that no file was rewritten as a whole');
    const report = await operator.run('audit report');
    expect(report.code).toBe(0);
    for (const words of ['memory leak', 'OPS-7', 'Restart checkout-2', 'All instances healthy'])
      expect(report.stdout).toContain(words);
  });

  test('two at a time, in a protected environment, after the name of the service', async () => {
    const operator = stage.operator(setting('protected', true));
    const known = stage.restarted().length;
    const { code } = await operator.run('restart --rolling --batch 2', { answers: ['checkout'] });
    expect(code).toBe(0);
    expect(stage.restarted(known).toSorted()).toEqual(everyone);
    expect(results(await trail(operator)).filter((line) => line.startsWith('restart/'))).toEqual([
      'restart/checkout-1%2Bcheckout-2 ok',
      'restart/checkout-3 ok',
    ]);
  });
});

describe('rb restart --emergency', () => {
  test('stops everything and starts it again, after <service>/<environment> was typed', async () => {
    const operator = stage.operator();
    const before = await stage.instances();
    const { code, screen } = await operator.run('restart --emergency', { answers: ['checkout/sandbox'] });
    expect(screen).toContain('Emergency restart done');
    expect(code).toBe(0);
    const pids = new Set(before.map(({ pid }) => pid));
    expect((await stage.instances()).filter(({ pid, state }) => state === 'running' && !pids.has(pid))).toHaveLength(3);
  });
});

/** Begins a rollout whose second instance takes five seconds to get ready, and returns when that one is under way. */
const halfWay = async () => {
  const operator = stage.operator();
  const before = new Map((await stage.instances()).map(({ id, startedAt }) => [id, startedAt]));
  await stage.control('fail checkout-2 slow-start');
  const known = stage.restarted().length;
  const session = operator.session('restart --rolling --yes');
  await session.shows('checkout-2 was stopped and started again');
  const isNew = async () => (await stage.instances()).map(({ id, startedAt }) => startedAt !== before.get(id));
  return { operator, session, isNew, restarted: () => stage.restarted(known) };
};

/** What `rb audit show` and the report say about old and new, and that `rb resume` does the rest and only the rest. */
const settles = async ({ operator, isNew, restarted }: Awaited<ReturnType<typeof halfWay>>) => {
  expect(restarted()).toEqual(['checkout-1', 'checkout-2']);
  expect(await isNew()).toEqual([true, true, false]);
  const shown = await operator.run('audit show');
  expect(shown.stdout).toMatch(/Restart checkout-1 .*ok: checkout-1 restarted and healthy/);
  expect(shown.stdout).toMatch(/Restart checkout-2 .*ok: checkout-2 restarted and healthy/);
  expect(shown.stdout).not.toMatch(/Restart checkout-3 .*ok/);
  const report = await operator.run('audit report');
  expect(report.stdout).toContain('checkout-3');
  await stage.control('heal checkout-2');
  const resumed = await operator.run('resume --yes');
  expect(resumed.code, resumed.all).toBe(0);
  expect(restarted()).toEqual(everyone);
  expect(outcome(await trail(operator))).toBe('done');
  expect((await operator.run('audit verify')).code).toBe(0);
};

describe('stopped in the middle of a rollout', () => {
  test('Ctrl-C finishes the present instance and stops: exit code 130', async () => {
    const { result: run, load } = await stage.underLoad(async () => {
      const begun = await halfWay();
      begun.session.type(keys.ctrlC);
      await begun.session.shows('Stopping after this step');
      expect(await begun.session.ended).toBe(130);
      return begun;
    });
    expect(load.failed).toBe(0);
    const screen = run.session.screen();
    expect(screen).toContain('Stopped');
    expect(screen).toMatch(/not done:\s+Restart checkout-3/);
    expect(screen).toContain('rb resume');
    expect(outcome(await trail(run.operator))).toBe('interrupted');
    await settles(run);
  });

  test('SIGTERM does the same', async () => {
    const run = await halfWay();
    process.kill(run.session.pid, 'SIGTERM');
    expect(await run.session.ended).toBe(130);
    expect(outcome(await trail(run.operator))).toBe('interrupted');
    await settles(run);
  });

  test('a lost connection does the same, though nobody sees it', async () => {
    const run = await halfWay();
    run.session.hangUp();
    await run.session.ended;
    expect(outcome(await trail(run.operator))).toBe('interrupted');
    await settles(run);
  });

  test('the second Ctrl-C does not wait: exit code 7, and rb resume finds out what became of the instance', async () => {
    const { operator, session, restarted } = await halfWay();
    session.type(keys.ctrlC);
    await session.shows('Stopping after this step');
    session.type(keys.ctrlC);
    expect(await session.ended).toBe(7);
    expect(session.screen()).toContain('Outcome unknown');
    expect(session.screen()).toContain('rb resume');
    const events = await trail(operator);
    expect(results(events)).toContain('restart/checkout-2 unknown');
    expect(outcome(events)).toBe('unknown');
    expect(restarted()).toEqual(['checkout-1', 'checkout-2']);
    await stage.control('heal checkout-2');
    const resumed = await operator.run('resume --yes');
    expect(resumed.code, resumed.all).toBe(0);
    expect(restarted()).toEqual(everyone);
    expect(results(await trail(operator))).toContain('restart/checkout-2 ok');
  });

  test('the second Ctrl-C ends a command that hangs, and rb resume restarts nothing twice', async () => {
    const gate = `${stage.sandbox.directory}/gate`;
    const operator = stage.operator(
      setting('workload.restartInstance', [
        'sh',
        '-c',
        `"$0" --directory "$1" restart "$2"; while [ ! -e "$3" ]; do sleep 0.1; done`,
        control,
        stage.sandbox.directory,
        '{{instance}}',
        gate,
      ]),
    );
    const known = stage.restarted().length;
    const session = operator.session('restart --rolling --yes');
    await session.shows('checkout-1 was stopped and started again');
    session.type(keys.ctrlC);
    await session.shows('Stopping after this step');
    session.type(keys.ctrlC);
    expect(await session.ended).toBe(7);
    expect(outcome(await trail(operator))).toBe('unknown');
    writeFileSync(gate, '');
    const resumed = await operator.run('resume --yes');
    expect(resumed.code, resumed.all).toBe(0);
    expect(stage.restarted(known)).toEqual(everyone);
  });

  test('a configuration that has changed meanwhile is not resumed: exit code 3, with the difference', async () => {
    const run = await halfWay();
    run.session.type(keys.ctrlC);
    expect(await run.session.ended).toBe(130);
    const path = stage.sandbox.configPath;
    const text = readFileSync(path, 'utf8');
    writeFileSync(path, text.replace('drainSeconds: 1', 'drainSeconds: 2'));
    try {
      const resumed = await run.operator.run('resume --yes');
      expect(resumed.code).toBe(3);
      expect(resumed.stderr).toContain('The configuration has changed since the session began. Nothing was done.');
      expect(resumed.stderr).toMatch(/drainSeconds.*1.*2/);
    } finally {
      writeFileSync(path, text);
    }
    await settles(run);
  });

  test('without a terminal to confirm at, rb resume needs --yes as well', async () => {
    const run = await halfWay();
    run.session.type(keys.ctrlC);
    await run.session.ended;
    const resumed = await run.operator.run('resume');
    expect([resumed.code, resumed.stderr]).toEqual([2, expect.stringContaining('--yes')]);
    expect(run.restarted()).toEqual(['checkout-1', 'checkout-2']);
  });
});
