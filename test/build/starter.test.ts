import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, describe, expect, test } from 'vitest';
import { checkout } from '../../sandbox/state.ts';
import { oldRuntimes } from './old-runtimes.ts';
import { haveTimeForPrograms } from '../patience.ts';

haveTimeForPrograms();

// bin/rb.js on a Node that is too old for the program. Beside a program of the test's own, so that what goes in and comes out is seen.

const place = mkdtempSync(join(tmpdir(), 'rb-starter-'));
afterAll(() => rmSync(place, { recursive: true, force: true }));

const program = `
const [what] = process.argv.slice(2);
const said = { node: process.versions.node, args: process.argv.slice(2) };
if (what === 'code') process.exit(7);
if (what === 'die') process.kill(process.pid, 'SIGKILL');
if (what === 'wait') {
  process.on('SIGTERM', () => process.exit(42));
  console.log(process.pid);
  setInterval(() => {}, 1000);
}
if (what === 'read') process.stdin.on('data', (chunk) => process.stdout.write(String(chunk).toUpperCase()));
if (what === 'say') console.log(JSON.stringify(said));
`;

/** A checkout in small: bin, a program, and the pinned runtime where it is wanted. */
const checkoutWith = (name: string, runtime: boolean): string => {
  const root = join(place, name);
  mkdirSync(join(root, 'dist'), { recursive: true });
  cpSync(join(checkout, 'bin'), join(root, 'bin'), { recursive: true });
  writeFileSync(join(root, 'dist', 'main.js'), program);
  if (runtime) {
    mkdirSync(join(root, 'node_modules'));
    symlinkSync(join(checkout, 'node_modules', 'node'), join(root, 'node_modules', 'node'));
  }
  return join(root, 'bin', 'rb.js');
};

const pinned = checkoutWith('pinned', true);
const bare = checkoutWith('bare', false);
const pinnedVersion = spawnSync(join(checkout, 'node_modules', 'node', 'bin', 'node'), ['-p', 'process.versions.node'])
  .stdout.toString()
  .trim();

const runs = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};

describe.each(oldRuntimes(place))('started with $name', ({ program: node, args }) => {
  const run = (script: string, ...words: string[]) =>
    spawnSync(node, [...args, script, ...words], { encoding: 'utf8' });
  const start = (script: string, ...words: string[]): ChildProcess & { stdin: object; stdout: object } =>
    spawn(node, [...args, script, ...words], { stdio: ['pipe', 'pipe', 'inherit'] });

  test('it runs on the runtime of the checkout, with the same arguments', () => {
    const { status, stdout, stderr } = run(pinned, 'say', 'two words', '--flag');
    expect(stderr).toBe('');
    expect(status).toBe(0);
    expect(JSON.parse(stdout)).toEqual({ node: pinnedVersion, args: ['say', 'two words', '--flag'] });
  });

  test('the built program does so too', () => {
    const { status, stdout } = run(join(checkout, 'bin', 'rb.js'), '--version');
    expect(status).toBe(0);
    expect(stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
    expect(run(join(checkout, 'bin', 'rb.js'), 'no-such-command').status).toBe(2);
  });

  test('its exit code is passed on', () => {
    expect(run(pinned, 'code').status).toBe(7);
  });

  test('where a signal ended it, the same signal ends the starter', () => {
    expect(run(pinned, 'die')).toMatchObject({ status: null, signal: 'SIGKILL' });
  });

  test('it reads standard input', async () => {
    const child = start(pinned, 'read');
    child.stdin.end('typed here\n');
    expect(await text(child.stdout)).toBe('TYPED HERE\n');
  });

  test('SIGTERM to the starter ends it', async () => {
    const child = start(pinned, 'wait');
    const [line] = (await once(child.stdout, 'data')) as [Buffer];
    const pid = Number(line.toString());
    expect(pid).not.toBe(child.pid);
    expect(runs(pid)).toBe(true);
    child.kill('SIGTERM');
    const [code, signal] = (await once(child, 'exit')) as [number | null, string | null];
    expect({ code, signal }).toEqual({ code: 42, signal: null });
    expect(runs(pid)).toBe(false);
  });

  test('without a runtime it says in one line what it needs', () => {
    const { status, stdout, stderr } = run(bare, 'say');
    expect(status).toBe(2);
    expect(stdout).toBe('');
    expect(stderr).toMatch(/^rb needs Node 22\.22, 24\.15 or 26 \(or newer\); this is 20\.\d+\.\d+ \(.+\)\.\n$/);
  });
});

test('on a Node that is new enough it needs no other process', async () => {
  const child = spawn(process.execPath, [bare, 'wait'], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [line] = (await once(child.stdout, 'data')) as [Buffer];
  expect(Number(line.toString())).toBe(child.pid);
  child.kill('SIGKILL');
  await once(child, 'exit');
});
