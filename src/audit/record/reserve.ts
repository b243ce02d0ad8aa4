import { randomBytes } from 'node:crypto';
import fs from 'node:fs';
import { join } from 'node:path';
import { codeOf } from '../../engine/errors.ts';
import { type FileOperations, ownerOnly } from './file-operations.ts';

const size = 1024 * 1024;
/** The reserve is not worth the last room that others have. */
const leastFree = 4 * size;

/** A file of 1 MiB in the audit directory, there to be given up: on a full disk a session can still be recorded, and free it. */
const reservePath = (directory: string): string => join(directory, 'reserve');

/** The same disk, on which the reserve is given up before a file cannot be made or written for want of space. */
export const withReserve = (files: FileOperations, directory: string): FileOperations => {
  const giveUp = (): boolean => {
    try {
      files.remove(reservePath(directory));
      return true;
    } catch {
      return false;
    }
  };
  const retried = <Result>(work: () => Result): Result => {
    try {
      return work();
    } catch (error) {
      if (!isFull(error) || !giveUp()) throw error;
      return work();
    }
  };
  return {
    ...files,
    open: (...given) => retried(() => files.open(...given)),
    write: (...given) => {
      const written = retried(() => files.write(...given));
      // Some disks take nothing and do not say why.
      return written === 0 && giveUp() ? files.write(...given) : written;
    },
  };
};

/** Makes the reserve where it is missing and there is room for it. Where that fails the next session tries again. */
export const refillReserve = (directory: string): void => {
  const path = reservePath(directory);
  try {
    const present = fs.statSync(path, { throwIfNoEntry: false })?.size;
    const { bavail, bsize } = fs.statfsSync(directory);
    if (present === size || bavail * bsize < leastFree) return;
    // What a process left that was killed while it wrote it.
    if (present !== undefined) fs.rmSync(path);
    // Random: a file system that compresses would keep no room for zeros.
    fs.writeFileSync(path, randomBytes(size), { flag: 'wx', mode: ownerOnly });
  } catch {
    // A session has ended well without it. Half of a reserve is removed by the next one.
  }
};

const isFull = (error: unknown): boolean => ['ENOSPC', 'EDQUOT'].includes(codeOf(error) ?? '');
