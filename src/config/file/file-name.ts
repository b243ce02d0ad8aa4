import { relative, sep } from 'node:path';

/** How a file is called in messages: relative where it lies below `cwd`, else its absolute path. */
export const fileName = (path: string, cwd: string | undefined): string => {
  const short = cwd === undefined ? '' : relative(cwd, path);
  return short === '' || short === '..' || short.startsWith(`..${sep}`) ? path : short;
};
