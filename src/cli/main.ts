import { ownDirectory } from '../config/own-directory.ts';
import { openCache } from './cache.ts';
import { version } from './version.ts';

/** Runs one command line. Returns the exit code; never rejects. */
export const main = async (argv: readonly string[]): Promise<number> => {
  // The most frequent call of all scripts needs nothing of the rest.
  if (argv.length === 1 && (argv[0] === '--version' || argv[0] === '-V')) {
    process.stdout.write(`${version}\n`);
    return 0;
  }
  // Not imported: the line above does without it.
  const home = process.getBuiltinModule('node:os').homedir();
  const user = { env: process.env, home };
  // Before anything else is loaded, so that it is kept compiled.
  const cache = openCache(user);
  const { runCommandLine } = await import('./command-line.ts');
  const audit = ownDirectory('state', 'audit', user).path;
  return runCommandLine({ ...user, argv, cwd: process.cwd(), cache, audit }, version);
};
