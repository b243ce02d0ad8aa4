import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { appliesTo, breaks, heavy, matches, namedFiles, rules } from './rules.ts';
import { importsIn, importsOf, loadedBy, sourceFiles } from './source-imports.ts';
import type { SourceImport } from './source-imports.ts';

const src = fileURLToPath(new URL('../../src', import.meta.url));
const files = sourceFiles(src);
const imports = files.flatMap((file) => importsOf(src, file));

describe('the direction of imports', () => {
  it.each(rules.map((rule) => [rule.files || 'every file', rule] as const))('%s', (_, rule) => {
    expect(imports.flatMap((one) => breaks(rule, one) ?? [])).toEqual([]);
  });

  it.each(rules.map((rule) => [rule.files || 'every file', rule] as const))(
    'the rule for %s speaks about something',
    (_, rule) => {
      const folder = rule.files.split('/')[0] ?? '';
      if (existsSync(join(src, folder))) expect(files.filter((file) => appliesTo(rule, file))).not.toEqual([]);
      for (const name of namedFiles(rule))
        if (existsSync(join(src, name.split('/')[0] ?? '')))
          expect(
            files.some((file) => matches(name, file)),
            `${name} is named in a rule, but does not exist`,
          ).toBe(true);
    },
  );

  it('makes no circle: what is below knows nothing of what is above, types included', () => {
    const needed = new Map(
      files.map((file) => [
        file,
        imports.filter(({ from, to, how }) => from === file && how !== 'import()' && to.endsWith('.ts')),
      ]),
    );
    // Whatever only needs what is known already is known next; a circle never is.
    const known = new Set<string>();
    for (let before = -1; before < known.size;) {
      before = known.size;
      for (const [file, all] of needed) if (all.every(({ to }) => known.has(to))) known.add(file);
    }
    expect(files.filter((file) => !known.has(file))).toEqual([]);
  });

  it('leads to files that exist', () => {
    expect(imports.filter((one) => one.to.endsWith('.ts') && !files.includes(one.to))).toEqual([]);
  });

  it('is not hidden in a computed import()', () => {
    expect(imports.filter((one) => one.to === '?')).toEqual([]);
  });

  it('has at most 12 entries in a folder: more cannot be taken in at a glance', () => {
    const folders = new Map<string, Set<string>>();
    for (const file of files) {
      const parts = file.split('/');
      parts.forEach((entry, depth) => {
        const folder = parts.slice(0, depth).join('/');
        folders.set(folder, (folders.get(folder) ?? new Set()).add(entry));
      });
    }
    // The runbook has as many sections as it has, and speaks to as many systems.
    const asLongAsTheRunbook = ['sections', 'providers'];
    const full = [...folders].filter(([folder, entries]) => entries.size > 12 && !asLongAsTheRunbook.includes(folder));
    expect(full.map(([folder, entries]) => `${folder}: ${entries.size}`)).toEqual([]);
  });

  it('lets the entry load no section, no adapter and no heavy library, however far away', () => {
    const loaded = loadedBy(src, 'main.ts');
    expect(loaded.length).toBeGreaterThan(0);
    const late = [...heavy, 'sections/', 'providers/', 'clients/'];
    expect(loaded.filter((one) => late.some((name) => matches(name, one.to)))).toEqual([]);
  });
});

describe('how imports are read', () => {
  it.each<[string, SourceImport['how'], string]>([
    ["import { run } from '../engine/run.ts';", 'static', 'engine/run.ts'],
    ["import * as z from 'zod/mini';", 'static', 'zod/mini'],
    ["import chalk from 'chalk';", 'static', 'chalk'],
    ["import './side-effect.ts';", 'static', 'cli/side-effect.ts'],
    ["import { type Input, parse } from './input.ts';", 'static', 'cli/input.ts'],
    ["export * from 'execa';", 'static', 'execa'],
    ["export { run } from 'execa';", 'static', 'execa'],
    ["import type { Run } from '../engine/run.ts';", 'type', 'engine/run.ts'],
    ["export type { Run } from '../engine/run.ts';", 'type', 'engine/run.ts'],
    ["type Run = import('../engine/run.ts').Run;", 'type', 'engine/run.ts'],
    ["const open = async () => (await import('pg')).default;", 'import()', 'pg'],
    ['const open = (name: string) => import(name);', 'import()', '?'],
  ])('%s', (text, how, to) => {
    expect(importsIn('cli/program.ts', text)).toEqual([{ from: 'cli/program.ts', to, how }]);
  });

  it('leaves alone what only looks like one', () => {
    const text = "// import 'pg';\nexport const help = `import x from 'pg'`;\nexport { help as pg };";
    expect(importsIn('cli/program.ts', text)).toEqual([]);
  });
});

describe('what would be found', () => {
  it.each<[string, string, SourceImport['how']]>([
    ['engine/run.ts', 'chalk', 'type'],
    ['engine/run.ts', 'node:fs', 'static'],
    ['engine/run.ts', 'audit/port.ts', 'type'],
    ['sections/restart/rolling.ts', 'execa', 'import()'],
    ['sections/restart/rolling.ts', 'commander', 'static'],
    ['sections/restart/rolling.ts', 'terminal/sink.ts', 'type'],
    ['sections/restart/rolling.ts', 'audit/list.ts', 'static'],
    ['sections/restart/rolling.ts', 'providers/workload/command.ts', 'import()'],
    ['providers/logs/file.ts', 'providers/workload/command.ts', 'static'],
    ['providers/logs/file.ts', 'engine/run.ts', 'type'],
    ['providers/logs/file.ts', 'terminal/sink.ts', 'static'],
    ['clients/http/transport.ts', 'clients/kubernetes/connection.ts', 'type'],
    ['clients/process/run.ts', 'clients/http/client.ts', 'import()'],
    ['clients/aws/failure.ts', 'clients/kubernetes/failure.ts', 'static'],
    ['providers/workload/command.ts', 'execa', 'import()'],
    ['cli/output/open-page.ts', 'node:child_process', 'static'],
    ['cli/program.ts', 'providers/logs/file.ts', 'import()'],
    ['cli/session/adapters.ts', 'providers/logs/file.ts', 'static'],
    ['cli/session/run-session.ts', 'main.ts', 'static'],
    ['cli/session/run-session.ts', '@inquirer/prompts', 'static'],
    ['cli/session/run-session.ts', 'zod/mini', 'static'],
    ['main.ts', '@aws-sdk/client-ecs', 'static'],
  ])('%s importing %s (%s)', (from, to, how) => {
    expect(rules.flatMap((rule) => breaks(rule, { from, to, how }) ?? [])).not.toEqual([]);
  });

  it.each<[string, string, SourceImport['how']]>([
    ['engine/procedure.ts', 'zod/v4/core', 'type'],
    ['sections/restart/command.ts', 'commander', 'type'],
    ['sections/restart/rolling.ts', 'providers/workload/port.ts', 'type'],
    ['sections/audit/list.ts', 'audit/list.ts', 'static'],
    ['providers/logs/file.ts', 'providers/logs/port.ts', 'type'],
    ['clients/process/run.ts', 'execa', 'import()'],
    ['clients/http/client.ts', 'clients/peer/limits.ts', 'static'],
    ['clients/kubernetes/exec-plugin.ts', 'clients/process/ask.ts', 'static'],
    ['cli/session/adapters.ts', 'providers/logs/file.ts', 'import()'],
    ['cli/session/run-session.ts', '@inquirer/prompts', 'import()'],
    ['config/load.ts', 'yaml', 'static'],
  ])('%s importing %s (%s) is fine', (from, to, how) => {
    expect(rules.flatMap((rule) => breaks(rule, { from, to, how }) ?? [])).toEqual([]);
  });
});
