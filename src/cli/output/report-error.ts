import { messageOf, RunbookError } from '../../engine/errors.ts';
import type { Terminal } from '../../terminal/sink.ts';
import { command, critical, dim, multiline } from '../../terminal/text.ts';
import { exitCodes } from '../exit-codes.ts';
import type { Wired } from '../rb.ts';

type Sink = Pick<Terminal, 'alert' | 'json' | 'ndjson'>;

/** Says what went wrong before a session could open. Returns the exit code. */
export const reportError = async (error: unknown, rb: Pick<Wired, 'terminal' | 'globals'>): Promise<number> =>
  sayError(await rb.terminal(), rb, error);

/** The same at once. `raised`: what the error was made of, whose stack `-v` shows. */
export const sayError = (terminal: Sink, rb: Pick<Wired, 'globals'>, error: unknown, raised = error): number => {
  const options = optionsOf(rb);
  const code = say(terminal, options, error);
  if (options.verbose && raised instanceof Error && !(raised instanceof RunbookError))
    terminal.alert(multiline(raised.stack ?? ''));
  return code;
};

const say = (terminal: Sink, options: ReturnType<typeof optionsOf>, error: unknown): number => {
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
