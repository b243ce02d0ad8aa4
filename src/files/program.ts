import { accessSync, constants, statSync } from 'node:fs';
import { delimiter, join, resolve } from 'node:path';

export interface ProgramSearch {
  /** Relative paths begin here. */
  readonly directory: string;
  /** The variable PATH. */
  readonly path: string;
}

/**
 * Why a program cannot be run, or undefined where it can: a name is looked for in PATH, anything with a slash from the
 * configuration's directory.
 */
export const programFault = (program: string, { directory, path }: ProgramSearch): string | undefined => {
  if (program.includes('/')) {
    const at = resolve(directory, program);
    const kind = kindOf(at);
    if (kind === 'program') return undefined;
    return kind === 'nothing'
      ? `no such file: ${at}`
      : `not executable: ${at}${kind === 'file' ? ` (chmod +x ${at})` : ''}`;
  }
  const kinds = path.split(delimiter).map((folder) => kindOf(join(folder === '' ? directory : folder, program)));
  if (kinds.includes('program')) return undefined;
  return kinds.includes('file') ? `${program} is in PATH but not executable` : `${program} is not in PATH`;
};

const kindOf = (path: string): 'program' | 'file' | 'directory' | 'nothing' => {
  const stat = statSync(path, { throwIfNoEntry: false });
  if (!stat) return 'nothing';
  if (!stat.isFile()) return 'directory';
  try {
    accessSync(path, constants.X_OK);
    return 'program';
  } catch {
    return 'file';
  }
};
