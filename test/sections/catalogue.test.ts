import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { addHelp, createProgram } from '../../src/cli/program.ts';
import { menu, procedureWith, sections } from '../../src/sections/catalogue.ts';
import type { Rb, Section } from '../../src/sections/section.ts';

const all = async (): Promise<readonly Section[]> =>
  Promise.all(sections.map(async ({ load }) => (await load()).section));
const source = join(import.meta.dirname, '../../src/sections');

test('each procedure is found by its id, and says what it is for', async () => {
  for (const { procedures } of await all())
    for (const id of Object.keys(procedures)) {
      const procedure = await procedureWith(id);
      expect(procedure?.id).toBe(id);
      expect(procedure?.purpose).toMatch(/[.?]$/);
    }
});

test('no procedure is left out: each id in the source is in the catalogue', async () => {
  const listed = new Set((await all()).flatMap(({ procedures }) => Object.keys(procedures)));
  const written = readdirSync(source, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .flatMap((file) =>
      [
        ...readFileSync(join(source, file), 'utf8').matchAll(/\b(look|procedure|databaseLook)\(\{\s+id: '([^']+)'/g),
      ].map(([, builder, id]) => (builder === 'databaseLook' ? `db.${String(id)}` : id)),
    );
  expect(written.length).toBeGreaterThan(20);
  expect(written.filter((id) => id === undefined || !listed.has(id))).toEqual([]);
});

test('an id that is not one finds nothing', async () => {
  for (const id of ['constructor', 'toString', '__proto__', 'restart.nothing', ''])
    expect(await procedureWith(id)).toBeUndefined();
});

test('what the menu offers and what the help speaks of are commands', async () => {
  const program = createProgram('0');
  for (const section of await all()) {
    section.register(program, {} as Rb);
    await addHelp(program, section);
  }
  for (const { command } of await menu()) {
    const words = command.split(' ').filter((word) => !word.startsWith('-'));
    const found = words.reduce<typeof program | undefined>(
      (of, name) => of?.commands.find((one) => one.name() === name),
      program,
    );
    expect([command, found?.name()]).toEqual([command, words.at(-1)]);
    for (const option of command.split(' ').filter((word) => word.startsWith('-')))
      expect([command, found?.options.map(({ long }) => long)]).toEqual([command, expect.arrayContaining([option])]);
  }
});

test('the menu goes by the numbers of the runbook', async () => {
  expect([...new Set((await menu()).map(({ section }) => section))]).toEqual([
    '1',
    '2.1',
    '2.3',
    '2.6',
    '3.3',
    '3.6',
    '4',
    '',
  ]);
});

test('a section describes itself without loading anything: types, and what is imported when it is needed', () => {
  for (const file of readdirSync(source, { recursive: true, encoding: 'utf8' }))
    if (file.endsWith('/section.ts'))
      expect([file, readFileSync(join(source, file), 'utf8').match(/^import (?!type ).*$/gm)]).toEqual([file, null]);
});
