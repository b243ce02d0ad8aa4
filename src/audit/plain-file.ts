import fs from 'node:fs';
import { codeOf } from '../engine/errors.ts';

const { O_RDONLY, O_NOFOLLOW, O_NONBLOCK } = fs.constants;

/** More than `rb` writes into one file; what is larger is not taken into memory. */
const largest = 256 * 1024 * 1024;

/**
 * Reads a plain file, never through a link. A pipe, a device or a socket in its place is neither waited for nor read.
 * Errors: those of the system, or in words what is there instead.
 */
export const readPlainFile = (path: string): Buffer => {
  requirePlain(fs.lstatSync(path));
  const fd = open(path);
  try {
    // Another one may have come into its place.
    requirePlain(fs.fstatSync(fd));
    return fs.readFileSync(fd);
  } finally {
    fs.closeSync(fd);
  }
};

/** Whether something has this name: a link that leads nowhere counts. */
export const isTaken = (path: string): boolean => fs.lstatSync(path, { throwIfNoEntry: false }) !== undefined;

const requirePlain = (stat: fs.Stats): void => {
  if (stat.isSymbolicLink()) throw new Error('it is a symbolic link');
  if (!stat.isFile()) throw new Error('it is not a regular file');
  if (stat.size > largest) throw new Error(`it is larger than ${largest / 1024 / 1024} MiB`);
};

const open = (path: string): number => {
  try {
    return fs.openSync(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
  } catch (error) {
    throw codeOf(error) === 'ELOOP' ? new Error('it is a symbolic link', { cause: error }) : error;
  }
};
