import { statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { messageOf, onOneLine, RunbookError } from '../../engine/errors.ts';
import { smallestConfig } from '../check/examples.ts';

const fileNames = ['runbook.config.yaml', 'runbook.config.yml'] as const;

/** Where the configuration may be named, in the order in which they count. */
export interface Search {
  /** `--config`. */
  readonly flag?: string | undefined;
  readonly env: { readonly RB_CONFIG?: string | undefined };
  readonly cwd: string;
}

/**
 * The absolute path of the configuration: `--config`, else `RB_CONFIG`, else the nearest `runbook.config.yaml` (or `.yml`)
 * in `cwd` and the directories above it.
 * Errors: `usage` where there is none; the message shows the smallest one.
 */
export const findConfig = (search: Search): string => {
  const { flag, env, cwd } = search;
  const by = namedBy(search);
  if (by !== undefined) {
    const path = resolve(cwd, flag ?? env.RB_CONFIG ?? '');
    if (isThere(path)) return path;
    throw noConfig(`${onOneLine(path)}: no such file (named by ${by})`, onOneLine(path));
  }
  for (let directory = resolve(cwd); ; directory = dirname(directory)) {
    for (const name of fileNames) if (isFile(join(directory, name))) return join(directory, name);
    if (directory === dirname(directory)) break;
  }
  throw noConfig(`no ${fileNames[0]} in ${resolve(cwd)} or a directory above it`, join(resolve(cwd), fileNames[0]));
};

/** What names the configuration; undefined where it is found by walking up, and so may be a stranger's. */
export const namedBy = ({ flag, env }: Search): '--config' | 'RB_CONFIG' | undefined => {
  const named = flag ?? env.RB_CONFIG;
  if (named === undefined || named === '') return undefined;
  return flag === undefined ? 'RB_CONFIG' : '--config';
};

/** The error for a configuration that is not there, with one that is ready to paste. */
export const noConfig = (what: string, path: string): RunbookError =>
  new RunbookError('usage', `${what}\n\nThe smallest configuration:\n\n${indented(smallestConfig)}`, {
    next: [
      `write the lines above, with your service's name, to ${path}`,
      'or name another file with --config <path> or RB_CONFIG',
      'rb config check',
    ],
  });

const indented = (text: string): string => text.trimEnd().replaceAll(/^(?=.)/gm, '  ');

// A directory of that name, or a path below a file, is not a configuration; an unreadable file is one, and the error is about that.
const isThere = (path: string): boolean => {
  try {
    const stat = statSync(path, { throwIfNoEntry: false });
    return stat !== undefined && !stat.isDirectory();
  } catch (error) {
    // A name that is too long, a circle of links, a directory that must not be searched.
    throw new RunbookError('usage', `The configuration cannot be read: ${onOneLine(messageOf(error))}`, {
      cause: error,
    });
  }
};

// A pipe that a stranger has put there would be waited for without end.
const isFile = (path: string): boolean => {
  try {
    return statSync(path, { throwIfNoEntry: false })?.isFile() === true;
  } catch {
    return false;
  }
};
