import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { checkout } from './state.ts';

/** The built `rb`, with one configuration. */
export interface Program {
  /** Runs it on this terminal; resolves to its exit code. */
  show(args: readonly string[]): Promise<number>;
  /** Runs it without a terminal; resolves to its exit code and what it wrote to standard output. */
  read(args: readonly string[]): Promise<{ exitCode: number; output: string }>;
}

/** `configPath`: the configuration for every run. */
export const rbProgram = (configPath: string): Program => {
  const start = (args: readonly string[], stdio: 'inherit' | ['ignore', 'pipe', 'inherit']) =>
    spawn(process.execPath, [join(checkout, 'bin', 'rb.js'), '-c', configPath, ...args], { stdio });
  return {
    show: async (args) => exitCodeOf(await once(start(args, 'inherit'), 'exit')),
    read: async (args) => {
      const child = start(args, ['ignore', 'pipe', 'inherit']);
      const [output, ended] = await Promise.all([child.stdout === null ? '' : text(child.stdout), once(child, 'exit')]);
      return { exitCode: exitCodeOf(ended), output };
    },
  };
};

const exitCodeOf = ([code]: (number | null)[]): number => code ?? 1;
