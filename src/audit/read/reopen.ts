import fs from 'node:fs';
import { join } from 'node:path';
import { codeOf, RunbookError } from '../../engine/errors.ts';
import type { JsonObject } from '../../engine/json.ts';
import { damaged, type Problem } from '../record/chain.ts';
import { prepareAuditDirectory } from '../directory.ts';
import { appendToOurs, type FileOperations, nodeFileOperations, writeNewFile } from '../record/file-operations.ts';
import { logPath, toStandardError } from '../record/file.ts';
import type { AuditLog } from '../port.ts';
import { type Head, sha256 } from '../record/record.ts';
import { withReserve } from '../record/reserve.ts';
import { isTaken, readFrom } from '../plain-file.ts';
import { readSession } from './read.ts';
import type { RecordedSession } from './read.ts';
import { holderOf, isAlive, reserveSpill, type Spill, spillFiles, spillPath } from '../record/spill.ts';
import { type AuditOptions, createWriter, unrecorded } from '../record/writer.ts';

/**
 * Opens the audit file of a session that goes on. A torn end is copied aside (`<session>.torn-<n>`) and cut off, and the
 * cut is recorded; results that had gone to the spill file are taken into the log as they are.
 *
 * Throws `RunbookError`: `refused` where the log is damaged anywhere else (saying where), where another process has the
 * session open, or has gone on with it since `seen`, the end that the caller knows; `usage` if the session does not exist,
 * `unrecorded` where the log cannot be written.
 */
export const reopenAuditLog = (options: AuditOptions & { readonly seen?: Head }): AuditLog => {
  const { directory, session, clock, seen, lastResort = toStandardError } = options;
  const files = withReserve(options.files ?? nodeFileOperations, directory);
  const path = logPath(directory, session);
  prepareAuditDirectory(directory);
  refuseIfOpen(directory, session);
  const fd = openOurs(files, path, session);
  let spill: Spill | undefined;
  try {
    const recorded = readSession(path);
    const { problem, torn, complete, head, saved, strangers } = recorded;
    if (problem) throw damagedLog(recorded, problem);
    if (seen && seen.hash !== head.hash)
      throw new RunbookError('refused', `Session ${session} has gone on in the meantime.`, {
        next: [`rb audit show ${session}`, `rb resume ${session}`],
      });
    const old = setAside(directory, session);
    spill = reserveSpill(files, directory, session, clock.now());
    const cut = torn && cutTorn(files, fd, directory, recorded);
    const log = createWriter({ path, fd, size: complete, head, spill }, { ...options, files, lastResort });
    const now = { at: clock.now().toISOString(), monotonicMs: clock.monotonic() };
    // First: they follow what is in the log now.
    log.takeOver(saved);
    if (cut) log.record({ type: 'audit.cut', ...cut, ...now });
    // What does not belong to the log is kept as evidence of where it came from.
    if (strangers === 0) for (const file of old) removeIfPossible(files, file);
    return log;
  } catch (cause) {
    spill?.close();
    files.close(fd);
    throw cause instanceof RunbookError ? cause : unrecorded(path, session, cause);
  }
};

const refuseIfOpen = (directory: string, session: string): void => {
  const holder = holderOf(directory, session);
  if (!holder || !isAlive(holder)) return;
  throw new RunbookError(
    'refused',
    `Session ${session} is still open in process ${holder.pid} on ${holder.host} (since ${holder.since}).`,
    { next: ['let it end, or interrupt it there, then resume'] },
  );
};

/** Opens the file for appending and makes sure that it is a plain file of ours that nobody else can write. */
const openOurs = (files: FileOperations, path: string, session: string): number => {
  let fd: number;
  try {
    fd = files.open(path, appendToOurs, 0);
  } catch (cause) {
    if (codeOf(cause) === 'ENOENT')
      throw new RunbookError('usage', `There is no session ${session} (${path}).`, { next: ['rb audit list'] });
    throw unrecorded(path, session, cause);
  }
  const stat = fs.fstatSync(fd);
  const uid = process.getuid?.() ?? stat.uid;
  const why =
    (!stat.isFile() && 'it is not a file') ||
    (stat.uid !== uid && `it belongs to user ${stat.uid}`) ||
    (stat.nlink !== 1 && `it has ${stat.nlink} names (hard links)`) ||
    (process.platform !== 'win32' && (stat.mode & 0o077) !== 0 && 'others can read or write it');
  if (!why) return fd;
  files.close(fd);
  throw unrecorded(path, session, new Error(why));
};

/** Copies the torn end aside, durably, before it cuts it off. */
const cutTorn = (
  files: FileOperations,
  fd: number,
  directory: string,
  { path, session, complete }: RecordedSession,
): JsonObject => {
  const torn = readFrom(path, complete);
  for (let n = 1; ; n += 1) {
    const file = `${session}.torn-${n}`;
    if (isTaken(join(directory, file))) continue;
    writeNewFile(files, directory, join(directory, file), torn);
    files.truncate(fd, complete);
    files.sync(fd);
    return { file, bytes: torn.length, digest: sha256(torn) };
  }
};

/**
 * Frees the spill file's name. Returns the files that can go once what they hold is in the log; there are several where
 * a resumption was itself cut off.
 */
const setAside = (directory: string, session: string): readonly string[] => {
  const present = spillPath(directory, session);
  if (isTaken(present)) {
    let n = 1;
    while (isTaken(`${present}-${n}`)) n += 1;
    fs.renameSync(present, `${present}-${n}`);
  }
  return spillFiles(directory, session);
};

/** The log now has their content, so a leftover file does no harm. */
const removeIfPossible = (files: FileOperations, path: string): void => {
  try {
    files.remove(path);
  } catch {
    // Something else was put into its place.
  }
};

/** Why a session does not go on. */
export const damagedLog = (
  { path, session }: Pick<RecordedSession, 'path' | 'session'>,
  problem: Problem,
): RunbookError =>
  new RunbookError('refused', `The audit log ${path} is ${damaged(problem)}. It is not written to any more.`, {
    next: [`rb audit verify ${session}`, 'run the command again'],
  });
