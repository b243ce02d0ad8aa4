import { RunbookError } from '../../engine/errors.ts';
import type { ErrorKind } from '../../engine/errors.ts';

/** What the API server answered, where it let us in and said no. Its `status` decides: 404 gone, 409 changed meanwhile, 410 too old, 422 invalid, 429 not now. */
export class ApiFailure extends RunbookError {
  readonly status: number;
  /** The server's own word: NotFound, Conflict, Expired, Invalid, TooManyRequests. */
  readonly reason: string;
  /** What the Status object of the answer carries besides: causes, retryAfterSeconds. */
  readonly details: unknown;

  constructor(
    kind: ErrorKind,
    message: string,
    answer: { readonly status: number; readonly reason: string; readonly details?: unknown },
  ) {
    super(kind, message);
    this.status = answer.status;
    this.reason = answer.reason;
    this.details = answer.details;
  }
}

export const isStatus = (error: unknown, status: number): error is ApiFailure =>
  error instanceof ApiFailure && error.status === status;
