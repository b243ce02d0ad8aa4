import type { Change } from '../../../engine/change.ts';
import { RunbookError } from '../../../engine/errors.ts';

/** Errors: `usage` for what is no count. */
export const requireWholeCount = (to: number): void => {
  if (!Number.isInteger(to) || to < 0)
    throw new RunbookError('usage', `cannot scale to ${to}: give a whole number of instances`);
};

/** Errors: `refused` where the present count is not the one that the caller saw. */
export const requireExpectedCount = (
  service: string,
  { present, expected }: { readonly present: number; readonly expected: number },
  interrupted: Change | undefined,
): void => {
  // An interrupted session may have got half-way: its own change is no reason to refuse.
  if (present === expected || interrupted) return;
  const counted = `${present} instance${present === 1 ? '' : 's'}`;
  throw new RunbookError(
    'refused',
    `${service} has ${counted} now, not ${expected}: somebody or something else changed it`,
    { next: ['rb scale status'] },
  );
};
