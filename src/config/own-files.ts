import { closeSync, constants, fstatSync, openSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';

/*
 * Files of the user's that no one else may have written, in a directory that `own-directory.ts` has judged. What is a link, has
 * a second name, belongs to another user or is open to one does not count.
 */

/** Throws where the file is not there or not ours alone. */
export const readOwn = (path: string): string => {
  const fd = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  try {
    const stat = fstatSync(fd);
    const ours = stat.uid === process.getuid?.() && (stat.mode & 0o077) === 0;
    if (!stat.isFile() || stat.nlink !== 1 || !ours) throw new Error('not ours alone');
    return readFileSync(fd, 'utf8');
  } finally {
    closeSync(fd);
  }
};

/** Writes it in one piece. */
export const writeOwn = (path: string, text: string): void => {
  const draft = `${path}.${process.pid}`;
  try {
    writeFileSync(draft, text, { flag: 'wx', mode: 0o600 });
    renameSync(draft, path);
  } finally {
    rmSync(draft, { force: true });
  }
};
