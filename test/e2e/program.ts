import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The top of the checkout. */
export const checkout = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
/** The runtime that the checkout pins: the one that started the tests may be older. */
export const runtime = join(checkout, 'node_modules', 'node', 'bin', 'node');
export const rb = join(checkout, 'bin', 'rb.js');

/** How a program ended that ran without a terminal. */
export interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
  /** Standard output and standard error, in that order. */
  readonly all: string;
  /** Standard output as JSON. */
  json(): unknown;
  /** Each line of standard output as JSON. */
  lines(): readonly Record<string, unknown>[];
}

/** A program that runs without a terminal. */
export interface Running {
  readonly pid: number;
  readonly ended: Promise<Ended>;
  /** Resolves when it has written `text`, so many times; the program ending before is an error. */
  writes(text: string, times?: number): Promise<void>;
  signal(name: NodeJS.Signals): void;
}

export interface Surroundings {
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
}

/** Starts a program with empty standard input. */
export const start = (program: string, args: readonly string[], { env, cwd }: Surroundings): Running => {
  const child = spawn(program, args, { env, cwd, stdio: ['ignore', 'pipe', 'pipe'] });
  const output = gather(child);
  return {
    pid: child.pid ?? 0,
    ended: output.ended,
    writes: output.writes,
    signal: (name) => void child.kill(name),
  };
};

const gather = (child: ChildProcess) => {
  let [stdout, stderr, over] = ['', '', false];
  const listeners = new Set<() => void>();
  const notify = () => [...listeners].forEach((listener) => listener());
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
    notify();
  });
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
    notify();
  });
  const ended = new Promise<Ended>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => {
      over = true;
      notify();
      if (code === null) reject(new Error(`ended by ${signal}:\n${stdout}${stderr}`));
      else resolve(endedWith(code, stdout, stderr));
    });
  });
  const writes = (text: string, times = 1) =>
    new Promise<void>((resolve, reject) => {
      const look = () => {
        if ((stdout + stderr).split(text).length > times) resolve();
        else if (over) reject(new Error(`ended without writing "${text}":\n${stdout}${stderr}`));
        else return;
        listeners.delete(look);
      };
      listeners.add(look);
      look();
    });
  return { ended, writes };
};

const endedWith = (code: number, stdout: string, stderr: string): Ended => ({
  code,
  stdout,
  stderr,
  all: stdout + stderr,
  json: () => JSON.parse(stdout) as unknown,
  lines: () =>
    stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>),
});
