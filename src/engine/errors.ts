import { shortText } from '../words/short-text.ts';

/**
 * Why something did not happen. `cli/exit-codes.ts` gives each kind its exit code; nothing else does.
 *
 * - `failed`: a step or its verification failed
 * - `usage`: the arguments or the configuration are wrong, or a confirmation is needed and there is no terminal
 * - `refused`: a guard, a changed precondition or a stale plan
 * - `declined`: the operator said no
 * - `unreachable`: a provider could not be reached or did not let us in
 * - `critical`: nothing was changed, and something critical was found
 * - `unseen`: nothing was changed, and not everything could be seen
 * - `unknown`: interrupted after the intent; how it ended is not known
 * - `unrecorded`: the audit log could not be written
 * - `interrupted`: stopped by the operator at a known state
 */
export type ErrorKind =
  | 'failed'
  | 'usage'
  | 'refused'
  | 'declined'
  | 'unreachable'
  | 'critical'
  | 'unseen'
  | 'unknown'
  | 'unrecorded'
  | 'interrupted';

/** An error that a user can act on. Anything else that is thrown is a bug. */
export class RunbookError extends Error {
  override readonly name = 'RunbookError';
  readonly kind: ErrorKind;
  /** What to do next, each one line: commands, files to edit. */
  readonly next: readonly string[];

  /** `message` says what failed and why, in one or a few lines. */
  constructor(kind: ErrorKind, message: string, options: { next?: readonly string[]; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.kind = kind;
    this.next = options.next ?? [];
  }
}

/** The message of anything that was thrown. One that is not ours may be of any length: at most 16 KiB of it. */
export const messageOf = (error: unknown): string => {
  if (error instanceof RunbookError) return error.message;
  return shortText(error instanceof Error ? error.message : String(error));
};

/** The `code` of an error of Node (`ENOENT`) or of a driver; undefined where it has none. */
export const codeOf = (error: unknown): string | undefined =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;

/**
 * A name that others have chosen, for a sentence or a comment: what is behind a line break in it would stand there as if it were
 * ours.
 */
export const onOneLine = (name: string): string => name.replaceAll(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, ' ');
