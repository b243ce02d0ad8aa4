import { CommanderError } from 'commander';
import type { Command } from 'commander';
import { menu } from '../sections/catalogue.ts';
import type { World } from '../sections/section.ts';
import { exitCodes } from './exit-codes.ts';
import { endOnFaults } from './start/faults.ts';
import { addSections, commandWord, createProgram, parsingError, quietly } from './program.ts';
import { createRb } from './rb.ts';
import type { Wired } from './rb.ts';
import { reportError, sayError } from './output/report-error.ts';

/** Parses and runs. Returns the exit code; never rejects. */
export const runCommandLine = async (world: World, version: string): Promise<number> => {
  const program = createProgram(version);
  const faults = endOnFaults((error, raised) => sayError(rb.terminalNow(), rb, error, raised));
  const rb: Wired = createRb(program, world, version, faults);
  try {
    await addSections(program, world.argv, rb);
    if (commandWord(world.argv, program) === undefined && !world.argv.some((word) => helpWords.has(word)))
      return await startPage(rb, program, world, version);
    await parse(program, world.argv, rb);
    return rb.exitCode();
  } catch (error) {
    return await reportError(error, rb);
  } finally {
    await (await rb.terminal()).flush();
    faults.release();
  }
};

/** Errors: `usage` for what commander does not understand. */
const parse = async (program: Command, argv: readonly string[], rb: Wired): Promise<void> => {
  const shown: string[] = [];
  quietly(program, (text) => void shown.push(text));
  try {
    await program.parseAsync([...argv], { from: 'user' });
  } catch (error) {
    const problem = error instanceof CommanderError ? parsingError(error) : error;
    if (problem) throw problem;
  } finally {
    if (shown.length > 0) (await rb.terminal()).document(shown.join(''));
  }
};

const helpWords = new Set(['-h', '--help', '-V', '--version', 'help']);

/** `rb` alone: the menu of the runbook at a terminal, the help everywhere else. */
const startPage = async (rb: Wired, program: Command, world: World, version: string): Promise<number> => {
  const terminal = await rb.terminal();
  if (!terminal.interactive) {
    await parse(program, ['--help'], rb);
    return exitCodes.done;
  }
  const { chooseFromMenu } = await import('../terminal/asking/menu.ts');
  const chosen = await chooseFromMenu(terminal, await menu());
  if (chosen === undefined) return exitCodes.declined;
  return runCommandLine({ ...world, argv: [...world.argv, ...chosen.split(' ')] }, version);
};
