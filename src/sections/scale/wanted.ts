import { RunbookError } from '../../engine/errors.ts';

/** How the operator says how many: an absolute count, so many more or less, or a percentage of the present count. */
export interface Wanted {
  readonly direction: 'to' | 'up' | 'down';
  readonly amount: number;
  readonly percent: boolean;
}

/** `3` or `50%`. Errors: `usage`. */
export const parseAmount = (direction: Wanted['direction'], text: string): Wanted => {
  const match = /^(\d{1,6})(%?)$/.exec(text);
  if (!match)
    throw new RunbookError(
      'usage',
      `"${text}" is not a number of instances: expected a whole number or a percentage such as 50%.`,
      {
        next: [`rb scale ${direction} 2`, `rb scale ${direction} 50%`],
      },
    );
  return { direction, amount: Number(match[1]), percent: match[2] === '%' };
};

/** The count that is meant. A percentage is rounded away from the present count, so that it never means "nothing". */
export const targetCount = (wanted: Wanted, present: number): number => {
  const part = wanted.percent ? Math.ceil((present * wanted.amount) / 100) : wanted.amount;
  if (wanted.direction === 'to') return part;
  return wanted.direction === 'up' ? present + part : present - part;
};
