import fs from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { codeOf } from '../engine/errors.ts';
import { isObject } from '../engine/json.ts';
import type { Json, JsonObject } from '../engine/json.ts';
import { type FileOperations, createNewAtPositions, ownerOnly, syncDirectory, writeAll } from './file-operations.ts';
import { namesIn } from './names.ts';
import { readPlainFile } from './plain-file.ts';
import { isShallow } from './record.ts';

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
  const ticks = processOf(process.pid)?.ticks;
  const holder: Holder = {
    host: hostname(),
    pid: process.pid,
    ...(ticks !== undefined && { ticks }),
    since: now.toISOString(),
  };
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
  namesIn(directory)
    .filter((name) => name === `${session}.spill` || name.startsWith(`${session}.spill-`))
    .map((name) => join(directory, name));

/** Which process has the session open, or had when it ended without closing it. */
export const holderOf = (directory: string, session: string): Holder | undefined =>
  linesOf(spillPath(directory, session)).find(isHolder);

const isHolder = (line: JsonObject): line is JsonObject & Holder =>
  typeof line['pid'] === 'number' &&
  line['pid'] > 0 &&
  typeof line['host'] === 'string' &&
  typeof line['since'] === 'string';

/** The results that were saved into the session's spill files. */
export const savedResults = (directory: string, session: string): readonly JsonObject[] =>
  spillFiles(directory, session)
    .flatMap(linesOf)
    .filter((line) => line['type'] === 'step.result');

/**
 * Is the process that made the spill file still there? A killed one whose parent has not looked at it yet, in a container without an init,
 * is not. False for another host: its processes cannot be seen.
 */
export const isAlive = (holder: Holder): boolean => {
  if (holder.host !== hostname()) return false;
  try {
    process.kill(holder.pid, 0);
  } catch (error) {
    // Another user's process may have the number by now.
    if (codeOf(error) !== 'EPERM') return false;
  }
  const now = processOf(holder.pid);
  if (!now) return true;
  // The same number may be another process by now.
  return !now.ended && (holder.ticks === undefined || now.ticks === holder.ticks);
};

/** None where there is no such file, or something else in its place: what is in it is an extra. */
const linesOf = (path: string): readonly JsonObject[] => {
  try {
    return readPlainFile(path).toString('utf8').split('\n').flatMap(parsed);
  } catch {
    return [];
  }
};

const parsed = (line: string): readonly JsonObject[] => {
  if (line === '') return [];
  try {
    const value: Json = JSON.parse(line);
    return isObject(value) && isShallow(value) ? [value] : [];
  } catch {
    return []; // cut off in the middle; what was complete counts
  }
};

/**
 * State and start of a process: the 3rd and 22nd field of /proc/<pid>/stat; the 2nd one may hold blanks and brackets (proc(5)). Undefined
 * where the system does not tell.
 */
const processOf = (pid: number): { readonly ended: boolean; readonly ticks?: string } | undefined => {
  try {
    const stat = fs.readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const [state = ''] = fields;
    const ticks = fields[19];
    // Zombie, dead.
    return { ended: ['Z', 'X', 'x'].includes(state), ...(ticks !== undefined && { ticks }) };
  } catch {
    return undefined;
  }
};
