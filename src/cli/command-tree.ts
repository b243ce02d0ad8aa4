import type { Command } from 'commander';
import { sections } from '../sections/catalogue.ts';
import type { Rb } from '../sections/section.ts';
import { addHelp, createProgram } from './program.ts';

/** A command as it is typed, and what may follow it. For the reference, and for whoever completes a line. */
export interface CommandEntry {
  /** `restart undo`; empty for `rb` itself. */
  readonly path: string;
  readonly summary: string;
  /** `<pid>`, `[session]`. */
  readonly arguments: readonly string[];
  readonly options: readonly { readonly flags: string; readonly description: string }[];
}

/** All commands of the catalogue. Loads every section's description, and nothing of what it does. */
export const commandTree = async (): Promise<readonly CommandEntry[]> => {
  const program = createProgram('');
  for (const { words, load } of sections) {
    // oxlint-disable-next-line no-await-in-loop -- in the order of the runbook
    const { section } = await load();
    section.register(program, nothing);
    // oxlint-disable-next-line no-await-in-loop -- as above
    await addHelp(program, section);
    for (const [name, summary] of Object.entries(words))
      program.commands.find((command) => command.name() === name)?.summary(summary);
  }
  return entriesOf(program, '');
};

/** The commands are listed, and none of them is run. */
const nothing: Rb = new Proxy(Object.create(null), {
  get: () => {
    throw new TypeError('a section does something while it describes itself');
  },
});

const entriesOf = (command: Command, path: string): readonly CommandEntry[] => [
  {
    path,
    summary: command.summary() || command.description(),
    arguments: command.registeredArguments.map((argument) =>
      argument.required ? `<${argument.name()}>` : `[${argument.name()}]`,
    ),
    options: command.options.filter(({ hidden }) => !hidden).map(({ flags, description }) => ({ flags, description })),
  },
  ...command.commands.flatMap((child) => entriesOf(child, path === '' ? child.name() : `${path} ${child.name()}`)),
];
