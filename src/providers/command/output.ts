import { closeSync, constants, fstatSync, ftruncateSync, mkdtempSync, openSync, readSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { StringDecoder } from 'node:string_decoder';

/** Kept of each stream, in bytes: this much from its beginning and this much from its end. */
const keptAtEachEnd = 512 * 1024;
/** The file is emptied when it gets bigger: a command that never stops talking must not fill the disk. */
const fileLimit = 8 * 1024 * 1024;
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
  /** Takes in what was written since the last time. */
  read(): void;
  /** Takes in the rest and gives the file back. Returns the text, with a line that says how much was left out in the middle. */
  close(): string;
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

  const next = () => readSync(fd, chunk, 0, chunk.length, offset);

  const read = (): void => {
    // A command may empty its own output (`> /dev/stdout`): go on from the beginning then.
    if (fstatSync(fd).size < offset) offset = 0;
    for (let length = next(); length > 0; length = next()) {
      offset += length;
      ends.add(chunk.subarray(0, length));
      lines?.add(chunk.subarray(0, length));
    }
    if (offset > fileLimit) {
      ftruncateSync(fd, 0);
      offset = 0;
    }
  };
  const close = (): string => {
    try {
      read();
      lines?.end();
    } finally {
      closeSync(fd);
    }
    return ends.text();
  };
  return { fd, read, close };
};

const keepEnds = () => {
  let head = Buffer.alloc(0);
  let tail = Buffer.alloc(0);
  let leftOut = 0;
  return {
    add(chunk: Buffer) {
      const toHead = chunk.subarray(0, keptAtEachEnd - head.length);
      if (toHead.length > 0) head = Buffer.concat([head, toHead]);
      const rest = chunk.subarray(toHead.length);
      if (rest.length === 0) return;
      const joined = Buffer.concat([tail, rest]);
      const over = Math.max(0, joined.length - keptAtEachEnd);
      leftOut += over;
      tail = joined.subarray(over);
    },
    text: () =>
      leftOut === 0
        ? Buffer.concat([head, tail]).toString('utf8')
        : `${head.toString('utf8')}\n[${leftOut} bytes left out]\n${tail.toString('utf8')}`,
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
