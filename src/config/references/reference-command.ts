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
  const { askProgram } = await import('../../clients/process/ask.ts');
  const [program = '', ...words] = argv;
  const answer = await askProgram({
    argv: [program, ...words],
    cwd,
    environment: env,
    terminal: 'shared',
    timeoutMs: seconds * 1000,
    mostBytes: 64 * 1024,
  });
  if (answer.stopped === 'timeout') throw new Error(`${program} gave no answer within ${seconds} s`);
  if (answer.stopped === 'too-much') throw new Error(`${program} printed more than 64 KiB: hardly a secret`);
  if (answer.signal !== undefined) throw new Error(`${program} was ended by ${answer.signal}`);
  if (answer.exitCode !== 0) throw new Error(`${program} ended with exit code ${answer.exitCode ?? 'unknown'}`);
  return answer.stdout;
};
