import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** `npm run prove`: the whole attack on the built program, and a table: what was tried, what held, what broke. */
const directory = mkdtempSync(join(tmpdir(), 'rb-prove-'));
const table = join(directory, 'table');
writeFileSync(table, '');
const { status } = spawnSync(
  process.execPath,
  ['node_modules/vitest/vitest.mjs', 'run', 'test/hostile', ...process.argv.slice(2)],
  { stdio: 'inherit', env: { ...process.env, RB_PROVE: table } },
);
const rows = readFileSync(table, 'utf8')
  .split('\n')
  .filter(Boolean)
  .map((line) => JSON.parse(line) as { readonly what: string; readonly count: number; readonly broken: number });
rmSync(directory, { recursive: true });
const line = (what: string, ...numbers: readonly (number | string)[]) =>
  `${what.padEnd(44)}${numbers.map((one) => String(one).padStart(9)).join('')}\n`;
process.stdout.write(`\n${line('', 'tried', 'held', 'broken')}`);
for (const { what, count, broken } of rows) process.stdout.write(line(what, count, count - broken, broken));
process.exitCode = status ?? 1;
