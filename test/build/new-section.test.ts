import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { checkout } from '../../sandbox/state.ts';
import { openSession } from '../e2e/screen.ts';
import { runtime } from '../e2e/program.ts';

// A new section is its own folder and one line of the catalogue; everything that lists sections knows it.

const root = mkdtempSync(join(tmpdir(), 'rb-new-section-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

const files = {
  'section.ts': `import type { Section } from '../section.ts';

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
  'ready.ts': `import * as z from 'zod/mini';
import { look } from '../ports.ts';

export const ready = look({
  id: 'tea.ready',
  section: '9',
  title: 'Tea',
  purpose: 'The night is long.',
  needs: {},
  input: z.object({}),
  result: z.null(),
  steps: ({ check }) => ({
    steps: [check('pot', 'Pot', { look: async () => ({ verdict: 'warn', summary: 'the tea has to draw' }) })],
    result: () => null,
  }),
});
`,
};
const line = "  entry({ tea: 'tea for the night (9)' }, () => import('./tea/section.ts')),\n";

beforeAll(() => {
  for (const part of ['src', 'scripts', 'bin', 'package.json'])
    cpSync(join(checkout, part), join(root, part), { recursive: true });
  symlinkSync(join(checkout, 'node_modules'), join(root, 'node_modules'));
  const folder = join(root, 'src', 'sections', 'tea');
  mkdirSync(folder);
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  const catalogue = join(root, 'src', 'sections', 'catalogue.ts');
  const before = readFileSync(catalogue, 'utf8');
  const [start = '', rest = ''] = before.split('\n];\n', 2);
  writeFileSync(catalogue, `${start}\n${line}];\n${before.slice(start.length + '\n];\n'.length)}`);
  expect(rest).not.toBe('');
  writeFileSync(
    join(root, 'runbook.config.yaml'),
    'version: 1\nservice: { name: pot }\nenvironments: { kitchen: {} }\n',
  );
  const { status, stderr } = spawnSync(process.execPath, ['scripts/build.ts'], { cwd: root, encoding: 'utf8' });
  expect([status, stderr]).toEqual([0, '']);
});

const rb = (...args: readonly string[]) => {
  const { status, stdout, stderr } = spawnSync(runtime, [join(root, 'bin', 'rb.js'), ...args], {
    cwd: root,
    encoding: 'utf8',
    env: { HOME: root, PATH: process.env['PATH'] ?? '' },
  });
  return { status, all: stdout + stderr };
};

test('the help knows it', () => {
  expect(rb('--help').all).toMatch(/tea +tea for the night \(9\)/);
  expect(rb('tea', '--help').all).toMatch(/ready +is the tea ready\?/);
  expect(rb('help', 'tea', 'ready').all + rb('tea', 'ready', '--help').all).toContain('Looks into the pot.');
  expect(rb('teaa').all).toContain('Did you mean tea?');
});

test('it runs', () => {
  const { status, all } = rb('tea', 'ready', '-c', 'runbook.config.yaml');
  expect([status, all]).toEqual([0, expect.stringContaining('the tea has to draw')]);
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
