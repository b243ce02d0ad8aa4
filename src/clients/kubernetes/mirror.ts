import type { Clock } from '../../engine/clock.ts';
import { RunbookError } from '../../engine/errors.ts';
import { inBytes, limits } from '../peer/limits.ts';
import { isStatus } from './failure.ts';
import type { Kubernetes, Listed, Resource, Selection, WatchEvent } from './port.ts';

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

/** What is kept of the objects of a list, by UID; each change of it is counted. Errors: `unreachable` for more than `limits.kubernetes` allows. */
interface KeptObjects<Item, Kept> {
  readonly items: ReadonlyMap<string, Kept>;
  /** These and no others. Returns whether anything is different from before. */
  replace(items: readonly Item[]): boolean;
  /** Returns whether anything is different: the same version of an object may come twice. */
  take(event: WatchEvent<Item>): boolean;
}

const keepObjects = <Item extends Listed, Kept>(keep: (item: Item) => Kept): KeptObjects<Item, Kept> => {
  const items = new Map<string, Kept>();
  const versions = new Map<string, string>();
  const lengths = new Map<string, number>();
  let length = 0;

  /** Those of a list are bounded by the list. */
  const measure = (uid: string, now: number): void => {
    length += now - (lengths.get(uid) ?? 0);
    if (now === 0) lengths.delete(uid);
    else lengths.set(uid, now);
    if (items.size > limits.kubernetes.items || length > limits.kubernetes.listBytes) throw tooMany();
  };

  const put = (item: Item, size = 0): boolean => {
    const { uid, version } = idOf(item);
    if (versions.get(uid) === version) return false;
    measure(uid, size);
    versions.set(uid, version);
    items.set(uid, keep(item));
    return true;
  };
  const drop = (uid: string): boolean => {
    items.delete(uid);
    length -= lengths.get(uid) ?? 0;
    lengths.delete(uid);
    return versions.delete(uid);
  };

  return {
    items,
    replace: (list) => {
      const there = new Set(list.map((item) => idOf(item).uid));
      const gone = [...versions.keys()].filter((uid) => !there.has(uid));
      const dropped = gone.filter(drop).length;
      const changed = list.filter((item) => put(item)).length;
      return dropped + changed > 0;
    },
    take: (event) => {
      if (event.type === 'BOOKMARK') return false;
      return event.type === 'DELETED' ? drop(idOf(event.object).uid) : put(event.object, event.length);
    },
  };
};

const tooMany = () =>
  new RunbookError(
    'unreachable',
    `the cluster tells of more than ${limits.kubernetes.items} objects, or more than ${inBytes(limits.kubernetes.listBytes)} of them`,
  );

/** Undefined where the object does not say. */
const versionOf = ({ metadata }: Listed): string | undefined => metadata?.resourceVersion;

const idOf = ({ metadata: { uid = '', resourceVersion = '' } = {} }: Listed) => ({ uid, version: resourceVersion });

/** Tells whoever waits that something has changed, and loses none: also while nobody waits, or when only an abandoned wait was there. */
interface Changes {
  happened(): void;
  /** All waits from now on reject with this. */
  end(reason: unknown): void;
  /** Resolves at once where something happened since it was last called, else with the next thing that does. */
  next(): Promise<void>;
}

const createChanges = (): Changes => {
  let count = 0;
  let countAtLastCall = 0;
  let ended: { readonly reason: unknown } | undefined;
  let wake = Promise.withResolvers<void>();
  // Nobody may be waiting when it ends.
  wake.promise.catch(() => undefined);

  return {
    happened: () => {
      count += 1;
      wake.resolve();
      wake = Promise.withResolvers<void>();
      wake.promise.catch(() => undefined);
    },
    end: (reason) => {
      ended ??= { reason };
      wake.reject(ended.reason);
    },
    next: async () => {
      const missed = count > countAtLastCall;
      countAtLastCall = count;
      if (missed) return;
      if (ended) throw ended.reason;
      await wake.promise;
    },
  };
};
