import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';

/**
 * `npm run prove`: the whole attack on the built program and on what reads its peers, and a table: what was tried, what held, what broke.
 * Where a file has a test for each try, they are counted.
 */
const answersOfEachPeer = '2000';
const directory = mkdtempSync(join(tmpdir(), 'rb-prove-'));
const [table, results] = [join(directory, 'table'), join(directory, 'results.json')];
writeFileSync(table, '');
const reporters = ['--reporter=dot', '--reporter=json', `--outputFile.json=${results}`];
const { status } = spawnSync(
  process.execPath,
  ['node_modules/vitest/vitest.mjs', 'run', 'test/hostile', ...reporters, ...process.argv.slice(2)],
  { stdio: 'inherit', env: { RB_HOSTILE: answersOfEachPeer, ...process.env, RB_LAYER: 'long', RB_PROVE: table } },
);

interface Row {
  readonly what: string;
  readonly count: number;
  readonly broken: number;
}
interface Results {
  readonly testResults: readonly { readonly name: string; readonly assertionResults: readonly { status: string }[] }[];
}

const told = readFileSync(table, 'utf8')
  .split('\n')
  .filter(Boolean)
  .map((line) => JSON.parse(line) as Row);
const { testResults } = JSON.parse(readFileSync(results, 'utf8')) as Results;
const counted = testResults.map(({ name, assertionResults }): Row => {
  const broken = assertionResults.filter((one) => one.status !== 'passed').length;
  return { what: basename(name, '.test.ts'), count: assertionResults.length, broken };
});
rmSync(directory, { recursive: true });

const line = (what: string, ...numbers: readonly (number | string)[]) =>
  `${what.padEnd(44)}${numbers.map((one) => String(one).padStart(9)).join('')}\n`;
process.stdout.write(`\n${line('', 'tried', 'held', 'broken')}`);
for (const { what, count, broken } of [...told, ...counted])
  process.stdout.write(line(what, count, count - broken, broken));
process.exitCode = status ?? 1;
