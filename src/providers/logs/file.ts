import { constants } from 'node:fs';
import { type FileHandle, glob, open } from 'node:fs/promises';
import { relative, resolve } from 'node:path';
import { messageOf, RunbookError } from '../../engine/errors.ts';
import { linesBackwards } from './backwards.ts';
import { type LogFields, readLine } from './line.ts';
import { keepNewest } from './newest.ts';
import type { LogEntry, LogSource } from './port.ts';

export interface FileLogsConfig {
  /** Files or patterns (`log/*.log`), relative to `cwd`. */
  readonly paths: readonly string[];
  readonly fields?: LogFields | undefined;
  readonly cwd: string;
}

/** Lines of several writers may be so much out of order, in milliseconds. */
const slackMs = 60_000;
/** So many lines without a time are held until one with a time is met. */
const untimedLimit = 10_000;

/** Log files on this machine: JSON lines, logfmt or plain text, each with its rotated siblings (`.1`, `.2`, ...) as far as they are needed. */
export const openFileLogs = (config: FileLogsConfig): LogSource => ({
  errors: async ({ since, limit }, signal) => {
    const files = await filesOf(config);
    const newest = keepNewest(limit);
    const gaps: string[] = [];
    let readable = 0;
    for (const pattern of files.empty) gaps.push(`no file matches ${pattern}`);
    for (const path of files.found) {
      const gap = await readWithRotated(path, since, signal, config, (at, entry) => newest.add(at, entry));
      if (gap.readable) readable += 1;
      if (gap.gap !== undefined) gaps.push(gap.gap);
    }
    if (readable === 0)
      throw new RunbookError('unreachable', `no log can be read: ${gaps.join('; ')}`, {
        next: ['correct logs.paths in runbook.config.yaml, or the permissions of the files'],
      });
    return {
      entries: newest.entries(),
      total: newest.total(),
      ...(gaps.length === 0 ? {} : { incomplete: gaps.join('; ') }),
    };
  },
});

const filesOf = async ({ paths, cwd }: FileLogsConfig) => {
  const found = new Set<string>();
  const empty: string[] = [];
  for (const pattern of paths) {
    const matches: string[] = [];
    for await (const path of glob(pattern, { cwd })) matches.push(resolve(cwd, path));
    if (matches.length === 0) empty.push(pattern);
    for (const path of matches) found.add(path);
  }
  // A rotated sibling is read after the file that it continues, and only when it is needed.
  const first = [...found].filter((path) => !(/\.\d+$/.test(path) && found.has(path.replace(/\.\d+$/, '')))).toSorted();
  return { found: first, empty };
};

type Add = (at: number, entry: LogEntry) => void;

const readWithRotated = async (
  path: string,
  since: Date,
  signal: AbortSignal,
  config: FileLogsConfig,
  add: Add,
): Promise<{ readonly readable: boolean; readonly gap?: string }> => {
  const seen = new Set<string>();
  let begins: string | undefined;
  for (let number = 0; ; number++) {
    const name = number === 0 ? path : `${path}.${number}`;
    let file: FileHandle;
    try {
      // Not blocking: a pattern may match a pipe, which would wait for a writer for ever.
      file = await open(name, constants.O_RDONLY | constants.O_NONBLOCK);
    } catch (error) {
      if (number === 0) return { readable: false, gap: messageOf(error) };
      return { readable: true, gap: begins ?? `${relative(config.cwd, path)} is empty` };
    }
    try {
      const info = await file.stat();
      if (!info.isFile()) return { readable: number > 0, gap: `${relative(config.cwd, name)} is not a file` };
      // It was renamed while we read: the next number has what we have seen already.
      const identity = `${info.dev}:${info.ino}`;
      if (seen.has(identity)) continue;
      seen.add(identity);
      // Not written since: everything after it is in what was read before.
      if (info.mtimeMs < since.getTime() - slackMs) return { readable: true };
      const reached = await readFile(file, relative(config.cwd, name), since, signal, config, info.mtime, add);
      if (reached === 'before') return { readable: true };
      if (reached !== 'empty')
        begins = `${relative(config.cwd, name)} begins at ${reached}: what came before is not there`;
    } catch (error) {
      signal.throwIfAborted();
      return { readable: number > 0, gap: `${relative(config.cwd, name)}: ${messageOf(error)}` };
    } finally {
      await file.close();
    }
  }
};

/** Returns `before` when it reached a line older than `since`, else the time of the file's first line, or `empty`. */
const readFile = async (
  file: FileHandle,
  source: string,
  since: Date,
  signal: AbortSignal,
  { fields = {} }: FileLogsConfig,
  written: Date,
  add: Add,
): Promise<string> => {
  const from = since.getTime();
  // Lines without a time belong to the one with a time before them, which comes later here.
  let untimed: Omit<LogEntry, 'time'>[] = [];
  let oldest: number | undefined;
  let lines = 0;
  const flush = (at: number) => {
    for (const entry of untimed) if (at >= from) add(at, { time: new Date(at).toISOString(), ...entry });
    untimed = [];
  };
  for await (const line of linesBackwards(file, signal)) {
    if (line.trim() === '') continue;
    lines += 1;
    const { at, level, message, isError } = readLine(line, fields, written);
    if (at === undefined) {
      if (isError && untimed.length < untimedLimit) untimed.push({ level, message, source });
      continue;
    }
    // The lines after an error are its stack, whatever words are in them.
    if (isError) untimed = [{ level, message, source }];
    flush(at);
    oldest = Math.min(oldest ?? at, at);
    if (at < from - slackMs) return 'before';
  }
  flush(oldest ?? written.getTime());
  if (lines === 0) return 'empty';
  if (oldest !== undefined && oldest < from) return 'before';
  return oldest === undefined ? 'an unknown time (its lines have none)' : new Date(oldest).toISOString();
};
