import { ownDirectory } from '../../files/own-directory.ts';
import type { Clock } from '../../engine/clock.ts';
import { openCache } from './cache.ts';
import { homeDirectory, presentDirectory } from './directories.ts';
import { version } from './version.ts';

/** Runs one command line, by default with the system's clock. Returns the exit code; never rejects. */
export const main = async (argv: readonly string[], clock?: Clock): Promise<number> => {
  // The most frequent call of all scripts needs nothing of the rest.
  if (argv.length === 1 && (argv[0] === '--version' || argv[0] === '-V')) {
    // Whoever reads may have gone; there is nothing else to do for it.
    process.stdout.on('error', () => undefined).write(`${version}\n`);
    return 0;
  }
  const cwd = presentDirectory();
  if (cwd === undefined) {
    process.stderr
      .on('error', () => undefined)
      .write('rb: The current directory was removed.\n  next: cd to a directory that is there\n');
    // `usage` in exit-codes.ts, which is loaded later.
    return 2;
  }
  const user = { env: process.env, home: homeDirectory() };
  // Before anything else is loaded, so that it is kept compiled.
  const cache = openCache(user);
  const { runCommandLine } = await import('../command-line.ts');
  const audit = ownDirectory('state', 'audit', user).path;
  return runCommandLine({ ...user, argv, cwd, cache, audit, clock }, version);
};
