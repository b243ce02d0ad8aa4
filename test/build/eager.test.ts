import { spawnSync } from 'node:child_process';
import { appendFileSync, cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { checkout } from '../../sandbox/state.ts';
import { haveTimeForPrograms } from '../patience.ts';

haveTimeForPrograms();

// What every command loads is what every command waits for: the build fails where an import brings in more than that.

const place = mkdtempSync(join(tmpdir(), 'rb-eager-'));
afterAll(() => rmSync(place, { recursive: true, force: true }));

interface Careless {
  readonly title: string;
  readonly file: string;
  readonly from: string;
  readonly named: RegExp;
}

let copies = 0;
/** Builds a copy of the program whose `file` imports something more, and uses it, so that it cannot be left out. */
const buildWith = (change?: Pick<Careless, 'file' | 'from'>) => {
  copies += 1;
  const root = join(place, String(copies));
  mkdirSync(root);
  for (const part of ['src', 'scripts', 'package.json'])
    cpSync(join(checkout, part), join(root, part), { recursive: true });
  symlinkSync(join(checkout, 'node_modules'), join(root, 'node_modules'));
  if (change)
    appendFileSync(
      join(root, change.file),
      `import * as careless from '${change.from}';\nObject.assign(globalThis, { careless });\n`,
    );
  return spawnSync(process.execPath, ['scripts/build.ts'], { cwd: root, encoding: 'utf8' });
};

test('the program as it is: the build passes', () => {
  const { status, stderr } = buildWith();
  expect(stderr).toBe('');
  expect(status).toBe(0);
});

const careless: readonly Careless[] = [
  {
    title: 'a section',
    file: 'src/main.ts',
    from: './sections/restart/command.ts',
    named: /src\/sections\/restart\/command\.ts/,
  },
  { title: 'a client of a server', file: 'src/main.ts', from: 'ioredis', named: /node_modules\/ioredis\// },
  { title: 'the validator', file: 'src/cli/command-line.ts', from: 'zod', named: /node_modules\/zod\// },
  {
    title: 'the prompts',
    file: 'src/cli/command-line.ts',
    from: '@inquirer/prompts',
    named: /node_modules\/@inquirer\/prompts\//,
  },
  {
    title: 'our part of them',
    file: 'src/cli/program.ts',
    from: '../terminal/asking/prompts.ts',
    named: /src\/terminal\/asking\/prompts\.ts/,
  },
  {
    title: 'the process runner, by way of another file',
    file: 'src/engine/errors.ts',
    from: 'execa',
    named: /node_modules\/execa\//,
  },
  {
    title: 'an adapter',
    file: 'src/cli/rb.ts',
    from: '../providers/http/probe.ts',
    named: /src\/providers\/http\/probe\.ts/,
  },
];

test.each(careless)('$title in what every command loads: the build fails and names it', ({ file, from, named }) => {
  const { status, stderr } = buildWith({ file, from });
  expect(stderr).toMatch(/^The entry loads what it must not:$/m);
  expect(stderr).toMatch(named);
  expect(status).toBe(1);
});
