import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { afterAll } from 'vitest';
import { haveTimeForPrograms } from '../patience.ts';
import { rb, runtime, start } from './program.ts';
import type { Ended, Running } from './program.ts';
import { keys, openSession } from './screen.ts';
import type { Session, Size } from './screen.ts';

haveTimeForPrograms();

export interface CommandOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
}

export interface TerminalRun {
  readonly code: number;
  readonly screen: string;
}

/** Somebody who runs `rb`, with a home and an audit log of their own. */
export interface Operator {
  readonly home: string;
  readonly auditDirectory: string;
  /** Runs `rb <line>` without a terminal. */
  run(line: string | readonly string[], options?: CommandOptions): Promise<Ended>;
  /** The same at a terminal, typing one answer at each prompt. */
  run(line: string, options: CommandOptions & { readonly answers: readonly string[] }): Promise<TerminalRun>;
  /** The same without waiting for its end. */
  start(line: string, options?: CommandOptions): Running;
  /** Starts a line of bash in which `rb` is the program, for what pipes and redirections do to it. */
  shell(line: string, options?: CommandOptions): Running;
  /** Runs it at a terminal that the test types on. */
  session(line: string, options?: CommandOptions & Partial<Size>): Session;
  /** The names of the files of the audit log. */
  auditFiles(): readonly string[];
  /** Everything that was written below the home directory, the audit log among it. */
  written(): string;
}

/** The words of a command line; there is no quoting. */
const words = (line: string | readonly string[]): readonly string[] =>
  typeof line === 'string' ? line.split(' ').filter(Boolean) : line;

/** What compiled code may be kept in: shared, because nothing is tested by it. */
const codeCache = join(tmpdir(), 'rb-e2e-compile-cache');

/**
 * `config`: the configuration for every command; none where it is undefined. `more`: variables of their environment. `program`: by
 * default the built one. The home is removed at the end.
 */
export const newOperator = (
  config: string | undefined,
  more: Readonly<Record<string, string>> = {},
  program = rb,
): Operator => {
  const home = newDirectory();
  const env: Record<string, string> = {
    PATH: [dirname(runtime), process.env['PATH'] ?? ''].join(delimiter),
    HOME: home,
    XDG_STATE_HOME: join(home, 'state'),
    XDG_CACHE_HOME: codeCache,
    LANG: 'C.UTF-8',
    TERM: 'xterm-256color',
    ...more,
  };
  const surroundings = (options: CommandOptions) => ({ env: { ...env, ...options.env }, cwd: options.cwd ?? home });
  const argv = (line: string | readonly string[]) => [
    program,
    ...(config === undefined ? [] : ['-c', config]),
    ...words(line),
  ];
  const session = (line: string, options: CommandOptions & Partial<Size> = {}) => {
    const { columns = 100, rows = 40 } = options;
    const opened = openSession(runtime, argv(line), surroundings(options), { columns, rows });
    endLater(opened);
    return opened;
  };
  const begin = (line: string | readonly string[], options: CommandOptions = {}) => {
    // Wide: a sentence that is looked for is not broken by the width of a terminal that is not there.
    const wide = { ...options, env: { COLUMNS: '400', ...options.env } };
    const begun = start(runtime, argv(line), surroundings(wide));
    endLater(begun);
    return begun;
  };
  const shell = (line: string, options: CommandOptions = {}) => {
    const words = [runtime, ...argv([])].map((word) => `'${word}'`).join(' ');
    const begun = start('bash', ['-c', `rb() { ${words} "$@"; }; ${line}`], surroundings(options));
    endLater(begun);
    return begun;
  };
  const run = (async (line: string, options: CommandOptions & { answers?: readonly string[] } = {}) => {
    if (options.answers === undefined) return begin(line, options).ended;
    const opened = session(line, options);
    for (const [index, answer] of options.answers.entries()) {
      await prompted(opened, index + 1);
      await opened.answer(`${answer}${keys.enter}`);
    }
    return { code: await opened.ended, screen: opened.screen() };
  }) as Operator['run'];
  const auditDirectory = join(home, 'state', 'rb', 'audit');
  return {
    home,
    auditDirectory,
    run,
    start: begin,
    shell,
    session,
    auditFiles: () => (existsSync(auditDirectory) ? readdirSync(auditDirectory).toSorted() : []),
    written: () => contentsBelow(home),
  };
};

/** A directory that is removed when the tests of the file have ended. */
export const newDirectory = (): string => {
  const directory = mkdtempSync(join(tmpdir(), 'rb-e2e-'));
  directories.push(directory);
  return directory;
};

/** Writes a configuration of its own into `directory`, with programs that stand for a platform. Returns its path. */
export const writeFiles = (directory: string, files: Readonly<Record<string, string>>): void => {
  for (const [name, text] of Object.entries(files)) {
    const path = join(directory, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text, { mode: text.startsWith('#!') ? 0o755 : 0o600 });
  }
};

/** Waits for the n-th question; each begins a line with its mark and ends with what to type. */
const prompted = async (session: Session, count: number): Promise<void> => {
  const questions = [/▸ Do it\? \[y\/N\]/g, /▸ Type \S+ to do it:/g];
  for (;;) {
    const asked = questions.reduce((sum, question) => sum + (session.screen().match(question)?.length ?? 0), 0);
    if (asked >= count) return;
    await session.changes();
  }
};

const contentsBelow = (directory: string): string =>
  readdirSync(directory, { recursive: true, encoding: 'utf8' })
    .map((name) => join(directory, name))
    .filter((path) => statSync(path).isFile())
    .map((path) => readFileSync(path, 'utf8'))
    .join('\n');

/** What a failed test has left behind. */
const directories: string[] = [];
const running = new Set<number>();

const endLater = ({ pid, ended }: { readonly pid: number; readonly ended: Promise<unknown> }): void => {
  running.add(pid);
  const gone = () => void running.delete(pid);
  ended.then(gone, gone);
};

const end = (pid: number): void => {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It ended at this very moment.
  }
};

afterAll(() => {
  for (const pid of running) end(pid);
  for (const directory of directories) rmSync(directory, { recursive: true, force: true });
});
