import { writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { codeOf, messageOf, RunbookError } from '../../engine/errors.ts';

/** Writes a file that is not there yet: a report may be the only copy of somebody's notes. Returns its absolute path. */
export const saveNew = async (cwd: string, name: string, text: string): Promise<string> => {
  const file = resolve(cwd, name);
  try {
    await writeFile(file, text, { flag: 'wx', mode: 0o600 });
    return file;
  } catch (error) {
    const exists = codeOf(error) === 'EEXIST';
    throw new RunbookError('usage', `cannot write ${file}: ${exists ? 'it exists already' : messageOf(error)}`, {
      next: ['name another file with --file'],
      cause: error,
    });
  }
};
