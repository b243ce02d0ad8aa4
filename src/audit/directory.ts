import fs from 'node:fs';
import { dirname, resolve } from 'node:path';
import { codeOf, messageOf, RunbookError } from '../engine/errors.ts';
import { nodeFileOperations, syncDirectory } from './record/file-operations.ts';

/**
 * Makes sure that the directory is there and that nobody but us can change what is in it; creates it (0700, parents too).
 * Throws `RunbookError('unrecorded')` where it is a link, not a directory, somebody else's, open to others, or not writable.
 */
export const prepareAuditDirectory = (directory: string): void => {
  const owner = otherOwnerOf(directory);
  if (owner) throw unusable(directory, owner.what, owner.next);
  try {
    const first = fs.mkdirSync(directory, { recursive: true, mode: 0o700 });
    if (first !== undefined) syncCreated(directory, first);
  } catch (cause) {
    // Something else is there already; what it is gets said below.
    if (codeOf(cause) !== 'EEXIST') throw unusable(directory, messageOf(cause), [], cause);
  }
  const problem = whyUnsafe(directory);
  if (problem) throw unusable(directory, problem.what, problem.next);
};

/**
 * Why the directory is not to be made: it would be in one that belongs to another user, as with sudo and the HOME of who typed it. That
 * user could remove the log, and could not write one there any more.
 */
const otherOwnerOf = (directory: string): { what: string; next: readonly string[] } | undefined => {
  const above = nearestThatIsThere(resolve(directory));
  const { uid } = fs.statSync(above);
  const us = process.getuid?.() ?? uid;
  if (above === resolve(directory) || uid === us || uid === 0) return undefined;
  return {
    what: `it would be made in ${above}, which belongs to user ${uid}, and rb runs as user ${us}`,
    next: [
      'sudo -H rb ...: HOME is then that of the user that rb runs as',
      `or make it yourself: mkdir -pm 700 ${directory}`,
    ],
  };
};

const nearestThatIsThere = (path: string): string => (fs.existsSync(path) ? path : nearestThatIsThere(dirname(path)));

/** Why the directory cannot hold an audit log, or undefined. Changes nothing. */
const whyUnsafe = (directory: string): { what: string; next: readonly string[] } | undefined => {
  const stat = fs.lstatSync(directory);
  if (stat.isSymbolicLink())
    return { what: 'it is a symbolic link', next: ['name the directory that the link leads to in audit.directory'] };
  if (!stat.isDirectory()) return { what: 'it is not a directory', next: [] };
  const uid = process.getuid?.();
  if (uid !== undefined && stat.uid !== uid)
    return { what: `it belongs to user ${stat.uid}, and rb runs as user ${uid}`, next: [] };
  if (process.platform !== 'win32' && (stat.mode & 0o077) !== 0) {
    const mode = (stat.mode & 0o777).toString(8).padStart(4, '0');
    return { what: `others can get into it (mode ${mode})`, next: [`chmod 700 ${directory}`] };
  }
  try {
    fs.accessSync(directory, fs.constants.W_OK | fs.constants.X_OK);
  } catch (cause) {
    return { what: `it is not writable (${messageOf(cause)})`, next: [`ls -ld ${directory}`] };
  }
  return undefined;
};

const unusable = (directory: string, what: string, next: readonly string[], cause?: unknown): RunbookError =>
  new RunbookError('unrecorded', `The audit log cannot be kept in ${directory}: ${what}. Nothing was done.`, {
    next: [...next, 'or set audit.directory in runbook.config.yaml to a directory of your own'],
    ...(cause === undefined ? {} : { cause }),
  });

/** Flushes the entries of all the directories that were just made, from the innermost to the one above the first. */
const syncCreated = (directory: string, first: string): void => {
  for (let at = resolve(directory); ; at = dirname(at)) {
    syncDirectory(nodeFileOperations, dirname(at));
    if (at === resolve(first) || at === dirname(at)) return;
  }
};
