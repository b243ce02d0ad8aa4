import { renameSync, rmSync, writeFileSync } from 'node:fs';
import { readPlainFile } from './plain-file.ts';

/*
 * Files of the user's that no one else may have written, in a directory that `own-directory.ts` has judged. What is a link, has
 * a second name, belongs to another user or is open to one does not count.
 */

/** Far above what is kept of a configuration of 1 MiB. */
const largest = 16 * 1024 * 1024;

/** Throws where the file is not there or not ours alone. */
export const readOwn = (path: string): string => {
  const { bytes, stat } = readPlainFile(path, { largest, followLinks: false });
  const ours = Number(stat.uid) === process.getuid?.() && (Number(stat.mode) & 0o077) === 0;
  if (stat.nlink !== 1n || !ours) throw new Error('not ours alone');
  return bytes.toString('utf8');
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
