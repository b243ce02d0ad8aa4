import {
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { dirname } from 'node:path';

/*
 * Files of the user's that no one else may have written. What is a link, has a second name, belongs to another user or is open
 * to one does not count.
 */

/** Throws where the file is not there or not ours alone. */
export const readOwn = (path: string): string => {
  const fd = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  try {
    const stat = fstatSync(fd);
    if (!stat.isFile() || stat.nlink !== 1 || !isOurs(stat)) throw new Error('not ours alone');
    return readFileSync(fd, 'utf8');
  } finally {
    closeSync(fd);
  }
};

/** Writes it in one piece, in a directory of ours that is made where it is absent. Throws where the directory is not ours alone. */
export const writeOwn = (path: string, text: string): void => {
  const directory = dirname(path);
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  if (!isOwnDirectory(directory)) throw new Error(`${directory} is not a directory of ours alone`);
  const draft = `${path}.${process.pid}`;
  try {
    writeFileSync(draft, text, { flag: 'wx', mode: 0o600 });
    renameSync(draft, path);
  } finally {
    rmSync(draft, { force: true });
  }
};

/** Throws where nothing is there. */
export const isOwnDirectory = (directory: string): boolean => {
  const stat = lstatSync(directory);
  return stat.isDirectory() && isOurs(stat);
};

const isOurs = ({ uid, mode }: { readonly uid: number; readonly mode: number }): boolean =>
  uid === process.getuid?.() && (mode & 0o077) === 0;
