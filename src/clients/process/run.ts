import { tmpdir } from 'node:os';
import { monotonicMs } from '../../engine/clock.ts';
import { messageOf, RunbookError } from '../../engine/errors.ts';
import { type Environment, environmentFor } from './environment.ts';
import { endGroup, endWithRb, newReadMark } from './group.ts';
import { notStarted } from './not-started.ts';
import { openOutput, printLimit } from './output.ts';
import type { Output, TextFilter } from './output.ts';
import { fill, fillText, type Values } from './placeholders.ts';
import { shown } from './shown.ts';

/** A configured command: an argument list, never a shell line. */
export interface CommandSpec {
  readonly command: readonly string[];
  /** Default 30 s. */
  readonly timeoutMs?: number;
  /** Added to the minimal environment; `{{name}}` is filled in here too. */
  readonly environment?: Readonly<Record<string, string>>;
}

export interface CommandResult {
  /** Absent when a signal ended it. */
  readonly exitCode?: number;
  readonly signal?: string;
  /** Bounded: the beginning and the end, with a line that says what was left out. */
  readonly stdout: string;
  readonly stderr: string;
  readonly ms: number;
}

export interface RunOptions {
  /** What the `{{name}}` of the command stand for. */
  readonly values?: Values;
  /** Where relative programs and paths begin: the folder of the configuration. */
  readonly cwd: string;
  /** `<session>/<step>`, put into the command's environment as `RB_STEP`. */
  readonly mark: string;
  readonly signal: AbortSignal;
  /** The parent's environment, of which a minimal part is passed on. */
  readonly environment: Environment;
  readonly onLine?: (line: string, stream: 'stdout' | 'stderr') => void;
  /** Takes secrets out of what `onLine` is given, one for each stream. */
  readonly filter?: (() => TextFilter) | undefined;
  /** What being ended by us means: a `change` may have happened (`unknown`), a `read` just has no answer (`unreachable`). Default `change`. */
  readonly purpose?: 'change' | 'read';
  /** Between TERM and KILL, in milliseconds. Default 10 s. */
  readonly graceMs?: number;
}

const defaultTimeoutMs = 30_000;
const readEveryMs = 50;

/** Any descriptor works; execa's types name the first few. */
// oxlint-disable-next-line typescript/no-unsafe-type-assertion
const descriptorOf = ({ fd }: Output) => fd as 3;

/**
 * Runs a command in a process group of its own, so that a terminal's Ctrl-C does not reach it; standard input is empty and nothing is inherited.
 * Returns whatever the exit code is. Errors: `usage` when it cannot be started, `unknown` or `unreachable` (see `purpose`) when it ran out of
 * time, was aborted, or printed more than 64 MiB on one stream; it has then got TERM, and KILL after the grace. An aborted read rejects with
 * the signal's reason. A read ends with all that it started; what a change started in a process group of its own goes on.
 */
export const runCommand = async (spec: CommandSpec, options: RunOptions): Promise<CommandResult> => {
  const argv = fill(spec.command, options.values ?? {});
  const [program, ...rest] = argv;
  if (program === undefined || program === '') throw new RunbookError('usage', 'the configured command is empty');
  options.signal.throwIfAborted();
  const configured = Object.fromEntries(
    Object.entries(spec.environment ?? {}).map(([name, value]) => [name, fillText(value, options.values ?? {})]),
  );
  const { execa } = await import('execa');
  const [stdout, stderr] = await openOutputs(options.environment['TMPDIR'] || tmpdir(), options);
  const began = monotonicMs();
  const timeoutMs = spec.timeoutMs ?? defaultTimeoutMs;
  const timeout = AbortSignal.timeout(timeoutMs);
  const stop = AbortSignal.any([options.signal, timeout]);
  const read = options.purpose === 'read' ? newReadMark() : undefined;
  let ending: Promise<void> | undefined;
  let text: { stdout: string; stderr: string };
  let unread: { readonly error: unknown } | undefined;
  let result;
  try {
    const child = execa(program, rest, {
      cwd: options.cwd,
      env: { ...environmentFor(options.environment, configured, options.mark), ...read?.environment },
      extendEnv: false,
      stdin: 'ignore',
      stdout: descriptorOf(stdout),
      stderr: descriptorOf(stderr),
      detached: true,
      cleanup: false,
      reject: false,
    });
    const { pid } = child;
    const release = read && pid !== undefined ? endWithRb(pid) : undefined;
    const end = () => {
      if (pid !== undefined) ending ??= (read?.end ?? endGroup)(pid, options.graceMs ?? 10_000);
    };
    if (stop.aborted) end();
    else stop.addEventListener('abort', end, { once: true });
    const reading = setInterval(() => {
      try {
        stdout.read();
        stderr.read();
        if (stdout.tooMuch() || stderr.tooMuch()) end();
      } catch (error) {
        // What is made of a line may fail (its record, say). The command goes on, and its end is waited for.
        clearInterval(reading);
        unread = { error };
      }
    }, readEveryMs);
    try {
      result = await child;
      // Until then: what is left of the group may go on printing.
      await ending;
    } finally {
      clearInterval(reading);
      stop.removeEventListener('abort', end);
      release?.();
    }
    if (unread) throw unread.error;
  } finally {
    text = { stdout: await stdout.close(), stderr: await stderr.close() };
  }
  if (result.code !== undefined && result.exitCode === undefined && result.signal === undefined)
    throw await notStarted(program, options.cwd, result.code, messageOf(result.cause ?? result));
  // One that has ended by itself has an outcome, however much it printed.
  if (ending) {
    // Nothing is lost with a read: it ends as whatever stopped it says.
    if (options.purpose === 'read') options.signal.throwIfAborted();
    throw ended(
      argv,
      options,
      stdout.tooMuch() || stderr.tooMuch() ? printedTooMuch : `did not end within ${timeoutMs / 1000} s`,
    );
  }
  return {
    ...(result.exitCode === undefined ? {} : { exitCode: result.exitCode }),
    ...(result.signal === undefined ? {} : { signal: result.signal }),
    ...text,
    ms: monotonicMs() - began,
  };
};

const openOutputs = async (directory: string, { onLine, filter }: Pick<RunOptions, 'onLine' | 'filter'>) => {
  const open = (stream: 'stdout' | 'stderr') =>
    openOutput(directory, onLine && ((line) => onLine(line, stream)), filter?.());
  try {
    const stdout = open('stdout');
    try {
      return [stdout, open('stderr')] as const;
    } catch (error) {
      await stdout.close();
      throw error;
    }
  } catch (error) {
    throw new RunbookError('usage', `cannot make a temporary file in ${directory}: ${messageOf(error)}`, {
      next: ['free some space there, or set TMPDIR to a folder that can be written'],
      cause: error,
    });
  }
};

const printedTooMuch = `printed more than ${printLimit / 1024 / 1024} MiB`;

const ended = (argv: readonly string[], options: RunOptions, itself: string): RunbookError => {
  const why = options.signal.aborted ? 'was interrupted' : `${itself} and was stopped`;
  return (options.purpose ?? 'change') === 'read'
    ? new RunbookError('unreachable', `${shown(argv)} ${why}`)
    : new RunbookError('unknown', `${shown(argv)} ${why}; what it did until then is not known`);
};
