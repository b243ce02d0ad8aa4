import { writeFile } from 'node:fs/promises';
import type { AnyCapability } from '../src/providers/capability.ts';
import { capabilities, loadCapabilities, teamCapabilities } from '../src/providers/catalogue.ts';
import { commandTree } from '../src/cli/command-tree.ts';
import { sections } from '../src/sections/catalogue.ts';

/** Writes docs/reference.md from the two catalogues: commands, procedures, and what can be configured. */
const code = (text: string): string => `\`${text}\``;
const cell = (text: string): string => text.replaceAll('|', '\\|');
const table = (head: readonly string[], rows: readonly (readonly string[])[]): readonly string[] =>
  [head, head.map(() => '---'), ...rows].map((row) => `| ${row.map(cell).join(' | ')} |`);

const commands = async (): Promise<readonly string[]> =>
  (await commandTree()).flatMap(({ path, summary, arguments: words, options }) => [
    path === '' ? '## Commands' : `### rb ${[path, ...words].join(' ')}`,
    '',
    summary,
    '',
    ...(options.length === 0
      ? []
      : [
          ...table(
            ['option', ''],
            options.map(({ flags, description }) => [code(flags), description]),
          ),
          '',
        ]),
  ]);

const procedures = async (): Promise<readonly string[]> => {
  const rows: string[][] = [];
  for (const { load } of sections) {
    const { section } = await load();
    for (const find of Object.values(section.procedures)) {
      const { id, section: number, title, purpose } = await find();
      rows.push([code(id), number, title, purpose]);
    }
  }
  return ['## Procedures', '', ...table(['id', 'section', 'title', 'when to use'], rows), ''];
};

const configuration = async (
  title: string,
  entries: typeof capabilities | typeof teamCapabilities,
): Promise<readonly string[]> => {
  const loaded: Readonly<Record<string, AnyCapability>> = await loadCapabilities(entries);
  return [
    `## ${title}`,
    '',
    ...Object.entries(loaded).flatMap(([key, { example, open }]) => [
      `### ${key}`,
      '',
      `${sentence(key, entries)}${open ? '' : ' Checked, and not acted on by this version.'}`,
      '',
      '```yaml',
      example,
      '```',
      '',
    ]),
  ];
};

const sentence = (key: string, entries: Readonly<Record<string, { readonly words: string }>>): string => {
  const words = entries[key]?.words ?? '';
  return `${words.charAt(0).toUpperCase()}${words.slice(1)}.`;
};

const text = [
  '# Reference',
  '',
  'Written by `npm run reference` from the catalogues of the source.',
  '',
  ...(await commands()),
  ...(await procedures()),
  ...(await configuration('Configuration of an environment', capabilities)),
  ...(await configuration('Configuration of a team', teamCapabilities)),
].join('\n');
await writeFile('docs/reference.md', text);
