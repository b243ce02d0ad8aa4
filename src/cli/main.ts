import { version } from './version.ts';

/** Runs one command line. Returns the exit code; never rejects. */
export const main = async (argv: readonly string[]): Promise<number> => {
  // The most frequent call of all scripts needs nothing of the rest.
  if (argv.length === 1 && (argv[0] === '--version' || argv[0] === '-V')) {
    process.stdout.write(`${version}\n`);
    return 0;
  }
  const { runHere } = await import('./command-line.ts');
  return runHere(argv, version);
};
