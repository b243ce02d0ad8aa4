import { realpathSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';

/**
 * Where a configuration lies, links in its directories followed: the path that trust and plans go by. Not what the file itself links
 * to: its commands run in the directory of the link, and that is whose programs they are.
 */
export const realPathOf = (path: string, cwd = ''): string => {
  const absolute = resolve(cwd, path);
  try {
    return join(realpathSync(dirname(absolute)), basename(absolute));
  } catch {
    return absolute;
  }
};
