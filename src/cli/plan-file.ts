import { closeSync, constants, existsSync, fstatSync, openSync, readFileSync } from 'node:fs';
import { codeOf, messageOf, RunbookError } from '../engine/errors.ts';
import type { PlanFile } from '../engine/plan-file.ts';
import { isPlanHash } from '../engine/plan-hash.ts';

/** What a dry run prints of the largest set is smaller. */
const largest = 32 * 1024 * 1024;

/** What `--plan` names: a hash as it is, of a file the plan in it. Errors: `usage`. */
export const givenPlan = async (given: string): Promise<string | PlanFile> => {
  const isFile = !isPlanHash(given) && (/[/.]/.test(given) || existsSync(given));
  if (!isFile) return given;
  const { planIn } = await import('../engine/plan-document.ts');
  return planIn(contentsOf(given), given);
};

const contentsOf = (file: string): unknown => {
  const unreadable = (why: string, cause?: unknown) =>
    new RunbookError('usage', `cannot read the plan ${file}: ${why}`, { next: [`ls -l ${file}`], cause });
  let fd: number | undefined;
  try {
    // Opening a pipe without a writer would wait.
    fd = openSync(file, constants.O_RDONLY | constants.O_NONBLOCK);
    const stat = fstatSync(fd);
    if (!stat.isFile()) throw unreadable('it is not a regular file');
    if (stat.size > largest) throw unreadable('it is larger than 32 MiB');
    return JSON.parse(readFileSync(fd, 'utf8'));
  } catch (error) {
    if (error instanceof RunbookError) throw error;
    // The message of a syntax error quotes what it found.
    throw unreadable(error instanceof SyntaxError ? 'it is not JSON' : (codeOf(error) ?? messageOf(error)), error);
  } finally {
    if (fd !== undefined) closeSync(fd);
  }
};
