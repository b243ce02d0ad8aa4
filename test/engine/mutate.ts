import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { mutations } from './mutations.ts';
import type { Mutation } from './mutations.ts';

/**
 * `node test/engine/mutate.ts [word]`: puts each mutation (with the word in its file or danger) into a copy of the engine, and says whether
 * the tests of `test/engine` notice it. Exit code 1 where one survives. Not part of `npm test`: it takes minutes.
 */
const checkout = resolve(import.meta.dirname, '../..');
const word = process.argv[2] ?? '';

/** The generated runs find most with few trees. What they do not find is tried with as many as the long layer has, then with every other test. */
const attempts = [
  { tests: '.property', layer: 'long', percent: '10' },
  { tests: '.property', layer: 'long', percent: '100' },
  { tests: '.test', layer: 'all', percent: '1' },
] as const;
type Attempt = (typeof attempts)[number];

/** A mutation may make the engine go round for ever. */
const longestMs = 600_000;

const say = (text: string) => process.stdout.write(`${text}\n`);

interface Report {
  readonly testResults: readonly {
    readonly message: string;
    readonly assertionResults: readonly { readonly fullName: string; readonly status: string }[];
  }[];
}

const copy = mkdtempSync(join(tmpdir(), 'rb-mutate-'));
const layered = ['layers.ts', 'longest-first.ts', 'durations.ts', 'durations.json'].map((name) => `test/${name}`);
for (const part of ['src', 'test/engine', ...layered, 'package.json', 'tsconfig.json', 'vitest.config.ts'])
  cpSync(join(checkout, part), join(copy, part), { recursive: true });
symlinkSync(join(checkout, 'node_modules'), join(copy, 'node_modules'));

/** The first test that fails; undefined where none does. */
const firstFailure = async ({ tests, layer, percent }: Attempt): Promise<string | undefined> => {
  const report = join(copy, 'report.json');
  rmSync(report, { force: true });
  const words = ['run', '--bail=1', '--reporter=json', `--outputFile=${report}`, tests];
  const vitest = spawn(process.execPath, [join(checkout, 'node_modules/vitest/vitest.mjs'), ...words], {
    cwd: copy,
    env: { ...process.env, RB_LAYER: layer, RB_RUNS: percent },
    stdio: 'ignore',
  });
  let late = false;
  const timer = setTimeout(() => {
    late = true;
    vitest.kill();
  }, longestMs);
  const [code, signal] = await once(vitest, 'exit');
  clearTimeout(timer);
  if (late) return 'the tests did not end';
  if (signal !== null) throw new Error(`the tests were killed (${signal})`);
  if (code === 0) return undefined;
  const { testResults } = JSON.parse(readFileSync(report, 'utf8')) as Report;
  const failed = testResults.flatMap((file) => file.assertionResults.filter(({ status }) => status === 'failed'));
  return failed[0]?.fullName ?? testResults.find(({ message }) => message)?.message ?? 'the tests could not be run';
};

const survives = async ({ file, search, replacement, danger }: Mutation): Promise<boolean> => {
  const path = join(copy, 'src/engine', file);
  const whole = readFileSync(path, 'utf8');
  if (whole.split(search).length !== 2) throw new Error(`${file}: "${search}" does not stand in it once`);
  writeFileSync(
    path,
    whole.replace(search, () => replacement),
  );
  try {
    for (const attempt of attempts) {
      // oxlint-disable-next-line no-await-in-loop -- the next only where this one found nothing
      const failure = await firstFailure(attempt);
      if (failure === undefined) continue;
      say(`caught    ${file}: ${danger}\n            ${attempt.tests} ${attempt.percent} %: ${failure.split('\n')[0]}`);
      return false;
    }
  } finally {
    writeFileSync(path, whole);
  }
  say(`SURVIVED  ${file}: ${danger}`);
  return true;
};

try {
  for (const attempt of attempts) {
    // oxlint-disable-next-line no-await-in-loop -- one after another
    const failure = await firstFailure(attempt);
    if (failure !== undefined) throw new Error(`"${failure}" fails without any mutation`);
  }
  const wanted = mutations.filter(({ file, danger }) => `${file} ${danger}`.includes(word));
  let survivors = 0;
  // oxlint-disable-next-line no-await-in-loop -- they share the copy
  for (const mutation of wanted) if (await survives(mutation)) survivors++;
  say(`${wanted.length} mutations, ${wanted.length - survivors} caught, ${survivors} survived.`);
  process.exitCode = survivors === 0 ? 0 : 1;
} finally {
  rmSync(copy, { recursive: true, force: true });
}
