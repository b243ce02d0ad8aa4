import { spawnSync } from 'node:child_process';
import { mkdirSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { layer, times } from '../../layers.ts';
import { untilTrue } from '../../rigs/postgres/until.ts';
import type { Ended } from '../program.ts';
import { newDirectory } from '../rig.ts';
import { startBusyPool } from './busy-pool.ts';
import { found, step, useDatabase, wait } from './stage.ts';

const stage = useDatabase({});
const idleFor = '--older-than 1s --application';
let directory = '';
beforeAll(() => void (directory = newDirectory()));

interface Planned {
  readonly plan: {
    readonly hash: string;
    readonly expires: string;
    readonly steps: readonly { readonly step: string; readonly members?: readonly string[] }[];
  };
}

const membersOf = (dry: Ended): readonly string[] =>
  (dry.json() as Planned).plan.steps.flatMap(({ members = [] }) => members);

const at = (name: string): string => join(directory, name);

let files = 0;
/** As `> plan.json` has it. */
const saved = (document: unknown): string => {
  const file = at(`plan-${String((files += 1))}.json`);
  writeFileSync(file, typeof document === 'string' ? document : JSON.stringify(document));
  return file;
};

describe('rb db kill-idle --plan <file>', () => {
  test('ends who is left of the set: who is gone or went to work is skipped and counted, who came is not touched', async () => {
    const [gone, working] = await stage.idle('set', 'set', 'set', 'set');
    await wait(1100);
    const operator = stage.operator('operator');
    const line = `db kill-idle ${idleFor} set`;
    const dry = await operator.run(`${line} --dry-run -o json`);
    const file = saved(dry.stdout);
    expect([dry.code, membersOf(dry).length]).toEqual([0, 4]);
    await gone?.end();
    await working?.query('SELECT 1');
    await stage.idle('set');
    await wait(1100);
    const { hash } = (dry.json() as Planned).plan;
    const byHash = await operator.run(`${line} --plan ${hash} --yes`);
    expect([byHash.code, byHash.stderr]).toEqual([3, expect.stringMatching(/a set of 4\n.*--plan plan\.json/s)]);
    const unconfirmed = await operator.run(`${line} --plan ${file}`);
    expect([unconfirmed.code, (await stage.pids('set')).length]).toEqual([2, 4]);
    const run = await operator.run(`${line} --plan ${file} --yes -o json`);
    expect(run.code, run.all).toBe(0);
    expect(found(run, 'idle').data).toMatchObject({ lost: 2 });
    expect(found(run, 'idle').summary).toContain('2 of the plan skipped (gone, or at work since)');
    expect(found(run, 'terminate').data).toMatchObject({ terminated: 2 });
    expect((step(run, 'terminate').change as { members?: readonly string[] } | null)?.members).toHaveLength(2);
    expect((await stage.pids('set')).length).toBe(2);
    const again = await operator.run(`${line} --plan ${file} --yes`);
    expect([again.code, again.stderr, (await stage.pids('set')).length]).toEqual([
      0,
      expect.stringContaining('4 of the plan skipped'),
      2,
    ]);
  });

  test('the text of the dry run says how', async () => {
    await stage.idle('text');
    await wait(1100);
    const { stdout } = await stage.operator('operator').run(`db kill-idle ${idleFor} text --dry-run`);
    expect(stdout).toMatch(/what is left of the set.*\n.*--dry-run -o json > plan\.json, then --plan plan\.json/);
  });
});

/** A dry run that ends one idle session of its own. */
const planned = async (application: string, operator = stage.operator('operator')) => {
  await stage.idle(application);
  await wait(1100);
  const dry = await operator.run(`db kill-idle ${idleFor} ${application} --dry-run -o json`);
  return dry.json() as Planned;
};

describe('what is refused', () => {
  test('a file that was changed, or is for another command: exit code 3', async () => {
    const operator = stage.operator('operator');
    const document = await planned('tampered', operator);
    await stage.idle('tampered');
    const { plan } = document;
    const all = ['1 2026-01-01T00:00:00.000000Z 2026-01-01T00:00:00.000000Z'];
    const tampered = [
      { ...plan, steps: plan.steps.map((one) => ({ ...one, members: [...(one.members ?? []), ...all] })) },
      { ...plan, expires: '2099-01-01T00:00:00.000Z' },
      { ...plan, hash: plan.hash.replace(/^./, 'z') },
    ];
    for (const one of tampered) {
      const file = saved({ ...document, plan: one });
      const run = await operator.run(`db kill-idle ${idleFor} tampered --yes --plan ${file}`);
      expect([run.code, run.stderr]).toEqual([3, expect.stringContaining('was changed after the dry run')]);
    }
    const file = saved(document);
    const other = await operator.run(`db kill-idle ${idleFor} else --yes --plan ${file}`);
    expect([other.code, other.stderr]).toEqual([3, expect.stringMatching(/for something else.*input\.applications/s)]);
    expect((await stage.pids('tampered')).length).toBe(2);
  });

  test('what is not a regular file with a plan in it: exit code 2, and it never waits', async () => {
    mkdirSync(at('a-directory'));
    expect(spawnSync('mkfifo', [at('a-pipe')]).status).toBe(0);
    symlinkSync('/dev/zero', at('a-device'));
    writeFileSync(at('large'), '');
    truncateSync(at('large'), 64 * 1024 * 1024);
    const wrong: Readonly<Record<string, RegExp>> = {
      [at('nothing.json')]: /no such file/,
      [at('a-directory')]: /is a directory/,
      [at('a-pipe')]: /not a regular file/,
      [at('a-device')]: /not a regular file/,
      [at('large')]: /larger than/,
      [saved('{"plan":')]: /not JSON/,
      [saved({ plan: {} })]: /does not hold a plan/,
      [saved('')]: /not JSON/,
    };
    for (const [file, why] of Object.entries(wrong)) {
      const run = await stage.operator('operator').run(`db kill-idle ${idleFor} x --yes --plan ${file}`);
      expect([run.code, run.stderr]).toEqual([2, expect.stringMatching(why)]);
    }
    rmSync(at('large'));
  });

  test('a name without a slash or a dot is a file where there is one, and never where it has the form of a hash', async () => {
    const operator = stage.operator('operator');
    const document = await planned('named', operator);
    writeFileSync(join(operator.home, 'plan'), JSON.stringify(document));
    const { hash } = document.plan;
    writeFileSync(join(operator.home, hash), 'not JSON');
    const line = `db kill-idle ${idleFor} named --dry-run --plan`;
    expect((await operator.run(`${line} plan`)).code).toBe(0);
    expect((await operator.run(`${line} ${hash}`)).code).toBe(0);
    expect((await operator.run(`${line} none`)).stderr).toContain('none is not a plan hash');
  });
});

const plans = times({ usually: 5, long: 100 });

test(`a busy pool, ${String(plans)} plans: nearly all can be spent, and nobody outside of an approved set is ended`, async () => {
  const pool = await startBusyPool(stage, 'busy', 40);
  const operator = stage.operator('operator');
  const line = `db kill-idle ${idleFor} busy`;
  let [spent, changed, ended] = [0, 0, 0];
  const outside: string[] = [];
  for (let n = 0; n < plans; n += 1) {
    await untilTrue('somebody is idle', async () => (await pool.idleFor(1)) > 2);
    const dry = await operator.run(`${line} --dry-run -o json`);
    const members = membersOf(dry);
    const file = saved(dry.stdout);
    await wait(500 + (n % 5) * 300);
    const known = pool.terminated.length;
    const run = await operator.run(`${line} --plan ${file} --yes -o json`);
    if (run.code === 0) spent += 1;
    await wait(100);
    const approved = new Set(members.map((member) => member.split(' ').slice(0, 2).join(' ')));
    const those = pool.terminated.slice(known);
    outside.push(...those.filter((one) => !approved.has(one)));
    ended += those.length;
    if (those.length < members.length) changed += 1;
  }
  await pool.stop();
  const figures = { plans, spent, changed, ended, outside: outside.length };
  if (layer === 'long') process.stdout.write(`${JSON.stringify(figures)}\n`);
  expect(outside).toEqual([]);
  expect(spent).toBeGreaterThanOrEqual(Math.floor(plans * 0.95));
  expect(ended).toBeGreaterThan(0);
}, 1_800_000);
