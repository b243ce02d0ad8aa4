import { existsSync } from 'node:fs';
import { RunbookError } from '../../engine/errors.ts';
import type { PlanFile } from '../../engine/plan/plan-file.ts';
import { isPlanHash } from '../../engine/plan/plan-hash.ts';
import { readPlainText, whyUnreadable } from '../../files/plain-file.ts';

/** What a dry run prints of the largest set is smaller. */
const largest = 32 * 1024 * 1024;

/** What `--plan` names: a hash as it is, of a file the plan in it. Errors: `usage`. */
export const givenPlan = async (given: string): Promise<string | PlanFile> => {
  const isFile = !isPlanHash(given) && (/[/.]/.test(given) || existsSync(given));
  if (!isFile) return given;
  const { planIn } = await import('../../engine/plan/plan-document.ts');
  return planIn(contentsOf(given), given);
};

const contentsOf = (file: string): unknown => {
  const unreadable = (why: string, cause?: unknown) =>
    new RunbookError('usage', `cannot read the plan ${file}: ${why}`, { next: [`ls -l ${file}`], cause });
  try {
    return JSON.parse(readPlainText(file, { largest }));
  } catch (error) {
    // The message of a syntax error quotes what it found.
    throw unreadable(error instanceof SyntaxError ? 'it is not JSON' : whyUnreadable(error), error);
  }
};
