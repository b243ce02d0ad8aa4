import fs from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { codeOf } from '../../engine/errors.ts';
import { recordIn, recordLike } from './chain.ts';
import { type FileOperations, createNewAtPositions, ownerOnly, syncDirectory, writeAll } from './file-operations.ts';
import { namesIn } from '../names.ts';
import { readPlainFile } from '../plain-file.ts';
import type { AuditRecord, Head } from './record.ts';

/**
 * Room that is reserved on the disk while a session is open, for the results of changes that the log itself can no longer
 * take. Its first line says which process has the session open. The others are records as the log has them, marked as spilled: the first
 * follows the log's head, each other one the line before it.
 */
export interface Spill {
  readonly path: string;
  /** Writes one line into the room and flushes it. Throws where it does not fit or the disk fails. */
  write(line: Uint8Array): void;
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
    write: (bytes) => {
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

/** The names of all spill files in a directory. */
export const spillNames = (directory: string): readonly string[] =>
  namesIn(directory).filter((name) => /\.spill(?:-\d+)?$/.test(name));

/**
 * The session's spill files: the present one, and those that a resumption had set aside when it was cut off.
 *
 * @param names what `spillNames` gave; a caller that reads many sessions asks once
 */
export const spillFiles = (directory: string, session: string, names = spillNames(directory)): readonly string[] =>
  names
    .filter((name) => name === `${session}.spill` || name.startsWith(`${session}.spill-`))
    .map((name) => join(directory, name));

/** Which process has the session open, or had when it ended without closing it. */
export const holderOf = (directory: string, session: string): Holder | undefined => {
  const [first = ''] = linesOf(spillPath(directory, session));
  try {
    const value: unknown = JSON.parse(first);
    return isHolder(value) ? value : undefined;
  } catch {
    return undefined;
  }
};

const isHolder = (value: unknown): value is Holder =>
  typeof value === 'object' &&
  value !== null &&
  'pid' in value &&
  Number.isSafeInteger(value.pid) &&
  Number(value.pid) > 0 &&
  'host' in value &&
  typeof value.host === 'string' &&
  'since' in value &&
  typeof value.since === 'string' &&
  (!('ticks' in value) || typeof value.ticks === 'string');

/** What is in a session's spill files. */
export interface Spilled {
  /** The records that follow the log's head, each the one before it. */
  readonly records: readonly AuditRecord[];
  /** How many lines are neither that nor in the log: written by an older version, after an end of the log that is lost, or not by rb. */
  readonly strangers: number;
}

/**
 * What the spill files hold besides what `isKnown` finds in the log: `head` is the log's, and `fits` says whether a record can
 * stand at that place of the session.
 */
export const spilledAfter = (
  files: readonly string[],
  session: string,
  head: Head,
  { isKnown, fits }: Readonly<Record<'isKnown' | 'fits', (record: AuditRecord) => boolean>>,
): Spilled => {
  const records: AuditRecord[] = [];
  let strangers = 0;
  for (const line of files.flatMap((file) => linesOf(file).slice(1))) {
    if (line === '') continue;
    const like = recordLike(line);
    if (like && isKnown(like)) continue;
    const record = recordIn(Buffer.from(line), session, records.at(-1) ?? head);
    if (typeof record === 'object' && record.spilled && fits(record)) records.push(record);
    else strangers += 1;
  }
  return { records, strangers };
};

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

/** None where there is no such file, or something else in its place, or more than there is room for: what is in it is an extra. */
const linesOf = (path: string): readonly string[] => {
  try {
    return readPlainFile(path, size).toString('utf8').split('\n');
  } catch {
    return [];
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
