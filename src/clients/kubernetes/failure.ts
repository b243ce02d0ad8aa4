import { RunbookError } from '../../engine/errors.ts';
import type { ErrorKind } from '../../engine/errors.ts';

/**
 * What the API server answered, where it answered no. Its `status` decides: 401 and 403 not let in (kind `unreachable`), 404
 * gone, 409 changed meanwhile, 410 too old, 422 invalid, 429 not now.
 */
export class ApiFailure extends RunbookError {
  readonly status: number;
  /** The server's own word: NotFound, Conflict, Expired, Invalid, TooManyRequests. */
  readonly reason: string;
  /** What the Status object of the answer carries besides: causes, retryAfterSeconds. */
  readonly details: unknown;

  constructor(
    kind: ErrorKind,
    message: string,
    answer: {
      readonly status: number;
      readonly reason: string;
      readonly details?: unknown;
      readonly next?: readonly string[];
    },
  ) {
    super(kind, message, answer.next ? { next: answer.next } : {});
    this.status = answer.status;
    this.reason = answer.reason;
    this.details = answer.details;
  }
}

export const isStatus = (error: unknown, status: number): error is ApiFailure =>
  error instanceof ApiFailure && error.status === status;
