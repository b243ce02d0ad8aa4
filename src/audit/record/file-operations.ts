import fs from 'node:fs';

/** The calls that the log's durability rests on; a test puts failing disks in their place. */
export interface FileOperations {
  open(path: string, flags: number, mode: number): number;
  /** Returns how many bytes were written: on a disk that is just full, fewer than given and no error. At the end where `position` is null. */
  write(fd: number, bytes: Uint8Array, offset: number, length: number, position: number | null): number;
  size(fd: number): number;
  /** Flushes the data and what is needed to find it. */
  syncData(fd: number): void;
  sync(fd: number): void;
  truncate(fd: number, size: number): void;
  close(fd: number): void;
  remove(path: string): void;
}

export const nodeFileOperations: FileOperations = {
  open: (path, flags, mode) => fs.openSync(path, flags, mode),
  write: (fd, bytes, offset, length, position) => fs.writeSync(fd, bytes, offset, length, position),
  size: (fd) => fs.fstatSync(fd).size,
  syncData: (fd) => fs.fdatasyncSync(fd),
  sync: (fd) => fs.fsyncSync(fd),
  truncate: (fd, size) => fs.ftruncateSync(fd, size),
  close: (fd) => fs.closeSync(fd),
  remove: (path) => fs.unlinkSync(path),
};

const { O_CREAT, O_EXCL, O_NOFOLLOW, O_NONBLOCK, O_RDONLY, O_DIRECTORY, O_WRONLY, O_APPEND, O_RDWR } = fs.constants;

/** A new file that only its owner reads, never through a link and never one that is there already. */
export const createNew = O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_NOFOLLOW;
/** The same for one that is written at positions; Linux ignores positions on O_APPEND. */
export const createNewAtPositions = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW;
/** One that is there. A pipe in its place is opened without waiting for its other end. */
export const appendToOurs = O_RDWR | O_APPEND | O_NOFOLLOW | O_NONBLOCK;
/** The same, made where it is missing. */
export const appendOrCreate = appendToOurs | O_CREAT;
export const ownerOnly = 0o600;

/** Writes all bytes, however short the single writes are. Throws what the disk says; an ENOSPC where it silently takes nothing. */
export const writeAll = (
  files: FileOperations,
  fd: number,
  bytes: Uint8Array,
  position: number | null = null,
): void => {
  for (let done = 0; done < bytes.length;) {
    const at = position === null ? null : position + done;
    const written = files.write(fd, bytes, done, bytes.length - done, at);
    if (written === 0) throw Object.assign(new Error('the disk takes no more'), { code: 'ENOSPC' });
    done += written;
  }
};

/** Creates a file with its content and makes both durable, the directory's entry too. */
export const writeNewFile = (files: FileOperations, directory: string, path: string, bytes: Uint8Array): void => {
  const fd = files.open(path, createNew, ownerOnly);
  try {
    writeAll(files, fd, bytes);
    files.sync(fd);
  } finally {
    files.close(fd);
  }
  syncDirectory(files, directory);
};

/** A new file survives a power failure only once its directory is flushed. */
export const syncDirectory = (files: FileOperations, directory: string): void => {
  const fd = files.open(directory, O_RDONLY | O_DIRECTORY, 0);
  try {
    files.sync(fd);
  } finally {
    files.close(fd);
  }
};
