import type { Clock } from '../../engine/clock.ts';
import { RunbookError } from '../../engine/errors.ts';
import { createChanges } from './changes.ts';
import { isStatus } from './failure.ts';
import { keepObjects, versionOf } from './kept-objects.ts';
import type { Kubernetes, Listed, Resource, Selection } from './port.ts';

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
  /**
   * Resolves when something has changed since it was last called; at once where something has already, so once more for a change
   * that it was woken by. No change is missed, also by a wait that was given up. Rejects with what ended the mirror for good.
   */
  changed(): Promise<void>;
  close(): void;
}

export type OpenMirror = <Item extends Listed, Kept>(
  client: Kubernetes,
  of: Resource,
  options: MirrorOptions<Item, Kept>,
) => Promise<Mirror<Kept>>;

const firstPauseMs = 250;
const longestPauseMs = 3000;
/** A watch that ended sooner was no success, though the server took it. */
const shortMs = 1000;

/**
 * Lists once; every later list is one that a 410 Gone asked for. A connection that breaks is made again and goes on from the last
 * version; while the server is away, with pauses that grow. Only a right that is taken away, credentials that are no longer
 * accepted, or an error of the caller ends it. Of a resource that the cluster does not know there is nothing, and nothing changes.
 */
export const openMirror: OpenMirror = async <Item extends Listed, Kept>(
  client: Kubernetes,
  of: Resource,
  { clock, keep, onConnection, signal: outer, ...selection }: MirrorOptions<Item, Kept>,
): Promise<Mirror<Kept>> => {
  const closed = new AbortController();
  const signal = AbortSignal.any([outer, closed.signal]);
  const kept = keepObjects(keep);
  const changes = createChanges();
  let connected = true;

  const connection = (state: 'lost' | 'back'): void => {
    if (connected === (state === 'back')) return;
    connected = state === 'back';
    onConnection?.(state);
  };

  const list = async (): Promise<{ readonly version: string; readonly changed: boolean }> => {
    const page = await client.list<Item>(of, { ...selection, signal });
    connection('back');
    return { version: page.resourceVersion, changed: kept.replace(page.items) };
  };

  /** What went, came and changed while nobody watched. */
  const listAgain = async (): Promise<string> => {
    const { version, changed } = await list();
    if (changed) changes.happened();
    return version;
  };

  /** One watch, from after `version` until it ends or fails; `reached` is told each newer version. */
  const follow = async (version: string, reached: (version: string) => void): Promise<void> => {
    for await (const event of client.watch<Item>(of, { ...selection, signal, resourceVersion: version })) {
      connection('back');
      if (kept.take(event)) changes.happened();
      reached(versionOf(event.object) ?? version);
    }
  };

  const run = async (first: string): Promise<void> => {
    let version: string | undefined = first;
    for (let failures = 0; ;) {
      const began = clock.monotonic();
      try {
        // oxlint-disable-next-line no-await-in-loop -- each watch goes on where the one before ended
        version ??= await listAgain();
        // oxlint-disable-next-line no-await-in-loop
        await follow(version, (newer) => (version = newer));
      } catch (error) {
        if (isStatus(error, 410)) version = undefined;
        else if (passes(error)) connection('lost');
        else throw error;
      }
      failures = clock.monotonic() - began > shortMs ? 0 : failures + 1;
      // oxlint-disable-next-line no-await-in-loop
      if (failures > 1 || !connected) await clock.sleep(pauseAfter(failures), signal);
    }
  };

  const { version } = await list();
  if (version !== '') void run(version).catch((error: unknown) => changes.end(error));
  signal.addEventListener('abort', () => changes.end(signal.reason), { once: true });
  return {
    items: kept.items,
    changed: () => changes.next(),
    // Whoever closes it has a verdict to tell, and to take a connection down takes longer than to tell it.
    close: () => void setImmediate(() => closed.abort(new Error('the mirror is closed'))),
  };
};

/** The server is away, starting or too busy; not: it does not let us in, or does not understand. */
const passes = (error: unknown): boolean =>
  error instanceof RunbookError && error.kind === 'unreachable' && !isStatus(error, 401) && !isStatus(error, 403);

const pauseAfter = (failures: number): number =>
  Math.min(longestPauseMs, firstPauseMs * 2 ** Math.max(0, failures - 1)) * (0.5 + Math.random());
