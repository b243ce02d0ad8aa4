import type { Command, Option } from 'commander';
import { createProgram } from '../../src/cli/program.ts';
import { sections } from '../../src/sections/catalogue.ts';
import type { Rb } from '../../src/sections/section.ts';

/** A command of `rb` with ways to type it. */
export interface CommandLines {
  /** `restart status`. */
  readonly command: string;
  readonly lines: readonly string[];
  /** The same with each option. */
  readonly withOptions: readonly string[];
}

/** What an option or an argument may be given, by what the help calls it; anything else where it has no such name. */
const values: Readonly<Record<string, string>> = {
  n: '1',
  pid: '1',
  seconds: '1',
  duration: '6h',
  size: '1MB',
  server: 'replica-1',
  id: 'app-1',
  order: 'total',
  table: 'shop.orders',
  name: 'main',
};
const valueOf = (name: string): string => values[name] ?? 'other';

/** Every command of the program, alone and with each of its options and arguments. */
export const commandLines = async (): Promise<readonly CommandLines[]> => {
  const program = createProgram('0');
  for (const entry of sections) {
    // oxlint-disable-next-line no-await-in-loop -- in the order of the help
    const { section } = await entry.load();
    section.register(program, {} as Rb);
  }
  return leavesOf(program).map(({ path, leaf }) => {
    const command = path.join(' ');
    const required = leaf.registeredArguments.some((argument) => argument.required);
    const lines = [
      ...(required ? [] : [command]),
      ...leaf.registeredArguments.map((argument) => `${command} ${valueOf(argument.name())}`),
    ];
    const options = leaf.options.map(written);
    return { command, lines, withOptions: options.flatMap((option) => lines.map((line) => `${line} ${option}`)) };
  });
};

const leavesOf = (
  command: Command,
  above: readonly string[] = [],
): readonly { path: readonly string[]; leaf: Command }[] =>
  command.commands.flatMap((child) => {
    const path = [...above, child.name()];
    // `restart` is a command and has some: what it does by itself is its own options.
    const own = child.commands.length === 0 || child.options.length > 0;
    return [...(own ? [{ path, leaf: child }] : []), ...leavesOf(child, path)];
  });

const written = ({ long, flags, required }: Option): string =>
  required ? `${long} ${valueOf(/<(.+)>/.exec(flags)?.[1] ?? '')}` : (long ?? '');
