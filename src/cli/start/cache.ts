import { readdirSync, rmSync, statSync } from 'node:fs';
import { enableCompileCache } from 'node:module';
import { dirname, join } from 'node:path';
import { makeOurs, ownDirectory } from '../../files/own-directory.ts';
import type { User } from '../../files/own-directory.ts';
import { build } from './build.ts';

/**
 * Keeps compiled code from here on, and returns the directory for what else this build remembers. Each build has one of its own with
 * each runtime: neither overwrites nor believes what another one left. Undefined where there is no directory of ours, and
 * then nothing is kept: code that another user could have written must not be loaded.
 */
export const openCache = (user: User): string | undefined => {
  if (build === undefined) return undefined;
  const directory = ownDirectory('cache', [build, process.version, process.versions.v8].join('-'), user);
  try {
    if (makeOurs(directory)) removeStale(dirname(directory.path));
    enableCompileCache(directory.path);
    return directory.path;
  } catch {
    return undefined;
  }
};

const staleAfterMs = 30 * 24 * 3_600_000;

/** What earlier builds left; one that is still used makes it again. */
const removeStale = (directory: string): void => {
  for (const name of readdirSync(directory)) {
    const path = join(directory, name);
    if (Date.now() - statSync(path).mtimeMs > staleAfterMs) rmSync(path, { recursive: true, force: true });
  }
};
