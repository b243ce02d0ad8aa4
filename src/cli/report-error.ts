import { messageOf, RunbookError } from '../engine/errors.ts';
import { command, critical, dim, multiline } from '../terminal/text.ts';
import { exitCodes } from './exit-codes.ts';
import type { Wired } from './rb.ts';

/** Says what went wrong before a session could open. Returns the exit code. */
export const reportError = async (error: unknown, rb: Pick<Wired, 'terminal' | 'globals'>): Promise<number> => {
  const terminal = await rb.terminal();
  const options = optionsOf(rb);
  if (error instanceof RunbookError) {
    const document = { error: { kind: error.kind, message: error.message, next: error.next } };
    if (options.output === 'json') terminal.json(document);
    if (options.output === 'ndjson') terminal.ndjson(document);
    terminal.alert([critical('rb: '), multiline(error.message)]);
    for (const next of error.next) terminal.alert([dim('  next: '), command(next)]);
    return exitCodes[error.kind];
  }
  terminal.alert([critical('rb: internal error (a bug in rb): '), multiline(messageOf(error))]);
  terminal.alert([dim('  next: '), 'run it again with -v and report what it prints to the maintainers of rb']);
  if (options.verbose && error instanceof Error) terminal.alert(multiline(error.stack ?? ''));
  return exitCodes.failed;
};

/** The options may be what was wrong. */
const optionsOf = (rb: Pick<Wired, 'globals'>): { readonly output: string; readonly verbose: boolean } => {
  try {
    return rb.globals();
  } catch {
    return { output: 'text', verbose: false };
  }
};
