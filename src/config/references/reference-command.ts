/** Runs a program and returns its standard output. Errors say how it ended; they hold nothing of what it printed. */
export type RunCommand = (
  argv: readonly string[],
  options: { readonly cwd: string; readonly env: Readonly<Record<string, string | undefined>> },
) => Promise<string>;

const seconds = 30;

/**
 * Asks a secret manager. It gets the whole environment, unlike the commands of a procedure: its own credentials are there
 * (`OP_SESSION`, `VAULT_TOKEN`). What it prints on standard error may hold a secret and is left out of the error.
 */
export const runReferenceCommand: RunCommand = async (argv, { cwd, env }) => {
  const { execa } = await import('execa');
  const [program = '', ...words] = argv;
  const result = await execa(program, words, {
    cwd,
    env: { ...env },
    extendEnv: false,
    stdin: 'ignore',
    timeout: seconds * 1000,
    forceKillAfterDelay: 2000,
    maxBuffer: 64 * 1024,
    stripFinalNewline: false,
    reject: false,
  });
  if (result.timedOut) throw new Error(`${program} gave no answer within ${seconds} s`);
  if (result.isMaxBuffer) throw new Error(`${program} printed more than 64 KiB: hardly a secret`);
  if (result.code === 'ENOENT') throw new Error(`${program} cannot be found`);
  if (result.code === 'EACCES') throw new Error(`${program} is not executable`);
  if (result.isTerminated) throw new Error(`${program} was ended by ${result.signal ?? 'a signal'}`);
  if (result.failed) throw new Error(`${program} ended with exit code ${result.exitCode ?? 'unknown'}`);
  return result.stdout;
};
