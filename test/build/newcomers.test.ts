import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { checkout } from '../../sandbox/state.ts';
import { openSession } from '../e2e/screen.ts';
import { runtime } from '../e2e/program.ts';

// A new section is its own folder and one line of the catalogue, and so is a new capability; everything that lists them knows them.

const root = mkdtempSync(join(tmpdir(), 'rb-newcomers-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

const newcomers = {
  'sections/tea/section.ts': `import type { Section } from '../section.ts';

export const section: Section = {
  register: (program, rb) => {
    program
      .command('tea')
      .command('ready')
      .summary('is the tea ready?')
      .action(async () => rb.run((await import('./ready.ts')).ready, {}));
  },
  help: async () => ({ 'tea ready': { description: 'Looks into the pot.', examples: 'Examples:\\n  rb tea ready\\n' } }),
  menu: [{ section: '9', title: 'Tea', command: 'tea ready', summary: 'is it ready?' }],
  procedures: { 'tea.ready': async () => (await import('./ready.ts')).ready },
};
`,
  'sections/tea/ready.ts': `import * as z from 'zod/mini';
import { look } from '../ports.ts';

export const ready = look({
  id: 'tea.ready',
  section: '9',
  title: 'Tea',
  purpose: 'The night is long.',
  needs: { kettle: 'required' },
  input: z.object({}),
  result: z.null(),
  steps: ({ check }) => ({
    steps: [
      check('pot', 'Pot', {
        look: async ({ ports }) => {
          const degrees: number = await (await ports.kettle()).degrees();
          return { verdict: 'ok', summary: \`the tea has \${degrees} degrees\` };
        },
      }),
    ],
    result: () => null,
  }),
});
`,
  'providers/kettle/port.ts': `export interface Kettle {
  degrees(): Promise<number>;
}
`,
  'providers/kettle/steel.ts': `import type { Kettle } from './port.ts';

export const openSteel = (degrees: number, secret: string): Kettle => ({ degrees: async () => degrees + secret.length });
`,
  'providers/kettle/capability.ts': `import { argumentList } from '../../config/schema/argument-list.ts';
import { mapping, optional, text, whole } from '../../config/schema/leaf.ts';
import { secret } from '../../config/schema/secret.ts';
import { capabilityOf } from '../capability.ts';
import type { Kettle } from './port.ts';

export const capability = capabilityOf({
  schema: () => mapping({ degrees: whole('degrees'), code: secret(text()), whistle: optional(argumentList(['tune'])) }),
  example: 'kettle: { degrees: 90, code: "\${env:CODE}" }',
  open: async ({ degrees, code }, { resolve }): Promise<Kettle> =>
    (await import('./steel.ts')).openSteel(degrees, await resolve(code)),
  remarks: ({ degrees }) =>
    degrees > 100 ? [{ path: ['kettle', 'degrees'], level: 'warn', message: 'that is steam' }] : [],
  reaches: () => [{ does: 'contact', path: [], what: 'the kettle' }],
});
`,
};
const lines = {
  'sections/catalogue.ts': ['\n];\n', "  entry({ tea: 'tea for the night (9)' }, () => import('./tea/section.ts')),"],
  'providers/catalogue.ts': [
    '\n} as const;\n',
    "  kettle: entry('what boils the water', () => import('./kettle/capability.ts')),",
  ],
} as const;
const withKettle = (kettle: string) =>
  `version: 1\nservice: { name: pot }\nenvironments: { kitchen: { kettle: ${kettle} } }\n`;

const node = (...args: readonly string[]) => spawnSync(process.execPath, args, { cwd: root, encoding: 'utf8' });

beforeAll(() => {
  for (const part of ['src', 'scripts', 'sandbox', 'bin', 'docs', 'package.json', 'tsconfig.json'])
    cpSync(join(checkout, part), join(root, part), { recursive: true });
  symlinkSync(join(checkout, 'node_modules'), join(root, 'node_modules'));
  for (const [name, text] of Object.entries(newcomers)) {
    mkdirSync(dirname(join(root, 'src', name)), { recursive: true });
    writeFileSync(join(root, 'src', name), text);
  }
  for (const [name, [end, line]] of Object.entries(lines)) {
    const before = readFileSync(join(root, 'src', name), 'utf8');
    const at = before.indexOf(end);
    expect(at).toBeGreaterThan(0);
    writeFileSync(join(root, 'src', name), `${before.slice(0, at)}\n${line}${before.slice(at)}`);
  }
  writeFileSync(join(root, 'runbook.config.yaml'), withKettle('{ degrees: 90, code: "${env:CODE}" }'));
  const { status, stderr } = node('scripts/build.ts');
  expect([status, stderr]).toEqual([0, '']);
});

const rb = (...args: readonly string[]) => {
  const { status, stdout, stderr } = spawnSync(runtime, [join(root, 'bin', 'rb.js'), ...args], {
    cwd: root,
    encoding: 'utf8',
    env: { HOME: root, PATH: process.env['PATH'] ?? '', CODE: '1234' },
  });
  return { status, all: stdout + stderr };
};
const withConfiguration = (text: string, ...args: readonly string[]) => {
  writeFileSync(join(root, 'other.yaml'), text);
  return rb('-c', 'other.yaml', ...args);
};

test('the types know both: what the port gives, and what the configuration says', () => {
  const { status, stdout } = node('node_modules/typescript/bin/tsc', '--noEmit', '-p', '.');
  expect([status, stdout]).toEqual([0, '']);
});

test('the help knows the section', () => {
  expect(rb('--help').all).toMatch(/tea +tea for the night \(9\)/);
  expect(rb('tea', '--help').all).toMatch(/ready +is the tea ready\?/);
  expect(rb('help', 'tea', 'ready').all + rb('tea', 'ready', '--help').all).toContain('Looks into the pot.');
  expect(rb('teaa').all).toContain('Did you mean tea?');
});

test('it runs on the port of the capability, with the secret that it refers to', () => {
  const { status, all } = rb('tea', 'ready', '-c', 'runbook.config.yaml');
  expect([status, all]).toEqual([0, expect.stringContaining('the tea has 94 degrees')]);
});

test('where it is not configured, its example says what to add', () => {
  const { status, all } = withConfiguration(
    'version: 1\nservice: { name: pot }\nenvironments: { kitchen: {} }\n',
    'tea',
    'ready',
  );
  expect([status, all]).toEqual([2, expect.stringContaining('kettle: { degrees: 90, code: "${env:CODE}" }')]);
});

test('the configuration is checked: keys, placeholders, remarks, programs', () => {
  expect(withConfiguration(withKettle('{ degrees: hot, code: a, lid: on }'), 'config', 'check').all).toMatch(
    /kettle\.degrees +expected a whole number of degrees[^]*kettle\.lid +unknown key; known here: degrees, code, whistle/,
  );
  const { all } = withConfiguration(
    withKettle('{ degrees: 120, code: "${env:CODE}", whistle: [no-such-program, "{{tune}}", "{{volume}}"] }'),
    'config',
    'check',
  );
  expect(all).toContain('that is steam');
  expect(all).toContain('no-such-program');
  expect(all).toContain('nothing fills {{volume}}; there are: service, environment, tune');
  expect(all).not.toContain('nothing fills {{tune}}');
});

test('what is secret in it is not shown, and what it reaches is asked about', () => {
  const text = withKettle('{ degrees: 90, code: open-sesame }');
  const shown = withConfiguration(text, 'config', 'show').all;
  expect(shown).toContain('degrees: 90');
  expect(shown).not.toContain('open-sesame');
  expect(rb('trust', '--dry-run', 'other.yaml').all).toContain('the kettle');
});

test('the reference and the commands that a line is completed with know them', () => {
  expect(node('scripts/reference.ts').stderr).toBe('');
  const reference = readFileSync(join(root, 'docs', 'reference.md'), 'utf8');
  expect(reference).toContain('### rb tea ready');
  expect(reference).toContain('| `tea.ready` | 9 | Tea | The night is long. |');
  expect(reference).toMatch(/### kettle\n\nWhat boils the water\.\n/);
  const tree = node(
    '-e',
    "import('./src/cli/command-tree.ts').then(async ({ commandTree }) => console.log(JSON.stringify(await commandTree())))",
  );
  expect(JSON.parse(tree.stdout)).toContainEqual(
    expect.objectContaining({ path: 'tea ready', summary: 'is the tea ready?' }),
  );
});

test('the menu knows it', async () => {
  const session = openSession(
    runtime,
    [join(root, 'bin', 'rb.js'), '-c', join(root, 'runbook.config.yaml')],
    { env: { HOME: root, PATH: process.env['PATH'] ?? '', TERM: 'xterm-256color', LANG: 'C.UTF-8' }, cwd: root },
    { columns: 100, rows: 60 },
  );
  await session.shows('tea ready');
  session.type('\u0003');
  await session.ended;
});

test('the reference of this version is the one in docs', () => {
  const before = readFileSync(join(checkout, 'docs', 'reference.md'), 'utf8');
  const place = join(root, 'as-it-is');
  for (const part of ['src', 'scripts', 'docs', 'package.json'])
    cpSync(join(checkout, part), join(place, part), { recursive: true });
  symlinkSync(join(checkout, 'node_modules'), join(place, 'node_modules'));
  spawnSync(process.execPath, ['scripts/reference.ts'], { cwd: place });
  expect(readFileSync(join(place, 'docs', 'reference.md'), 'utf8')).toBe(before);
});
