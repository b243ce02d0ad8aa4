import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { filesWithin } from './budget.ts';
import { recordDurations } from './durations.ts';
import { isLayer, type Layer } from './layers.ts';
import { type Rig, rigs } from './rigs/available.ts';

/**
 * `npm test`: fetches the rigs that it can, says which there are, builds, runs a layer of the tests, and ends with one line of counts.
 * The words are a layer (default: all), then files, filters and options of vitest.
 */
const [first, ...others] = process.argv.slice(2);
const words = isLayer(first) ? others : process.argv.slice(2);
const layer: Layer = isLayer(first) ? first : words.some((word) => word.includes('.long.')) ? 'long' : 'all';

const say = (text: string) => process.stdout.write(`${text}\n`);

const end = (code: number, counts: string): never => {
  say(counts);
  process.exit(code);
};

const run = (...program: string[]): number =>
  spawnSync(process.execPath, program, { stdio: 'inherit', env: { ...process.env, RB_LAYER: layer } }).status ?? 1;

const all: readonly Rig[] = Object.values(rigs);

/** What is fetched or built once stays outside the checkout. Where that fails the table says so. */
const fetchRigs = (): void => {
  for (const { name, available, script } of all) {
    if (available || script === undefined) continue;
    say(`Getting ${name}; only this once.`);
    run(script);
  }
};

const showRigs = (): readonly string[] => {
  const width = Math.max(...all.map((rig) => rig.name.length));
  say('Rigs:');
  for (const { name, available, usedFor, get } of all)
    say(
      `  ${name.padEnd(width)}  ${available ? 'runs   ' : 'MISSING'}  ${usedFor}${available ? '' : `; to get it: ${get}`}`,
    );
  return all.filter((rig) => !rig.available).map((rig) => rig.name);
};

interface Results {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly numPendingTests: number;
  readonly numTodoTests: number;
  readonly testResults: readonly {
    readonly name: string;
    /** Why the file could not be run; empty where its tests were. */
    readonly message: string;
    readonly startTime: number;
    readonly endTime: number;
    readonly assertionResults: readonly {
      readonly fullName: string;
      readonly status: string;
      readonly failureMessages: readonly string[];
    }[];
  }[];
}

const vitest = (filters: readonly string[]): { readonly status: number; readonly counts: Results } => {
  const directory = mkdtempSync(join(tmpdir(), 'rb-test-'));
  const file = join(directory, 'results.json');
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${file}`];
  const status = run('node_modules/vitest/vitest.mjs', 'run', ...reporters, ...filters);
  const counts = JSON.parse(readFileSync(file, 'utf8')) as Results;
  rmSync(directory, { recursive: true });
  return { status, counts };
};

const linesOfAFailure = 12;

/** Each failure once more: whoever looks at a long log looks at its end. */
const showFailures = ({ testResults }: Results): void => {
  const failures = testResults.flatMap(({ name, message, assertionResults }) => {
    const file = relative(process.cwd(), name);
    const failed = assertionResults.filter((test) => test.status === 'failed');
    return [
      ...(message === '' || failed.length > 0 ? [] : [{ title: file, text: message }]),
      ...failed.map(({ fullName, failureMessages }) => ({
        title: `${file} > ${fullName}`,
        text: failureMessages.join('\n'),
      })),
    ];
  });
  if (failures.length > 0) say('Failed:');
  for (const { title, text } of failures)
    say([`  ${title}`, ...text.split('\n').slice(0, linesOfAFailure)].join('\n    '));
};

const secondsOf = ({ testResults }: Results): ReadonlyMap<string, number> =>
  new Map(
    testResults.map(({ name, startTime, endTime }) => [relative(process.cwd(), name), (endTime - startTime) / 1000]),
  );

const showSlowest = (seconds: ReadonlyMap<string, number>): void => {
  const slowest = [...seconds].toSorted(([, one], [, other]) => other - one).slice(0, 10);
  say('The slowest files:');
  for (const [file, one] of slowest) say(`  ${one.toFixed(1).padStart(6)} s  ${file}`);
};

const began = performance.now();
if (layer !== 'unit') fetchRigs();
const missing = showRigs();
if (missing.length > 0 && process.env['RB_RIGS'] === 'required') {
  say(`RB_RIGS=required, and missing: ${missing.join(', ')}`);
  end(1, `0 passed, ${missing.length} failed, 0 skipped`);
}
// The unit tests need none of it.
if (layer !== 'unit' && run('scripts/build.ts') !== 0) end(1, '0 passed, 1 failed, 0 skipped');

const { chosen, left } = filesWithin(layer, process.env['RB_MINUTES'], words);
for (const file of left) say(`Not run for want of time: ${file}`);
// Without a word vitest would run everything.
if (left.length > 0 && chosen.length === 0) end(0, '0 passed, 0 failed, 0 skipped');
const { status, counts } = vitest(chosen);
// A file that cannot even be loaded fails without a failed test.
const failed = Math.max(counts.numFailedTests, status === 0 ? 0 : 1);
const seconds = secondsOf(counts);
if (process.env['RB_DURATIONS'] === 'record' && words.length === 0) recordDurations(layer, seconds);
showSlowest(seconds);
showFailures(counts);
say(`Layer ${layer}: ${seconds.size} files in ${Math.round((performance.now() - began) / 1000)} s`);
const nothing = counts.numPassedTests + counts.numFailedTests === 0;
end(
  status === 0 && !nothing ? 0 : 1,
  `${counts.numPassedTests} passed, ${failed} failed, ${counts.numPendingTests + counts.numTodoTests} skipped`,
);
