import fs from 'node:fs';
import { openPlainFile, readPlainFile as readBounded } from '../files/plain-file.ts';

/** More than `rb` writes into one file; what is larger is not taken into memory. */
const largest = 256 * 1024 * 1024;

/**
 * Reads a plain file, never through a link. A pipe, a device or a socket in its place is neither waited for nor read.
 * Errors: those of the system, or in words what is there instead.
 */
export const readPlainFile = (path: string, most = largest): Buffer =>
  readBounded(path, { largest: most, followLinks: false }).bytes;

/** The bytes of a plain file from `start` on. Errors: as of `readPlainFile`. */
export const readFrom = (path: string, start: number): Buffer => {
  const fd = open(path);
  try {
    const bytes = Buffer.alloc(Math.max(0, fs.fstatSync(fd).size - start));
    return bytes.subarray(0, fs.readSync(fd, bytes, 0, bytes.length, start));
  } finally {
    fs.closeSync(fd);
  }
};

/**
 * The lines of a plain file, without their line breaks, in the order of the file; returns what follows the last line break. A line is
 * valid until the next one is asked for. One of `longest` bytes or more ends the reading and may be incomplete, so the file can have
 * any size. Errors: as of `readPlainFile`.
 */
export function* linesOf(path: string, longest: number): Generator<Uint8Array, Uint8Array> {
  const fd = open(path);
  try {
    const room = Buffer.allocUnsafe(longest + chunk);
    let filled = 0;
    for (;;) {
      const read = fs.readSync(fd, room, filled, room.length - filled, null);
      if (read === 0) return room.subarray(0, filled);
      filled += read;
      let from = 0;
      for (let end = room.indexOf(lineBreak); end >= 0 && end < filled; end = room.indexOf(lineBreak, from)) {
        yield room.subarray(from, end);
        from = end + 1;
      }
      if (filled - from >= longest) {
        yield room.subarray(from, filled);
        return empty;
      }
      room.copyWithin(0, from, filled);
      filled -= from;
    }
  } finally {
    fs.closeSync(fd);
  }
}

const lineBreak = 0x0a;
const chunk = 64 * 1024;
const empty = new Uint8Array();

/** Read piece by piece, it may have any size. */
const open = (path: string): number =>
  openPlainFile(path, { largest: Number.POSITIVE_INFINITY, followLinks: false }).fd;

/** Whether something has this name: a link that leads nowhere counts. */
export const isTaken = (path: string): boolean => fs.lstatSync(path, { throwIfNoEntry: false }) !== undefined;
