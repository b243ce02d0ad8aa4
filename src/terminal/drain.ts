import { closeSync, constants, openSync, readSync } from 'node:fs';
import type { Input } from './sink.ts';

/**
 * Throws away everything that was typed so far: what the terminal holds and what the stream has read ahead. The input is
 * in raw mode afterwards: only then does the terminal hand over a line that was not ended yet.
 * Source of the rule: safety.md, "Input typed before the prompt appeared is drained".
 */
export const drain = (stdin: Input): void => {
  if (stdin.isTTY !== true) return;
  stdin.setRawMode?.(true);
  discardTerminal(stdin.fd ?? 0);
  // Only what is there already: `read()` on an empty stream would start to read ahead again.
  while (stdin.readableLength > 0 && stdin.read() !== null);
};

/** Opens the terminal anew, because O_NONBLOCK on our own descriptor would also hold for the shell that shares it. */
const discardTerminal = (fd: number): void => {
  const terminal = openTerminal(fd);
  if (terminal === undefined) return;
  const waste = Buffer.alloc(4096);
  try {
    while (readSync(terminal, waste) > 0);
  } catch {
    // EAGAIN: nothing is left. EIO: the terminal is gone, which the prompt finds out by itself.
  } finally {
    closeSync(terminal);
  }
};

const openTerminal = (fd: number): number | undefined => {
  const flags = constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY;
  // The first is exactly our input; the second serves where that one may not be opened (after `sudo`) or does not exist.
  for (const path of [`/proc/self/fd/${fd}`, '/dev/tty'])
    try {
      return openSync(path, flags);
    } catch {
      continue;
    }
  return undefined;
};
