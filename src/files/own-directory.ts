import { lstatSync, mkdirSync, readlinkSync, statSync } from 'node:fs';
import type { Stats } from 'node:fs';
import { dirname, isAbsolute, join } from 'node:path';

/*
 * The directories that `rb` computes and then believes: code, remembered configurations, what is trusted. One rule says whether
 * such a directory can be used. No other user may have written to it, and none may be able to put another one in its place.
 */

/** Who runs the program. */
export interface User {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly home: string;
}

export interface OwnDirectory {
  readonly path: string;
  /** Set where the path begins at HOME: with `sudo` it may be that of another user. */
  readonly home?: string;
}

const bases = {
  cache: ['XDG_CACHE_HOME', '.cache'],
  state: ['XDG_STATE_HOME', '.local/state'],
} as const;

/**
 * `$XDG_CACHE_HOME/rb/<name>` or `$XDG_STATE_HOME/rb/<name>`, else the same below HOME. A relative variable does not count.
 * Source: XDG Base Directory Specification, "Environment variables".
 */
export const ownDirectory = (base: keyof typeof bases, name: string, { env, home }: User): OwnDirectory => {
  const [variable, below] = bases[base];
  const set = env[variable];
  return set !== undefined && isAbsolute(set)
    ? { path: join(set, 'rb', name) }
    : { path: join(home, below, 'rb', name), home };
};

/**
 * Why the directory cannot be used, as a sentence without its end; undefined if it can. It is absolute and a directory, ours and
 * 0700. Each directory above it, those that a link leads through included, belongs to us or to root, and others cannot
 * write to it, or only as to /tmp: there the sticky bit keeps what is ours. Throws where the system does not let us look.
 */
export const whyNotOurs = (directory: OwnDirectory): string | undefined => {
  const fault = faultOf(directory);
  return fault === absent ? `there is no ${directory.path}` : fault;
};

/** Makes the directory, 0700 like those above it, if it is absent. Returns whether it did. Throws if it cannot be used. */
export const makeOurs = (directory: OwnDirectory): boolean => {
  const first = faultOf(directory);
  if (first === undefined) return false;
  // Nothing is made where another user has a say: it would be in the way of that user.
  if (first !== absent) throw new Error(first);
  mkdirSync(directory.path, { recursive: true, mode: 0o700 });
  const fault = whyNotOurs(directory);
  if (fault !== undefined) throw new Error(fault);
  return true;
};

const absent = Symbol('absent');

const faultOf = ({ path, home }: OwnDirectory): string | typeof absent | undefined => {
  const us = process.getuid?.();
  if (us === undefined) return 'files have no owners on this platform';
  if (!isAbsolute(path)) return `${path} is not an absolute path`;
  const fault = faultOfHome(home, us) ?? faultOnTheWay(path, us);
  if (fault !== undefined) return fault;
  const { uid, mode } = lstatSync(path);
  if (uid !== us) return `${path} belongs to user ${uid}, and rb runs as user ${us}`;
  return (mode & 0o077) === 0 ? undefined : `others can get into ${path} (mode ${octal(mode)})`;
};

const faultOfHome = (home: string | undefined, us: number): string | undefined => {
  if (home === undefined) return undefined;
  const owner = statSync(home, { throwIfNoEntry: false })?.uid;
  if (owner === undefined) return `there is no ${home} (HOME)`;
  return owner === us ? undefined : `${home} (HOME) belongs to user ${owner}, and rb runs as user ${us}`;
};

/** As Linux has it (path_resolution(7)). */
const mostLinks = 40;

/** Goes from the root to `path` as the kernel does, one name at a time. */
const faultOnTheWay = (path: string, us: number): string | typeof absent | undefined => {
  const names = path.split('/').toReversed();
  let at = '/';
  for (let links = 0; ;) {
    const stat = lstatSync(at, { throwIfNoEntry: false });
    if (stat === undefined) return absent;
    if (stat.uid !== 0 && stat.uid !== us) return `${at} belongs to user ${stat.uid}, and rb runs as user ${us}`;
    if (stat.isSymbolicLink()) {
      if (names.length === 0) return `${at} is a symbolic link`;
      if ((links += 1) > mostLinks) return `${path} has too many symbolic links`;
      const target = readlinkSync(at);
      at = isAbsolute(target) ? '/' : dirname(at);
      names.push(...target.split('/').toReversed());
    } else {
      if (!stat.isDirectory()) return `${at} is not a directory`;
      if (names.length > 0 && othersCanReplaceIn(stat, us))
        return `others can write to ${at} (mode ${octal(stat.mode)})`;
    }
    const name = names.pop();
    if (name === undefined) return undefined;
    at = name === '..' ? dirname(at) : join(at, name);
  }
};

/** A group with the number of the user is that user's own: many systems make one for each, with a umask of 002. */
const othersCanReplaceIn = ({ mode, gid }: Stats, us: number): boolean =>
  (mode & 0o1000) === 0 && ((mode & 0o002) !== 0 || ((mode & 0o020) !== 0 && gid !== us));

const octal = (mode: number): string => (mode & 0o7777).toString(8).padStart(4, '0');
