import type { Clock } from '../../engine/clock.ts';
import type { Kubernetes, Resource, Selection } from './port.ts';

export interface MirrorOptions<Item, Kept> extends Selection {
  readonly signal: AbortSignal;
  readonly clock: Clock;
  /** What is kept of each object: watching 500 pods must not keep 500 whole pods. */
  readonly keep: (item: Item) => Kept;
  /** Told when the connection is lost, and when it is back. */
  readonly onConnection?: (state: 'lost' | 'back') => void;
}

/** The objects of one resource, kept in step with the cluster: one list, then a watch. */
export interface Mirror<Kept> {
  /** What there is now, by UID. */
  readonly items: ReadonlyMap<string, Kept>;
  /** Resolves when something has changed since it was last called; at once where something has already. Rejects with what ended the mirror for good. */
  changed(): Promise<void>;
  close(): void;
}

export type OpenMirror = <Item, Kept>(
  client: Kubernetes,
  of: Resource,
  options: MirrorOptions<Item, Kept>,
) => Promise<Mirror<Kept>>;
