import fs from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import type { Event } from '../engine/events.ts';
import { type FileOperations, createNewAtPositions, ownerOnly, syncDirectory, writeAll } from './file-operations.ts';

/**
 * Room that is reserved on the disk while a session is open, for the results of steps that the log itself can no longer
 * take. Its first line says which process has the session open.
 */
export interface Spill {
  readonly path: string;
  /** Writes one line into the room and flushes it. Throws where it does not fit or the disk fails. */
  write(line: string): void;
  /** Closes it, and removes it unless it was written to. A second time it does nothing. */
  close(): void;
}

/** Who has a session open. */
export interface Holder {
  readonly host: string;
  readonly pid: number;
  /** When the process started, in the kernel's ticks since boot; absent where /proc does not tell. */
  readonly ticks?: string;
  readonly since: string;
}

const size = 16 * 1024;

export const spillPath = (directory: string, session: string): string => join(directory, `${session}.spill`);

/** Takes the room by writing it full. Throws where the disk has no such room, or the file is there already. */
export const reserveSpill = (files: FileOperations, directory: string, session: string, now: Date): Spill => {
  const path = spillPath(directory, session);
  const fd = files.open(path, createNewAtPositions, ownerOnly);
  const holder: Holder = { host: hostname(), pid: process.pid, ...ticksOf(process.pid), since: now.toISOString() };
  const first = `${JSON.stringify(holder)}\n`;
  let position = Buffer.byteLength(first);
  let used = false;
  let closed = false;
  try {
    writeAll(files, fd, Buffer.from(first.padEnd(size, '\n')), 0);
    files.sync(fd);
  } catch (error) {
    files.close(fd);
    files.remove(path);
    throw error;
  }
  return {
    path,
    write: (line) => {
      const bytes = Buffer.from(line);
      if (bytes.length > size - position) throw new Error('the spill file is full');
      writeAll(files, fd, bytes, position);
      // Its name is only worth a flush now that there is something in it.
      if (!used) syncDirectory(files, directory);
      used = true;
      position += bytes.length;
      files.syncData(fd);
    },
    close: () => {
      if (closed) return;
      closed = true;
      try {
        // It is kept for what it holds, and nobody has the session open any more.
        if (used) writeAll(files, fd, Buffer.alloc(Buffer.byteLength(first), '\n'), 0);
        else files.remove(path);
      } finally {
        files.close(fd);
      }
    },
  };
};

/** The session's spill files: the present one, and those that a resumption had set aside when it was cut off. */
export const spillFiles = (directory: string, session: string): readonly string[] =>
  fs
    .readdirSync(directory)
    .filter((name) => name === `${session}.spill` || name.startsWith(`${session}.spill-`))
    .map((name) => join(directory, name));

/** Which process has the session open, or had when it ended without closing it. */
export const holderOf = (directory: string, session: string): Holder | undefined =>
  linesOf(spillPath(directory, session)).find((line) => 'pid' in line) as Holder | undefined;

/** The events that were saved into the session's spill files. */
export const savedEvents = (directory: string, session: string): readonly Event[] =>
  spillFiles(directory, session)
    .flatMap(linesOf)
    .filter((line) => 'type' in line) as unknown as Event[];

/** Is the process that made the spill file still there? False for another host: its processes cannot be seen. */
export const isAlive = (holder: Holder): boolean => {
  if (holder.host !== hostname()) return false;
  try {
    process.kill(holder.pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
  // The same number may be another process by now.
  const { ticks } = ticksOf(holder.pid);
  return holder.ticks === undefined || ticks === undefined || ticks === holder.ticks;
};

const linesOf = (path: string): readonly object[] => {
  try {
    return fs.readFileSync(path, 'utf8').split('\n').flatMap(parsed);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
};

const parsed = (line: string): readonly object[] => {
  if (line === '') return [];
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === 'object' && value !== null ? [value] : [];
  } catch {
    return []; // cut off in the middle; what was complete counts
  }
};

/** The 22nd field of /proc/<pid>/stat; the second one may hold blanks and brackets (proc(5)). */
const ticksOf = (pid: number): { ticks?: string } => {
  try {
    const stat = fs.readFileSync(`/proc/${pid}/stat`, 'utf8');
    const ticks = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
    return ticks === undefined ? {} : { ticks };
  } catch {
    return {};
  }
};
