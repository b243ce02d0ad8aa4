import { readFileSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { RunbookError } from '../engine/errors.ts';
import { fileName } from './file-name.ts';
import { noConfig } from './find.ts';
import { inOrder, oneLine, problemsIn } from './problems.ts';
import type { Problem } from './problems.ts';
import { configSchema } from './schema.ts';
import type { Config } from './schema.ts';
import { readYaml } from './yaml-source.ts';
import type { Places, PlaceTable } from './places.ts';

export interface LoadedConfig {
  /** Absolute. */
  readonly path: string;
  /** How the file is called in messages: relative where it lies below the current directory. */
  readonly file: string;
  /** Relative paths in the configuration begin here, and its commands run here. */
  readonly directory: string;
  /** Defaults are filled in; secrets are still references. */
  readonly config: Config;
  readonly document: Places;
}

/** Far above any configuration, and small enough for the memory. */
const largest = 1024 * 1024;

/** What can be kept, so that the same text need not be read and checked again. */
export interface CheckedText {
  readonly text: string;
  readonly config: Config;
  readonly table: PlaceTable;
}

/**
 * Reads and checks a configuration. `cwd` only shortens the file's name in messages.
 * Errors: `usage` with every problem there is, each with line, column, key, what was expected and what was found. Values
 * that may be secrets are not repeated.
 */
export const loadConfig = (path: string, options: { readonly cwd?: string } = {}): LoadedConfig =>
  loadAndCheck(path, options).loaded;

/** The same, with what is worth keeping. */
export const loadAndCheck = (
  path: string,
  { cwd }: { readonly cwd?: string } = {},
): { readonly loaded: LoadedConfig; readonly checked: () => CheckedText } => {
  const absolute = resolve(path);
  const file = fileName(absolute, cwd);
  const text = read(absolute, file);
  const source = readYaml(text);
  if ('faults' in source) throw syntaxError(file, source.faults);
  if (source.values === null || source.values === undefined) throw noConfig(`${file} is empty`, file);
  // Compiling a validator pays off after many values; here there is one.
  const result = configSchema.safeParse(source.values, { jitless: true });
  if (result.error) throw invalid(file, problemsIn(result.error.issues, source));
  const config = result.data;
  return {
    loaded: { path: absolute, file, directory: dirname(absolute), config, document: source },
    checked: () => ({ text, config, table: source.table() }),
  };
};

const read = (path: string, file: string): string => {
  const failed = (why: string, cause?: unknown) =>
    new RunbookError('usage', `cannot read ${file}: ${why}`, { next: [`ls -l ${file}`], cause });
  try {
    const stat = statSync(path);
    if (stat.isDirectory()) throw failed('it is a directory');
    if (stat.size > largest) throw failed('it is larger than 1 MiB');
    return new TextDecoder('utf-8', { fatal: true }).decode(readFileSync(path));
  } catch (error) {
    if (error instanceof RunbookError) throw error;
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') throw noConfig(`${file}: no such file`, file);
    if (code === 'EACCES' || code === 'EPERM') throw failed('permission denied', error);
    if (code === 'ERR_ENCODING_INVALID_ENCODED_DATA') throw failed('it is not UTF-8 text', error);
    throw failed(code ?? 'it cannot be read', error);
  }
};

const syntaxError = (file: string, faults: readonly Omit<Problem, 'key'>[]): RunbookError =>
  invalid(
    file,
    // The first fault of a malformed file often causes the others; a dozen is enough to work on.
    inOrder(faults.map((fault) => ({ ...fault, key: '' }))).slice(0, 12),
  );

const invalid = (file: string, problems: readonly Problem[]): RunbookError => {
  const count = problems.length === 1 ? 'a problem' : `${problems.length} problems`;
  return new RunbookError(
    'usage',
    [`${file} has ${count}`, ...problems.map((problem) => oneLine(file, problem))].join('\n'),
    { next: ['correct the file, then: rb config check'] },
  );
};
