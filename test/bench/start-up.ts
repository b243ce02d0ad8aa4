import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { startSandbox } from '../../sandbox/index.ts';
import { checkout } from '../../sandbox/state.ts';
import { median } from './median.ts';
import { stated, surroundings } from './surroundings.ts';

/**
 * `npm run bench`: how long the built program takes to start, on its pinned runtime, against `node -e 0` on the same one. The time
 * is that of the whole process, from spawn to exit. Own timing and not hyperfine, which runs one command after the other: here
 * each round runs every command once, so that what else the machine does falls upon all of them alike.
 */
interface Measured {
  readonly name: string;
  readonly args: readonly string[];
  /** At most so many times the median of `node -e 0`. */
  readonly limit?: number;
}

const { values } = parseArgs({ options: { rounds: { type: 'string', default: '40' } } });
const rounds = Math.max(30, Number(values.rounds));
const warmUps = 5;
const attempts = 3;
const program = join(checkout, 'bin', 'rb.js');
const say = (text: string): void => void process.stdout.write(`${text}\n`);

const base: Measured = { name: 'node -e 0', args: ['-e', '0'] };

const alone: readonly Measured[] = [
  base,
  { name: 'rb --version', args: [program, '--version'], limit: 1.15 },
  // Of the complete example: hardly a configuration is longer.
  {
    name: 'rb config check',
    args: [program, '-c', join(checkout, 'runbook.config.yaml'), 'config', 'check'],
    limit: 2,
  },
  // It should be 1.35: commander's own formatting of the help and the streams of standard output are what is left.
  { name: 'rb --help', args: [program, '--help'], limit: 1.75 },
  { name: 'rb health --help', args: [program, 'health', '--help'] },
];

const withSandbox = (config: string): readonly Measured[] => [
  base,
  { name: 'rb restart --rolling --dry-run', args: [program, '-c', config, 'restart', '--rolling', '--dry-run'] },
];

/** Milliseconds. Throws where the program does not end well: what fails early is quick. */
const time = (args: readonly string[], env: NodeJS.ProcessEnv): number => {
  const began = performance.now();
  const { status } = spawnSync(process.execPath, args, { env, stdio: 'ignore' });
  const ms = performance.now() - began;
  if (status !== 0) throw new Error(`${args.join(' ')}: exit ${status}`);
  return ms;
};

const measure = (measured: readonly Measured[], env: NodeJS.ProcessEnv): readonly number[] => {
  const times = measured.map((): number[] => []);
  for (let round = 0; round < warmUps + rounds; round += 1) {
    for (const [index, { args }] of measured.entries()) {
      const ms = time(args, env);
      if (round >= warmUps) times[index]?.push(ms);
    }
  }
  return times.map(median);
};

/** Prints the lines of a table; returns whether every limit holds. */
const show = (measured: readonly Measured[], medians: readonly number[]): boolean => {
  const [least = 1] = medians;
  return measured
    .map(({ name, limit }, index) => {
      const ms = medians[index] ?? 0;
      const ratio = ms / least;
      const holds = limit === undefined || ratio <= limit;
      line(name, ms.toFixed(1), ratio.toFixed(2), limit === undefined ? '' : limit.toFixed(2), holds ? '' : '  BROKEN');
      return holds;
    })
    .every(Boolean);
};

const line = (name: string, ms: string, ratio: string, limit: string, remark = ''): void =>
  say(`${name.padEnd(32)}${ms.padStart(8)}${ratio.padStart(8)}${limit.padStart(8)}${remark}`);

/** What else the machine does can only make the ratio worse, so a broken limit is measured again before it counts. */
const measuredWithin = (measured: readonly Measured[]): boolean => {
  for (let left = attempts; left > 0; left -= 1) {
    say('');
    line('command', 'ms', 'ratio', 'limit');
    if (show(measured, measure(measured, env))) return true;
    if (left > 1) say('\nA limit was broken: once more, in case the machine was busy with something else.');
  }
  return false;
};

if (!existsSync(join(checkout, 'dist', 'main.js'))) throw new Error('there is no dist/main.js: npm run build');
const place = mkdtempSync(join(tmpdir(), 'rb-bench-'));
// A compile cache of its own, which the warm-up fills.
const env = surroundings(place);
try {
  say(
    `Medians of ${rounds} runs each, one command after the other in each round, Node ${process.versions.node}. ${stated()}`,
  );
  if (!measuredWithin(alone)) process.exitCode = 1;
  say('\nWith a sandbox running, for information:\n');
  const sandbox = await startSandbox({ directory: join(place, 'sandbox'), quiet: true, database: false, cache: false });
  try {
    const measured = withSandbox(sandbox.configPath);
    show(measured, measure(measured, env));
  } finally {
    await sandbox.down();
  }
} finally {
  rmSync(place, { recursive: true, force: true });
}
