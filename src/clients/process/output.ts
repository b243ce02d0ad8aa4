import { closeSync, constants, fstatSync, ftruncateSync, mkdtempSync, openSync, readSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { StringDecoder } from 'node:string_decoder';
import { setImmediate as nextTurn } from 'node:timers/promises';

/** Kept of each stream, in bytes: this much from its beginning and this much from its end. */
const keptAtEachEnd = 512 * 1024;
/** The file is emptied when it gets bigger and all of it was read. */
const fileLimit = 8 * 1024 * 1024;
/** Read in one turn, in bytes. The timeout, Ctrl-C and the other stream come in between. */
const turnLimit = 1024 * 1024;
/** What a command may print on one stream, in bytes. One that prints more is taken for one that never ends. */
export const printLimit = 64 * 1024 * 1024;
const lineLimit = 8 * 1024;

/** Takes bytes and gives the text that may be shown by now; a secret may go on in the next bytes or lines. */
export interface TextFilter {
  write(chunk: Buffer): string;
  end(): string;
}

/** One output stream of a command. */
export interface Output {
  /** To be given to the command. */
  readonly fd: number;
  /** Takes in what was written since the last time, at most 1 MiB of it. Returns whether there is more. */
  read(): boolean;
  /** Whether the command printed more than the 64 MiB that it may. What comes after them is thrown away. */
  tooMuch(): boolean;
  /** Takes in the rest and gives the file back. Returns the text, with a line that says how much was left out in the middle. */
  close(): Promise<string>;
}

/**
 * Opens a nameless file as a command's output. A file and not a pipe: when `rb` is killed, the command goes on undisturbed instead of dying of its
 * next write, half-way through a restart; and a server that the command leaves behind does not keep `rb` waiting for the end of the pipe.
 */
export const openOutput = (
  directory: string,
  onLine?: (line: string) => void,
  filter: TextFilter = decoder(),
): Output => {
  const folder = mkdtempSync(join(directory, 'rb-'));
  let fd: number;
  try {
    const flags = constants.O_RDWR | constants.O_CREAT | constants.O_EXCL | constants.O_APPEND;
    fd = openSync(join(folder, 'output'), flags, 0o600);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  const ends = keepEnds();
  const lines = onLine && splitLines(onLine, filter);
  const chunk = Buffer.alloc(64 * 1024);
  let offset = 0;

  let thrownAway = 0;
  let isOver = false;

  const readSome = (): boolean => {
    for (let left = turnLimit; left > 0; left -= chunk.length) {
      const length = readSync(fd, chunk, 0, chunk.length, offset);
      if (length === 0) return false;
      offset += length;
      ends.add(chunk.subarray(0, length));
      lines?.add(chunk.subarray(0, length));
    }
    return true;
  };
  /** Empties the file. A command goes on at its beginning: it was opened for appending. */
  const empty = (size: number) => {
    ftruncateSync(fd, 0);
    thrownAway += size;
    offset = 0;
  };
  const read = (): boolean => {
    const { size } = fstatSync(fd);
    isOver ||= thrownAway + size > printLimit;
    if (isOver) {
      ends.cut(Math.max(0, size - offset));
      empty(size);
      return false;
    }
    // A command may empty its own output (`> /dev/stdout`): go on from the beginning then.
    if (size < offset) offset = 0;
    const more = readSome();
    if (!more && offset > fileLimit) empty(offset);
    return more;
  };
  const close = async (): Promise<string> => {
    try {
      // oxlint-disable-next-line no-await-in-loop -- a turn each
      while (read()) await nextTurn();
      lines?.end();
    } finally {
      closeSync(fd);
    }
    return ends.text();
  };
  return { fd, read, tooMuch: () => isOver, close };
};

/** The beginning and the end of what was added, in pieces: nothing is copied twice, however much there is. */
const keepEnds = () => {
  const head: Buffer[] = [];
  const tail: Buffer[] = [];
  let [headLength, tailLength, leftOut, unread] = [0, 0, 0, 0];
  return {
    add(chunk: Buffer) {
      const toHead = chunk.subarray(0, keptAtEachEnd - headLength);
      if (toHead.length > 0) head.push(Buffer.from(toHead));
      headLength += toHead.length;
      const rest = chunk.subarray(toHead.length);
      if (rest.length > 0) tail.push(Buffer.from(rest));
      tailLength += rest.length;
      for (let first = tail[0]; first && tailLength - first.length >= keptAtEachEnd; first = tail[0]) {
        tail.shift();
        tailLength -= first.length;
        leftOut += first.length;
      }
    },
    /** What came after everything that was added, and is not known. */
    cut: (bytes: number) => void (unread += bytes),
    text() {
      const end = Buffer.concat(tail);
      const over = Math.max(0, end.length - keptAtEachEnd);
      const shown =
        leftOut + over === 0
          ? Buffer.concat([...head, end]).toString('utf8')
          : `${Buffer.concat(head).toString('utf8')}\n[${leftOut + over} bytes left out]\n${end.subarray(over).toString('utf8')}`;
      return unread === 0 ? shown : `${shown}\n[${unread} bytes after that were not read]\n`;
    },
  };
};

const decoder = (): TextFilter => {
  const utf8 = new StringDecoder('utf8');
  return { write: (chunk) => utf8.write(chunk), end: () => utf8.end() };
};

const splitLines = (onLine: (line: string) => void, filter: TextFilter) => {
  let open = '';
  const add = (text: string) => {
    const parts = (open + text).split(/\r?\n/);
    open = (parts.pop() ?? '').slice(0, lineLimit);
    for (const line of parts) onLine(line.slice(0, lineLimit));
  };
  return {
    add: (chunk: Buffer) => add(filter.write(chunk)),
    end() {
      add(filter.end());
      if (open !== '') onLine(open);
    },
  };
};
