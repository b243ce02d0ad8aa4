import { createHash } from 'node:crypto';
import fs from 'node:fs';
import { join } from 'node:path';
import { codeOf, messageOf, RunbookError } from '../../engine/errors.ts';
import { isObject } from '../../engine/json.ts';
import type { Json, JsonObject } from '../../engine/json.ts';
import type { Problem } from './chain.ts';
import { appendOrCreate, type FileOperations, ownerOnly, syncDirectory, writeAll } from './file-operations.ts';
import { isTaken, readPlainFile } from '../plain-file.ts';
import type { RecordedSession } from '../read/read.ts';
import { canonical, isSealed, isShallow, sha256 } from './record.ts';
import { isSessionId } from '../session-id.ts';

/**
 * The register of the sessions in a directory: one line for each, written when its log is opened and never changed, so that a log that is
 * removed afterwards shows. Each line holds the digest of all that its writer saw before it. Two processes may append at the same moment,
 * without a lock: then neither has seen the other's line, and the next one has seen both.
 */
export interface Register {
  readonly entries: readonly RegisterEntry[];
  /** The first damage; the entries after it are there all the same. */
  readonly problem?: Problem;
}

/** One line of the register. */
export interface RegisterEntry {
  readonly v: 1;
  readonly session: string;
  readonly at: string;
  /** SHA-256, in hex, of all bytes of the register that were there before. */
  readonly prev: string;
  /** SHA-256, in hex, of the canonical line without this field. */
  readonly hash: string;
}

export const registerPath = (directory: string): string => join(directory, 'register');

/**
 * Adds a session, durably. Returns the hash of its entry, which the first record of its log names.
 * Errors: those of the disk; `unrecorded` where there is something else in the register's place.
 */
export const enterSession = (files: FileOperations, directory: string, session: string, now: Date): string => {
  const path = registerPath(directory);
  const isNew = !isTaken(path);
  const fd = openRegister(files, path);
  try {
    const before = readWhole(path);
    // What a process has left unfinished stays as it is, on a line of its own.
    const start = isWhole(before) ? '' : '\n';
    const prev = createHash('sha256').update(before).update(start).digest('hex');
    const entry = { v: 1, session, at: now.toISOString(), prev } as const;
    const hash = sha256(canonical(entry));
    writeAll(files, fd, Buffer.from(`${start}${canonical({ ...entry, hash })}\n`));
    files.sync(fd);
    if (isNew) syncDirectory(files, directory);
    return hash;
  } finally {
    files.close(fd);
  }
};

/** Reads and checks the register; undefined if it does not exist. */
export const readRegister = (directory: string): Register | undefined => {
  let bytes: Buffer;
  try {
    bytes = readPlainFile(registerPath(directory));
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined;
    return { entries: [], problem: { line: 0, what: `it cannot be read, ${messageOf(error)}` } };
  }
  const entries: RegisterEntry[] = [];
  const sessions = new Set<string>();
  const digest = createHash('sha256');
  /** What a line may have seen: all that was there before it, or a part. */
  const seen = new Set([digest.copy().digest('hex')]);
  let problem: Problem | undefined;
  let from = 0;
  for (let line = 1, end = bytes.indexOf(lineBreak); end >= 0; line += 1, end = bytes.indexOf(lineBreak, from)) {
    const text = bytes.toString('utf8', from, end);
    const entry = entryIn(text);
    if (typeof entry === 'object') {
      if (!seen.has(entry.prev)) problem ??= { line, what: 'what stood before it was changed or removed' };
      if (sessions.has(entry.session)) problem ??= { line, what: `it has the session ${entry.session} a second time` };
      sessions.add(entry.session);
      entries.push(entry);
    } else if (entry !== undefined) problem ??= { line, what: entry };
    digest.update(bytes.subarray(from, end + 1));
    seen.add(digest.copy().digest('hex'));
    from = end + 1;
  }
  if (!isUnfinished(bytes.toString('utf8', from)))
    problem ??= { line: 0, what: 'what stands at its end is not the beginning of an entry' };
  return { entries, ...(problem && { problem }) };
};

/** What the register needs to know of a session that was read. */
export const inRegister = ({ session, register }: RecordedSession): Pick<RecordedSession, 'session' | 'register'> => ({
  session,
  ...(register !== undefined && { register }),
});

/** What is wrong with the register, seen from the logs too: each names its entry. */
export const registerProblem = (
  directory: string,
  sessions: readonly Pick<RecordedSession, 'session' | 'register'>[],
): Problem | undefined => {
  const register = readRegister(directory);
  if (register?.problem) return register.problem;
  const hashes = new Set(register?.entries.map(({ hash }) => hash));
  const lost = sessions.find((one) => one.register !== undefined && !hashes.has(one.register));
  if (!lost) return undefined;
  return {
    line: 0,
    what: register ? `the entry of the session ${lost.session} is not in it any more` : 'it is missing',
  };
};

const lineBreak = 0x0a;

const isWhole = (bytes: Uint8Array): boolean => bytes.length === 0 || bytes.at(-1) === lineBreak;

/** Another process may be within its line at this moment. */
const readWhole = (path: string): Buffer => {
  for (let tries = 0; tries < 5; tries += 1) {
    const bytes = readPlainFile(path);
    if (isWhole(bytes)) return bytes;
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5);
  }
  return readPlainFile(path);
};

const openRegister = (files: FileOperations, path: string): number => {
  const fd = files.open(path, appendOrCreate, ownerOnly);
  if (fs.fstatSync(fd).isFile()) return fd;
  files.close(fd);
  throw notARegister(path);
};

const notARegister = (path: string): RunbookError =>
  new RunbookError('unrecorded', `The register of sessions ${path} is not a regular file. Nothing was done.`, {
    next: [`ls -l ${path}`, 'move it out of the directory: the next session begins a new one'],
  });

/** The entry of a line, or what is wrong with it; undefined for one that was not finished. */
const entryIn = (line: string): RegisterEntry | string | undefined => {
  const entry = parsed(line);
  if (!entry) return !line.endsWith('}') && isUnfinished(line) ? undefined : 'it is not an entry';
  return isSealed(entry, line) ? entry : 'it was changed after it was written';
};

/** Whether a text is the beginning of an entry, of a process that was stopped while it wrote. */
const isUnfinished = (text: string): boolean => {
  const start = '{"at":"';
  return !/[\0-\x1f]/.test(text) && (text.startsWith(start) || start.startsWith(text));
};

const parsed = (line: string): RegisterEntry | undefined => {
  try {
    const value: Json = JSON.parse(line);
    return isShallow(value) && isEntry(value) ? value : undefined;
  } catch {
    return undefined;
  }
};

const isEntry = (value: Json): value is JsonObject & RegisterEntry =>
  isObject(value) &&
  value['v'] === 1 &&
  ['at', 'prev', 'hash'].every((key) => typeof value[key] === 'string') &&
  typeof value['session'] === 'string' &&
  isSessionId(value['session']);
