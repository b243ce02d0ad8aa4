import { spawn } from 'node:child_process';
import { codeOf, messageOf } from '../../engine/errors.ts';
import type { Environment } from './environment.ts';
import { endGroup, endProcess, endWithRb } from './group.ts';
import { notStarted } from './not-started.ts';

/** A program that is asked for something `rb` itself needs: a secret, a login. */
export interface Question {
  readonly argv: readonly [program: string, ...rest: readonly string[]];
  /** Where relative programs and paths begin. */
  readonly cwd: string;
  /** All that it gets: unlike a step's command it is given what it logs in with. */
  readonly environment: Environment;
  /**
   * `own`: it has no terminal to write on or to ask at, Ctrl-C does not reach it, and it is ended with all that it started.
   * `shared`: it may ask at the terminal that `rb` was started from.
   */
  readonly terminal: 'own' | 'shared';
  readonly timeoutMs: number;
  /** What it may print on both streams together, in bytes. */
  readonly mostBytes: number;
  readonly signal?: AbortSignal;
}

export interface Answer {
  /** Absent when a signal ended it. */
  readonly exitCode?: number;
  readonly signal?: string;
  readonly stdout: string;
  readonly stderr: string;
  /** We ended it, and why. */
  readonly stopped?: 'timeout' | 'too-much';
}

/** Between TERM and KILL. */
const graceMs = 2000;

/**
 * Asks a program, through pipes: what it prints may be a credential, and is never on a disk (`runCommand` has files, because a
 * change must outlive `rb`). Standard input is empty. Returns however it ended. Errors: `usage` where it cannot be started; the
 * reason of the signal.
 */
export const askProgram = async (question: Question): Promise<Answer> => {
  const { argv, cwd, terminal, timeoutMs, mostBytes, signal } = question;
  signal?.throwIfAborted();
  const [program] = argv;
  const own = terminal === 'own';
  const failedToStart = (error: unknown) => notStarted(program, cwd, codeOf(error) ?? '', messageOf(error));
  let child;
  try {
    child = started(question);
  } catch (error) {
    // Most of what is in the way is an event; arguments that no program can be given are thrown.
    throw await failedToStart(error);
  }
  const { pid } = child;
  const release = own && pid !== undefined ? endWithRb(pid) : undefined;
  const { promise: ended, resolve, reject } = Promise.withResolvers<Pick<Answer, 'exitCode' | 'signal'>>();
  let stopped: Answer['stopped'];
  const end = async (why?: Answer['stopped']): Promise<void> => {
    stopped ??= why;
    if (pid !== undefined) await (own ? endGroup : endProcess)(pid, graceMs);
    // What it started in a group of its own may go on, and would hold these open.
    child.stdout.destroy();
    child.stderr.destroy();
  };
  const timer = setTimeout(() => void end('timeout'), timeoutMs);
  const aborted = (): void => {
    void end();
    reject(signal?.reason);
  };
  signal?.addEventListener('abort', aborted, { once: true });
  let bytes = 0;
  const collect = (chunks: Buffer[]) => (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes > mostBytes) void end('too-much');
    else chunks.push(chunk);
  };
  const [stdout, stderr]: [Buffer[], Buffer[]] = [[], []];
  // What breaks there is cut off; how the program ends is said by `close`.
  child.stdout.on('error', () => undefined).on('data', collect(stdout));
  child.stderr.on('error', () => undefined).on('data', collect(stderr));
  child.once('error', (error) => void failedToStart(error).then(reject, reject));
  // Not `exit`: what it printed last may still be on its way. One that cannot be started closes as well.
  child.once('close', (exitCode, endedBy) => {
    if (pid !== undefined)
      resolve({ ...(exitCode === null ? {} : { exitCode }), ...(endedBy === null ? {} : { signal: endedBy }) });
  });
  try {
    return {
      ...(await ended),
      stdout: Buffer.concat(stdout).toString('utf8'),
      stderr: Buffer.concat(stderr).toString('utf8'),
      ...(stopped === undefined ? {} : { stopped }),
    };
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', aborted);
    release?.();
  }
};

const started = ({ argv: [program, ...rest], cwd, environment, terminal }: Question) =>
  spawn(program, rest, {
    cwd,
    env: { ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: terminal === 'own',
  });
