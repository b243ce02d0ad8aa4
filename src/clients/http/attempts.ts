import { codeOf } from '../../engine/errors.ts';
import { Broken } from './broken.ts';

interface Request {
  /** It may change something at the server. */
  readonly changes: boolean;
}

/** A server that says how long it needs is believed up to here. */
const longestWaitMs = 15_000;
const firstWaitMs = 250;
export const mostAttempts = 4;

/** Jittered, so that many clients do not come back in step: 125 to 375 ms, then about twice as long each time. */
export const pauseMs = (attempt: number, retryAfter?: string): number => {
  const asked = Number(retryAfter) * 1000;
  const own = firstWaitMs * 2 ** attempt * (0.5 + Math.random());
  return Math.min(longestWaitMs, Number.isFinite(asked) && asked > 0 ? asked + own : own);
};

/** Something that passes: worth asking again, where that cannot do a thing twice. */
export const mayPass = (error: unknown, { changes }: Request): boolean => {
  if (!(error instanceof Broken)) return false;
  if (error.stage === 'sent' && changes) return false;
  const code = codeOf(error.cause) ?? '';
  return ['ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'EAI_AGAIN'].includes(code);
};

/** Of answers: the server is too busy or on its way up. Only with 429 it has surely done nothing. */
export const isBusy = (status: number, { changes }: Request): boolean =>
  status === 429 || (!changes && (status === 502 || status === 503 || status === 504));
