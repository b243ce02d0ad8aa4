import { PassThrough } from 'node:stream';
import { RunbookError } from '../../engine/errors.ts';
import { drain } from '../drain.ts';
import { closedGate, openGate } from './gate.ts';
import type { Input, Terminal } from '../sink.ts';

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
 * Runs one inquirer prompt, started by `start`, and returns its answer. Everything typed before is thrown away, and what goes on
 * while the question appears (see gate.ts); `undefined` means the end of input: Ctrl-D, a closed stream, a hang-up.
 * Errors: `RunbookError('interrupted')` on Ctrl-C; the reason of `signal` when it aborts.
 */
export const ask = async <Answer>(
  terminal: Terminal,
  { signal }: AskOptions,
  start: (context: AskContext) => Promise<Answer>,
): Promise<Answer | undefined> => {
  const { stdin, stderr } = terminal.streams;
  if (signal?.aborted) throw signal.reason;
  if (stdin.destroyed || stdin.readableEnded) return undefined;
  const end = new AbortController();
  const signals = signal ? AbortSignal.any([signal, end.signal]) : end.signal;
  const release = terminal.holdRegion();
  const keyboard = openKeyboard(stdin, () => end.abort());
  try {
    const answer = start({ input: keyboard.stream, output: stderr, signal: signals });
    // Inquirer draws in a `setImmediate` of its own, which comes before this one.
    setImmediate(() => keyboard.shown());
    return await answer;
  } catch (error) {
    if (signal?.aborted) throw signal.reason;
    if (end.signal.aborted) return undefined;
    if (error instanceof Error && error.name === 'ExitPromptError')
      throw new RunbookError('interrupted', 'Cancelled at the prompt.', { cause: error });
    throw error;
  } finally {
    keyboard.close();
    release();
  }
};

interface Keyboard {
  readonly stream: NodeJS.ReadableStream;
  /** The question is on the screen. */
  shown(): void;
  /** Gives the terminal back as it was. */
  close(): void;
}

/**
 * What is typed from now on, as a stream of its own. Raw mode stays in our hands: readline would throw out of an event handler
 * when it gives a terminal back that has hung up.
 */
const openKeyboard = (stdin: Input, endOfInput: () => void): Keyboard => {
  const stream = Object.assign(new PassThrough(), { isTTY: stdin.isTTY === true, setRawMode: () => undefined });
  const ends = ['end', 'close', 'error'] as const;
  const gate = stdin.isTTY === true ? closedGate() : openGate;
  const onData = (typed: Buffer | string) => {
    const keys = gate.pass(typed);
    if (keys !== undefined) stream.write(keys);
  };
  // Ctrl-D ends the question whatever has been typed so far.
  stream.on('keypress', (_text: unknown, key: { readonly ctrl?: boolean; readonly name?: string } | undefined) => {
    if (key?.ctrl === true && key.name === 'd') endOfInput();
  });
  for (const event of ends) stdin.on(event, endOfInput);
  const gone = failsAsGone(() => drain(stdin));
  stdin.on('data', onData).resume();
  if (gone) endOfInput();
  return {
    stream,
    shown: gate.shown,
    close: () => {
      gate.close();
      stdin.off('data', onData).pause();
      for (const event of ends) stdin.off(event, endOfInput);
      if (stdin.isTTY) failsAsGone(() => stdin.setRawMode?.(false));
      stream.destroy();
    },
  };
};

/** Whether the terminal turned out to be gone: its settings cannot be changed any more. */
const failsAsGone = (change: () => void): boolean => {
  try {
    change();
    return false;
  } catch {
    return true;
  }
};
