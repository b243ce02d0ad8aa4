import { RunbookError } from '../errors.ts';
import type { StepOutcome } from '../session/events.ts';

/** How a step ended that threw. */
export const outcomeOf = (error: unknown): StepOutcome => {
  if (!(error instanceof RunbookError)) return 'failed';
  switch (error.kind) {
    case 'declined':
    case 'refused':
    case 'interrupted':
    case 'unknown':
      return error.kind;
    case 'usage':
      return 'refused';
    default:
      return 'failed';
  }
};
