import { networkFailure, networkPhrase } from '../../words/network.ts';
import type { NetworkFailureKind } from '../../words/network.ts';
import type { ProbeFailure } from './port.ts';

export interface Failure {
  readonly failure: ProbeFailure;
  readonly detail: string;
}

/** Thrown from the name lookup when it leads to an address that must not be asked. */
export class ForbiddenAddress extends Error {
  override readonly name = 'ForbiddenAddress';
}

/** Of a failure that is not one of TLS; `network` for all others. */
const byKind: Partial<Record<NetworkFailureKind, ProbeFailure>> = {
  'no-such-name': 'nxdomain',
  'no-resolver': 'servfail',
  refused: 'refused',
  timeout: 'timeout',
  closed: 'reset',
};

/** What an error of a request means. `handshaking`: connected, but TLS was not established yet. */
export const failureOf = (error: unknown, handshaking: boolean): Failure => {
  if (error instanceof ForbiddenAddress) return { failure: 'forbidden', detail: error.message };
  const found = networkFailure(error, { handshaking });
  const failure = found?.tls ? 'tls' : found && byKind[found.kind];
  return { failure: failure ?? 'network', detail: networkPhrase(error, { handshaking }) };
};
