import type { SessionKey } from '../../port.ts';

/** A connection of this process, as the server knows it. */
export interface OwnSession {
  readonly pid: number;
  /** A moment at which the process was ours, by the server's clock and written as `SessionKey.backendStart` is. */
  readonly seenAt: string;
}

/**
 * The connections of this process to one server that are open now. A session is ours by what the server calls it: the name that it
 * gave itself may be anyone's.
 */
export class OwnSessions {
  readonly #open = new Set<OwnSession>();

  /** Returns what to call when the connection is closed. */
  add(session: OwnSession): () => void {
    this.#open.add(session);
    return () => void this.#open.delete(session);
  }

  /** A session that began after its process was ours has only been given the same id. */
  has({ pid, backendStart }: SessionKey): boolean {
    return [...this.#open].some((own) => own.pid === pid && backendStart !== '' && backendStart <= own.seenAt);
  }
}
