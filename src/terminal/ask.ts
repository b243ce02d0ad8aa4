import { RunbookError } from '../engine/errors.ts';
import { drain } from './drain.ts';
import type { Terminal } from './sink.ts';

/** What an inquirer prompt needs to run on our streams. */
export interface AskContext {
  readonly input: NodeJS.ReadableStream;
  readonly output: NodeJS.WritableStream;
  readonly signal: AbortSignal;
}

export interface AskOptions {
  /** Ends the question from outside; `ask` then rejects with its reason. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Runs one inquirer prompt, started by `start`, and returns its answer. Everything typed before is thrown away; `undefined` means the
 * end of input: Ctrl-D, a closed stream, a hang-up.
 * Errors: `RunbookError('interrupted')` on Ctrl-C; the reason of `signal` when it aborts.
 */
export const ask = async <Answer>(
  terminal: Terminal,
  { signal }: AskOptions,
  start: (context: AskContext) => Promise<Answer>,
): Promise<Answer | undefined> => {
  const { stdin, stderr } = terminal.streams;
  const end = new AbortController();
  const endOfInput = () => end.abort();
  const onKey = (_text: unknown, key: { readonly ctrl?: boolean; readonly name?: string } | undefined) => {
    if (key?.ctrl === true && key.name === 'd') endOfInput();
  };
  const stopped = () => signal?.aborted === true;
  if (stopped()) throw signal?.reason;
  if (stdin.destroyed || stdin.readableEnded) return undefined;

  const release = terminal.holdRegion();
  const ends = ['end', 'close', 'error'] as const;
  for (const event of ends) stdin.on(event, endOfInput);
  stdin.on('keypress', onKey);
  try {
    drain(stdin);
    const signals = signal ? AbortSignal.any([signal, end.signal]) : end.signal;
    return await start({ input: stdin, output: stderr, signal: signals });
  } catch (error) {
    if (stopped()) throw signal?.reason;
    if (end.signal.aborted) return undefined;
    if (error instanceof Error && error.name === 'ExitPromptError')
      throw new RunbookError('interrupted', 'Cancelled at the prompt.', { cause: error });
    throw error;
  } finally {
    for (const event of ends) stdin.off(event, endOfInput);
    stdin.off('keypress', onKey);
    if (stdin.isTTY && !stdin.destroyed) stdin.setRawMode?.(false);
    release();
  }
};
