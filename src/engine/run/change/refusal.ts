import { RunbookError } from '../../errors.ts';
import type { ErrorKind } from '../../errors.ts';
import type { Run } from '../frame.ts';

const counted: ReadonlySet<ErrorKind> = new Set(['refused', 'usage', 'declined', 'unreachable']);
const said = new WeakSet<Error>();

/**
 * A refusal says what it leaves: whether anything was done before it counts for the whole session, and no step can know that. Returns any
 * other error as it is.
 */
export const withWhatWasDone = (
  error: unknown,
  { applied, root, unsettled }: Pick<Run, 'applied' | 'root'> & Partial<Pick<Run, 'unsettled'>>,
): unknown => {
  if (!(error instanceof RunbookError) || said.has(error) || root.does === 'reads' || !counted.has(error.kind))
    return error;
  const sentence = sentenceFor(error.kind, applied, unsettled?.size ?? 0);
  const text = sentence === '' ? error.message : followedBy(error.message, sentence);
  const full = new RunbookError(error.kind, text, { next: error.next, cause: error });
  said.add(full);
  return full;
};

const sentenceFor = (kind: ErrorKind, applied: number, unsettled: number): string => {
  const done = applied > 0 ? ` Done before it: ${applied}.` : '';
  if (unsettled > 0) return `This step was not done.${done} What an earlier run began is not settled: ${unsettled}.`;
  if (applied > 0) return `This step was not done.${done}`;
  return kind === 'refused' || kind === 'usage' ? 'Nothing was done.' : '';
};

/** Many messages come from elsewhere, without a full stop; after several lines it is a line of its own. */
const followedBy = (message: string, sentence: string): string =>
  message.includes('\n') ? `${message}\n${sentence}` : `${message}${/[.!?]$/.test(message) ? '' : '.'} ${sentence}`;
