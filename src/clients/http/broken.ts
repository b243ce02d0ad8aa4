import { networkFailure } from '../../words/network.ts';

/** How far a request got: one that was not `sent` cannot have done anything. */
export type Stage = 'connecting' | 'handshaking' | 'sent';

/** A request that got no answer, or not all of it. */
export class Broken extends Error {
  override readonly name = 'Broken';
  readonly stage: Stage;
  /** What it was: an error of the system or of TLS; a `Silence`. */
  override readonly cause: unknown;

  constructor(stage: Stage, cause: unknown) {
    super(cause instanceof Error ? cause.message : String(cause));
    this.stage = stage;
    this.cause = cause;
  }
}

/** Nothing came within this time, or not all of it. */
export class Silence extends Error {
  override readonly name = 'Silence';
  readonly ms: number;

  constructor(ms: number) {
    super(`no answer within ${ms / 1000} s`);
    this.ms = ms;
  }
}

/**
 * What is known of a request without an answer: a change that was sent may have been made. Since TLS 1.3 a server looks at the
 * client's certificate only after the handshake; where it does not accept that, it has read no request.
 */
export const outcomeOf = ({ stage, cause }: Broken, { changes }: { readonly changes: boolean }) =>
  changes && stage === 'sent' && networkFailure(cause)?.kind !== 'client-certificate' ? 'unknown' : 'unreachable';
