import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { RunbookError } from '../../engine/errors.ts';

const exists = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  );

/** The error for a command that could not be started: which of the many reasons it was, and its mend. `code` is the system's. */
export const notStarted = async (program: string, cwd: string, code: string, cause: string): Promise<RunbookError> => {
  // Starting reports ENOENT for three different things.
  if (!(await exists(cwd)))
    return new RunbookError('usage', `cannot run ${program}: the folder ${cwd} does not exist`, {
      next: ['correct the folder in the configuration'],
    });
  const path = program.includes('/') ? resolve(cwd, program) : undefined;
  if (code === 'ENOENT' && path !== undefined && (await exists(path)))
    return new RunbookError(
      'usage',
      `cannot run ${program}: the interpreter that its first line names does not exist`,
      {
        next: [`correct the first line of ${program}`],
      },
    );
  if (code === 'ENOENT')
    return new RunbookError(
      'usage',
      `cannot run ${program}: ${path === undefined ? 'not found in PATH' : 'no such file'}`,
      {
        next: [
          path === undefined
            ? `install ${program}, or give its full path`
            : `correct the path; it is looked for at ${path}`,
        ],
      },
    );
  if (code === 'EACCES')
    return new RunbookError('usage', `cannot run ${program}: it is not executable`, { next: [`chmod +x ${program}`] });
  return new RunbookError('usage', `cannot run ${program}: ${cause}`);
};
