import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach } from 'vitest';
import { RunbookError } from '../../src/engine/errors.ts';
import { loadAndCheck } from '../../src/config/file/load.ts';
import type { LoadedConfig } from '../../src/config/file/load.ts';
import { describeConfig } from '../../src/config/schema.ts';

const description = await describeConfig();
export const configSchema = description.schema;
/** `loadConfig`, with all capabilities loaded before. */
export const loadConfig = (path: string, options: { readonly cwd?: string } = {}): LoadedConfig =>
  loadAndCheck(path, description, options).loaded;

const directories: string[] = [];
afterEach(() => {
  for (const directory of directories.splice(0)) rmSync(directory, { recursive: true, force: true });
});

/** A directory of its own for a test; it is removed afterwards. */
export const freshDirectory = (): string => {
  const directory = mkdtempSync(join(tmpdir(), 'config-test-'));
  directories.push(directory);
  return directory;
};

/** Writes runbook.config.yaml and reads it, as a command in the same directory would. */
export const load = (text: string | Uint8Array, directory = freshDirectory()): LoadedConfig => {
  writeFileSync(join(directory, 'runbook.config.yaml'), text);
  return loadConfig(join(directory, 'runbook.config.yaml'), { cwd: directory });
};

/** A valid configuration whose one environment has these lines. */
export const withProduction = (lines: string): string => {
  const indented = lines.split('\n').map((line) => `    ${line}`);
  return ['version: 1', 'service: { name: shop }', 'environments:', '  production:', ...indented, ''].join('\n');
};

/** The error that a call ends with; fails where there is none, or one that is no user's error. */
export const errorOf = (call: () => unknown): RunbookError => {
  try {
    call();
  } catch (error) {
    if (error instanceof RunbookError) return error;
    throw error;
  }
  throw new Error('expected an error, and there was none');
};

export const rejectionOf = async (promise: Promise<unknown>): Promise<RunbookError> => {
  const result = await promise.then(
    () => new Error('expected an error, and there was none'),
    (error: unknown) => error,
  );
  if (result instanceof RunbookError) return result;
  throw result;
};
