import { Command, CommanderError, Help } from 'commander';
import { RunbookError } from '../engine/errors.ts';
import type { Help as Said, Rb, Section } from '../sections/section.ts';
import { addGlobals } from './globals.ts';
import { sections } from '../sections/catalogue.ts';

/** The command line without its commands. */
export const createProgram = (version: string): Command =>
  addGlobals(new Command('rb'))
    .description('Runs your operations runbook: shows what would happen, asks, does it, verifies it, writes it down.')
    .version(version, '-V, --version')
    .helpOption('-h, --help', 'help; also: rb <command> --help')
    .helpCommand('help [command]', 'help for a command')
    .configureHelp({ showGlobalOptions: true, formatHelp: commandsFirst })
    .addHelpText('before', examples);

const isCommands = (block: string): boolean => block.startsWith('Commands:');

/** What can be done stands above how it can be varied. */
const commandsFirst = (command: Command, help: Help): string => {
  const blocks = Help.prototype.formatHelp.call(help, command, help).trimEnd().split('\n\n');
  const firstOptions = blocks.findIndex((block) => /^(?:Options|Arguments):/.test(block));
  const rest = blocks.filter((block) => !isCommands(block));
  return `${[...rest.slice(0, firstOptions), ...blocks.filter(isCommands), ...rest.slice(firstOptions)].join('\n\n')}\n`;
};

/** Adds the commands. Only the section that is typed is loaded; of the others the help knows a line each. */
export const addSections = async (program: Command, argv: readonly string[], rb: Rb): Promise<void> => {
  const word = commandWord(argv, program) ?? '';
  const typed = sections.find(({ words }) => Object.hasOwn(words, word));
  const asksForHelp = argv.some((part) => /^(?:help|--help|-\w*h\w*)$/.test(part));
  for (const entry of typed && !asksForHelp ? [typed] : sections) {
    if (entry === typed) {
      // oxlint-disable-next-line no-await-in-loop -- one at the most, and the order of the help is that of the runbook
      const { section } = await entry.load();
      section.register(program, rb);
      // oxlint-disable-next-line no-await-in-loop -- as above
      if (asksForHelp) await addHelp(program, section);
      for (const [name, summary] of Object.entries(entry.words))
        program.commands.find((command) => command.name() === name)?.summary(summary);
    } else
      for (const [name, summary] of Object.entries(entry.words))
        program.command(name).summary(summary).description(summary);
  }
};

/** What a section says at length about its commands is loaded where it is asked for. */
export const addHelp = async (program: Command, { help }: Section): Promise<void> => {
  const all: Readonly<Record<string, Said>> = (await help?.()) ?? {};
  for (const [path, { description, examples: shown }] of Object.entries(all)) {
    const command = path
      .split(' ')
      .reduce<Command | undefined>((of, name) => of?.commands.find((one) => one.name() === name), program);
    if (!command) throw new Error(`there is help for ${path}, which is no command`);
    if (description !== undefined) command.description(description);
    if (shown !== undefined) command.addHelpText('before', shown);
  }
};

/** The first word that is no option and no value of one; of `help restart`, the second. */
export const commandWord = (argv: readonly string[], program: Command): string | undefined => {
  const withValue = program.options
    .filter((option) => option.required)
    .flatMap((option) => [option.short, option.long]);
  const words: string[] = [];
  for (let index = 0; index < argv.length; index++) {
    const word = argv[index] ?? '';
    if (withValue.includes(word)) index++;
    else if (!word.startsWith('-')) words.push(word);
  }
  return words[0] === 'help' ? words[1] : words[0];
};

/** Commander ends the process by itself and writes where it likes; neither suits us. */
export const quietly = (program: Command, write: (text: string) => void): void => {
  for (const command of [program, ...descendants(program)])
    command
      .exitOverride()
      .showSuggestionAfterError(true)
      .configureOutput({ writeOut: write, writeErr: write, outputError: () => undefined });
};

const descendants = (command: Command): readonly Command[] =>
  command.commands.flatMap((child) => [child, ...descendants(child)]);

/** What a parsing error of commander means. Undefined: help or version was shown, which is no error. */
export const parsingError = (error: CommanderError): RunbookError | undefined => {
  if (error.exitCode === 0) return undefined;
  // A section without its command: the help has been shown.
  if (error.code === 'commander.help') return new RunbookError('usage', 'Say which of these commands.');
  const [what = '', suggestion] = error.message.replace(/^error: /, '').split('\n');
  const meant = /Did you mean (?:one of )?(.{1,200})\?/.exec(suggestion ?? '')?.[1];
  return new RunbookError('usage', meant === undefined ? `${what}.` : `${what}. Did you mean ${meant}?`, {
    next: ['rb --help'],
  });
};

const examples = `Examples:
  rb                                   the runbook as a menu
  rb health                            is it up?
  rb restart --rolling --dry-run       what would a restart do?
  rb restart --rolling                 restart one instance after another
  rb audit report                      what was done, for the others
`;
