import { spawn } from 'node:child_process';

/** Starts a program and lets it go: it stays when `rb` ends. That it cannot be started is not reported. */
export const launch = (program: string, args: readonly string[]): void => {
  const child = spawn(program, args, { stdio: 'ignore', detached: true });
  child.once('error', () => undefined);
  child.unref();
};
