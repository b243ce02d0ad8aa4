import { shortText } from '../../../../words/short-text.ts';
import { messageOf, RunbookError } from '../../../../engine/errors.ts';
import { UnusableAnswer } from '../../../../clients/peer/unusable.ts';

/** Where it was being done, for the message: every error names the host. */
export interface Doing {
  /** `db-1.example.com:5432`. */
  readonly address: string;
  readonly database: string;
  readonly user: string;
}

/** The code of an error: a SQLSTATE, or the system's (`ECONNREFUSED`). */
export const codeOf = (error: unknown): string | undefined => {
  const code = typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined;
  return typeof code === 'string' ? code : undefined;
};

/** Whether the server itself said it, in contrast to the network. */
export const isFromServer = (error: unknown): boolean =>
  /^[0-9A-Z]{5}$/.test(codeOf(error) ?? '') &&
  typeof error === 'object' &&
  error !== null &&
  'severity' in error &&
  error.severity !== undefined;

/** The server ended the session, or the connection broke: what was sent last may have been done. */
export const isLost = (error: unknown): boolean =>
  !isFromServer(error) || /^(?:57P0[1-5]|08)/.test(codeOf(error) ?? '');

/** Why a read did not work. */
export const readFailure = (error: unknown, doing: Doing): RunbookError => {
  if (error instanceof RunbookError) return error;
  if (error instanceof UnusableAnswer) return unusableAnswer(error, doing);
  const at = doing.address;
  if (isLost(error))
    return new RunbookError('unreachable', `${at} broke the connection off: ${oneLine(error)}.`, {
      next: ['try again; where it stays so, look at the server and the network'],
      cause: error,
    });
  switch (codeOf(error)) {
    case '57014':
      return new RunbookError('failed', `${at} did not answer within the time limit of the statement.`, {
        next: ['try again when the server has less to do'],
        cause: error,
      });
    case '55P03':
      return new RunbookError('failed', `${at} has it locked: the lock was not given in time.`, {
        next: ['who holds it: rb db blocking'],
        cause: error,
      });
    case '42501':
      return new RunbookError('failed', `${at}: "${doing.user}" may not do that: ${oneLine(error)}.`, {
        next: [`as a superuser: GRANT pg_monitor TO "${doing.user}"`],
        cause: error,
      });
    case '25006':
      return new RunbookError('failed', `${at} is a replica or read-only: ${oneLine(error)}.`, {
        next: ['name the primary in the configuration'],
        cause: error,
      });
    default:
      return new RunbookError('failed', `${at} answered: ${oneLine(error)}.`, { cause: error });
  }
};

/** It answered, with what is over a limit or cannot be read. */
export const unusableAnswer = (error: UnusableAnswer, { address }: Doing): RunbookError =>
  new RunbookError('unreachable', `${address} ${error.message}.`, {
    next: ['look whether it is PostgreSQL that listens there, and whether something stands between'],
    cause: error,
  });

/** Why a change did not work, or that nobody knows. */
export const writeFailure = (error: unknown, doing: Doing, what: string): RunbookError => {
  if (error instanceof RunbookError || !isLost(error)) return readFailure(error, doing);
  if (error instanceof UnusableAnswer)
    return new RunbookError('unknown', `${doing.address} ${error.message}; whether ${what} was done is not known.`, {
      cause: error,
    });
  return new RunbookError(
    'unknown',
    `The connection to ${doing.address} was lost before it answered; whether ${what} was done is not known: ${oneLine(error)}.`,
    { cause: error },
  );
};

/** The message of an error, on one line, without its full stop. */
export const oneLine = (error: unknown): string =>
  shortText(messageOf(error)).replaceAll(/\s+/g, ' ').trim().replace(/\.$/, '') || (codeOf(error) ?? 'no reason given');
