import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { planHash } from '../../src/engine/plan/plan-hash.ts';
import type { PlanFile } from '../../src/engine/plan/plan-file.ts';
import { newDirectory, newOperator, writeFiles } from './rig.ts';
import type { Operator } from './rig.ts';
import { outcome, trail } from './trail.ts';

// Two environments that differ in nothing but their names, so that only the names can tell them apart.

const environment = `workload: { provider: command, instances: [./instances], restartInstance: [./restart, '{{instance}}'] }`;
const config = (service = 'shop', more = '') => `version: 1
service: { name: ${service} }
environments:
  dev: { ${environment} }
  live: { ${environment} }
${more}`;

const programs = {
  instances: `#!/bin/sh
cd "$(dirname "$0")"
echo '[{"id":"app-1","state":"running","version":"1","startedAt":"'"$(cat started 2>/dev/null || echo 2026-01-01T00:00:00Z)"'"}]'
`,
  // The first one kills its `rb`: the session is cut off within a change.
  restart: `#!/bin/sh
cd "$(dirname "$0")"
echo ran >> ran
if [ -e cut-off ]; then rm cut-off; kill -9 $PPID; exit; fi
date -u +%Y-%m-%dT%H:%M:%SZ > started
`,
};

const setUp = (text = config()) => {
  const directory = newDirectory();
  const repository = join(directory, 'repository');
  mkdirSync(repository);
  writeFiles(repository, { 'rb.yaml': text, 'other.yaml': config('other'), ...programs });
  const operator = newOperator(undefined);
  const at =
    (where = repository) =>
    (line: string) =>
      operator.run(`-c ${join(where, 'rb.yaml')} ${line}`);
  const ran = (where = repository) => (existsSync(join(where, 'ran')) ? readFileSync(join(where, 'ran'), 'utf8') : '');
  return { directory, repository, operator, at, rb: at(), ran };
};

const restart = 'restart --rolling';
const sure = '--yes --confirm shop/';

const idOf = (operator: Operator) =>
  operator
    .auditFiles()
    .filter((name) => name.endsWith('.jsonl'))
    .map((name) => name.replace('.jsonl', ''))
    .at(-1) ?? '';

/** A session of this environment that was cut off within a change. */
const cutOff = async (name: string, stage = setUp()) => {
  writeFileSync(join(stage.repository, 'cut-off'), '');
  await stage.rb(`-e ${name} ${restart} ${sure}${name}`).catch(() => undefined);
  const id = idOf(stage.operator);
  expect([id === '', stage.ran()]).toEqual([false, 'ran\n']);
  return { ...stage, id };
};

describe('rb resume', () => {
  test('-e names one environment and the session is of another: exit code 3, and nothing is done', async () => {
    const { rb, id, ran, operator } = await cutOff('live');
    for (const flags of ['', sure.concat('dev'), sure.concat('live')]) {
      const { code, stderr } = await rb(`-e dev resume ${id} --yes ${flags}`);
      expect([code, stderr]).toEqual([
        3,
        expect.stringMatching(/is about shop\/live, not about shop\/dev\. Nothing was done\.[^]*rb -e live resume/),
      ]);
    }
    expect([ran(), outcome(await trail(operator))]).toEqual(['ran\n', 'open']);
  });

  test('without an id only sessions of the selected environment count, and the error names the others', async () => {
    const { rb, ran } = await cutOff('live');
    const { code, stderr } = await rb('-e dev resume --yes');
    expect([code, stderr]).toEqual([
      2,
      expect.stringMatching(/There is no interrupted session of shop\/dev to resume\.[^]*rb -e live resume/),
    ]);
    expect((await rb('resume --yes')).stderr).toContain('several environments and no default');
    expect(ran()).toBe('ran\n');
  });

  test('nor do those of another environment than the default', async () => {
    const { rb } = await cutOff('live', setUp(config('shop', 'defaultEnvironment: dev')));
    expect((await rb('resume --yes')).stderr).toContain('no interrupted session of shop/dev');
  });

  test('passes over a newer session of another environment', async () => {
    const { repository, rb, id, operator } = await cutOff('dev');
    writeFileSync(join(repository, 'cut-off'), '');
    await rb(`-e live ${restart} ${sure}live`).catch(() => undefined);
    expect(idOf(operator)).not.toBe(id);
    const { stderr } = await rb(`-e dev resume ${sure}dev`);
    expect(stderr).toContain(`Resuming session ${id}`);
  });

  test('by its id, without -e or with the right one, a session goes on', async () => {
    for (const flags of ['', '-e live']) {
      const { rb, id, ran } = await cutOff('live');
      const { stderr } = await rb(`${flags} resume ${id} ${sure}live`);
      expect(stderr).toContain(`Resuming session ${id}`);
      expect(ran()).toBe('ran\nran\n');
    }
  });

  test('the configuration of another service, or the same text elsewhere: exit code 3', async () => {
    const { operator, repository, directory, id, at } = await cutOff('live');
    const other = await operator.run(`-c ${join(repository, 'other.yaml')} resume ${id} --yes`);
    expect([other.code, other.stderr]).toEqual([3, expect.stringContaining('about shop/live, not about other/live')]);
    const copy = join(directory, 'copy');
    mkdirSync(copy);
    writeFiles(copy, { 'rb.yaml': config(), ...programs });
    const { code, stderr } = await at(copy)(`resume ${id} ${sure}live`);
    expect([code, stderr]).toEqual([3, expect.stringMatching(/The configuration has changed.*[^]*path: ".*copy/)]);
  });
});

interface DryRun {
  readonly plan: PlanFile;
}
const planned = async (rb: ReturnType<typeof setUp>['rb'], name = 'dev') =>
  (await rb(`-e ${name} ${restart} --dry-run -o json`)).json() as DryRun;

/** As a file, and as a hash. */
const bothWays = (directory: string, plan: PlanFile): readonly string[] => {
  writeFileSync(join(directory, 'plan.json'), JSON.stringify({ plan }));
  return [plan.hash, join(directory, 'plan.json')];
};

/** With another expiry, and the hash that belongs to it. */
const expiring = (file: PlanFile, ms: number): PlanFile => {
  const { hash: _, expires, ...plan } = file;
  const by = new Date(Date.parse(expires) + ms);
  return { ...plan, expires: by.toISOString(), hash: planHash(plan, by) };
};

describe('--plan', () => {
  test('is for what was planned, by the same configuration', async () => {
    for (const way of [0, 1]) {
      const { rb, directory, ran } = setUp();
      const { plan } = await planned(rb);
      await rb(`-e dev ${restart} ${sure}dev --plan ${bothWays(directory, plan)[way] ?? ''}`);
      expect(ran()).toBe('ran\n');
    }
  });

  test('a plan of dev does not run in live, and says so', async () => {
    const { rb, directory, ran } = setUp();
    const { plan } = await planned(rb);
    for (const given of bothWays(directory, plan)) {
      const { code, stderr } = await rb(`-e live ${restart} ${sure}live --plan ${given}`);
      expect([code, stderr]).toEqual([3, expect.stringMatching(/shop\/live|subject\.environment: "dev" -> "live"/)]);
    }
    expect(ran()).toBe('');
  });

  test('nor with the same text elsewhere, where ./restart is another program', async () => {
    const { rb, directory, at } = setUp();
    const { plan } = await planned(rb);
    const copy = join(directory, 'copy');
    mkdirSync(copy);
    writeFiles(copy, { 'rb.yaml': config(), ...programs });
    for (const given of bothWays(directory, plan)) {
      const { code } = await at(copy)(`-e dev ${restart} ${sure}dev --plan ${given}`);
      expect([code, existsSync(join(copy, 'ran'))]).toEqual([3, false]);
    }
  });

  test('a link to the directory is the same place', async () => {
    const { rb, directory, repository, at, ran } = setUp();
    const { plan } = await planned(rb);
    symlinkSync(repository, join(directory, 'link'));
    await at(join(directory, 'link'))(`-e dev ${restart} ${sure}dev --plan ${plan.hash}`);
    expect(ran()).toBe('ran\n');
  });

  test('nor for a service of another name', async () => {
    const { rb, directory, repository, ran } = setUp();
    const { plan } = await planned(rb);
    renameSync(join(repository, 'other.yaml'), join(repository, 'rb.yaml'));
    for (const given of bothWays(directory, plan)) {
      const { code } = await rb(`-e dev ${restart} --yes --confirm other/dev --plan ${given}`);
      expect(code).toBe(3);
    }
    expect(ran()).toBe('');
  });

  test.each([-1_200_000, 300_000, 1_800_000, 1e12])('an expiry by hand does not count: %d ms', async (ms) => {
    const { rb, directory, ran } = setUp();
    const { plan } = await planned(rb);
    const forged = expiring(plan, ms);
    for (const given of bothWays(directory, forged)) {
      const { code, stderr } = await rb(`-e dev ${restart} ${sure}dev --plan ${given}`);
      expect([code, stderr]).toEqual([3, expect.stringContaining('has recorded the plan')]);
    }
    expect(ran()).toBe('');
  });

  test('what was planned is on record for its user alone, and what has expired is removed', async () => {
    const { rb, operator } = setUp();
    const { plan } = await planned(rb);
    const plans = join(operator.home, 'state', 'rb', 'plans');
    expect(readdirSync(plans)).toEqual([`${plan.hash}.json`]);
    const expired = `100000-${'0'.repeat(32)}.json`;
    writeFileSync(join(plans, expired), '{}', { mode: 0o600 });
    await planned(rb);
    expect(readdirSync(plans)).not.toContain(expired);
    expect(operator.auditFiles()).toEqual([]);
  });

  test('where nothing can be recorded the plan is shown, without a hash', async () => {
    const { operator, repository } = setUp();
    const line = `-c ${join(repository, 'rb.yaml')} -e dev ${restart} --dry-run`;
    const { code, stdout } = await operator.run(line, { env: { XDG_STATE_HOME: '/dev/null' } });
    expect([code, stdout]).toEqual([0, expect.stringContaining('cannot be executed with --plan')]);
    expect(stdout).not.toContain('Plan hash');
  });
});
