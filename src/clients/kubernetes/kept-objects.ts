import { RunbookError } from '../../engine/errors.ts';
import { inBytes, limits } from '../peer/limits.ts';
import type { Listed, WatchEvent } from './port.ts';

/** What is kept of the objects of a list, by UID; each change of it is counted. Errors: `unreachable` for more than `limits.kubernetes` allows. */
export interface KeptObjects<Item, Kept> {
  readonly items: ReadonlyMap<string, Kept>;
  /** These and no others. Returns whether anything is different from before. */
  replace(items: readonly Item[]): boolean;
  /** Returns whether anything is different: the same version of an object may come twice. */
  take(event: WatchEvent<Item>): boolean;
}

export const keepObjects = <Item extends Listed, Kept>(keep: (item: Item) => Kept): KeptObjects<Item, Kept> => {
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
export const versionOf = ({ metadata }: Listed): string | undefined => metadata?.resourceVersion;

const idOf = ({ metadata: { uid = '', resourceVersion = '' } = {} }: Listed) => ({ uid, version: resourceVersion });
