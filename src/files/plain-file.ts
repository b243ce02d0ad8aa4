import fs from 'node:fs';
import type { BigIntStats } from 'node:fs';
import { codeOf, messageOf } from '../engine/errors.ts';

const { O_RDONLY, O_NOFOLLOW, O_NONBLOCK } = fs.constants;

/** A file as it was read: its bytes, and what its descriptor said of it. */
export interface PlainFile {
  readonly bytes: Buffer;
  readonly stat: BigIntStats;
}

export interface Limits {
  /** In bytes. */
  readonly largest: number;
  /** Whether a symbolic link is followed. Default yes: mounted secrets are links. */
  readonly followLinks?: boolean;
}

/**
 * Reads a regular file. Everything that `rb` reads from disk comes through here: a pipe, a device or a socket in the place of a file is
 * neither waited for nor read, and no file fills the memory, whatever size it claims.
 * Errors: those of the system, with their `code`; an `Error` that says in words what is there instead.
 */
export const readPlainFile = (path: string, limits: Limits): PlainFile => {
  const { fd, stat } = openPlainFile(path, limits);
  try {
    return { bytes: readAll(fd, Number(stat.size), limits.largest), stat };
  } finally {
    fs.closeSync(fd);
  }
};

/** Opens it for reading, for those that read it piece by piece; they close it. Errors: as of `readPlainFile`. */
export const openPlainFile = (
  path: string,
  { largest, followLinks = true }: Limits,
): { readonly fd: number; readonly stat: BigIntStats } => {
  // Before it is opened: to open a device may already do something.
  requirePlain(followLinks ? fs.statSync(path, { bigint: true }) : fs.lstatSync(path, { bigint: true }), largest);
  const fd = open(path, followLinks);
  try {
    // Another one may have come into its place.
    const stat = fs.fstatSync(fd, { bigint: true });
    requirePlain(stat, largest);
    return { fd, stat };
  } catch (error) {
    fs.closeSync(fd);
    throw error;
  }
};

/** The same as text. What is not UTF-8 becomes replacement characters. */
export const readPlainText = (path: string, limits: Limits): string =>
  readPlainFile(path, limits).bytes.toString('utf8');

/** What is wrong with a file that others will read, in words; undefined where nothing is, or where it does not exist. */
export const whyNotPlain = (path: string, { largest }: Pick<Limits, 'largest'>): string | undefined => {
  try {
    const stat = fs.statSync(path, { bigint: true, throwIfNoEntry: false });
    if (stat) requirePlain(stat, largest);
    return undefined;
  } catch (error) {
    return whyUnreadable(error);
  }
};

/** Why a file could not be read, in a few words that do not repeat its path. */
export const whyUnreadable = (error: unknown): string => {
  const code = codeOf(error);
  if (code === 'ENOENT' || code === 'ENOTDIR') return 'no such file';
  if (code === 'EACCES' || code === 'EPERM') return 'permission denied';
  return code ?? messageOf(error);
};

/** Errors: an `Error` that says in words what is there instead of a regular file of at most `largest` bytes. */
const requirePlain = (stat: BigIntStats, largest: number): void => {
  if (stat.isDirectory()) throw new Error('it is a directory');
  if (stat.isSymbolicLink()) throw new Error('it is a symbolic link');
  if (!stat.isFile()) throw new Error('it is not a regular file');
  if (stat.size > largest) throw tooLarge(largest);
};

const open = (path: string, followLinks: boolean): number => {
  try {
    return fs.openSync(path, O_RDONLY | O_NONBLOCK | (followLinks ? 0 : O_NOFOLLOW));
  } catch (error) {
    throw codeOf(error) === 'ELOOP' ? new Error('it is a symbolic link', { cause: error }) : error;
  }
};

/** Until its end and not for `expected` bytes: it may grow, and a file of /proc says that it has none. */
const readAll = (fd: number, expected: number, largest: number): Buffer => {
  const full: Buffer[] = [];
  // One more than it should be, so that its end shows without another piece.
  let piece = Buffer.allocUnsafe(expected + 1);
  let [filled, length] = [0, 0];
  for (;;) {
    const read = fs.readSync(fd, piece, filled, piece.length - filled, null);
    const whole = piece.subarray(0, (filled += read));
    length += read;
    if (read === 0) return full.length === 0 ? whole : Buffer.concat([...full, whole], length);
    if (length > largest) throw tooLarge(largest);
    if (filled < piece.length) continue;
    full.push(piece);
    piece = Buffer.allocUnsafe(64 * 1024);
    filled = 0;
  }
};

const tooLarge = (largest: number): Error => {
  const unit = largest >= 1024 * 1024 ? `${largest / 1024 / 1024} MiB` : `${largest / 1024} KiB`;
  return new Error(`it is larger than ${unit}`);
};
