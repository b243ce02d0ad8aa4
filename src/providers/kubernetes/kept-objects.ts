import type { Listed, WatchEvent } from './port.ts';

/** What is kept of the objects of a list, by UID; each change of it is counted. */
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

  const put = (item: Item): boolean => {
    const { uid, version } = idOf(item);
    if (versions.get(uid) === version) return false;
    versions.set(uid, version);
    items.set(uid, keep(item));
    return true;
  };
  const drop = (uid: string): boolean => {
    items.delete(uid);
    return versions.delete(uid);
  };

  return {
    items,
    replace: (list) => {
      const there = new Set(list.map((item) => idOf(item).uid));
      const gone = [...versions.keys()].filter((uid) => !there.has(uid));
      const dropped = gone.filter(drop).length;
      const changed = list.filter(put).length;
      return dropped + changed > 0;
    },
    take: ({ type, object }) => {
      if (type === 'DELETED') return drop(idOf(object).uid);
      return (type === 'ADDED' || type === 'MODIFIED') && put(object);
    },
  };
};

/** Undefined where the object does not say. */
export const versionOf = ({ metadata }: Listed): string | undefined => metadata?.resourceVersion;

const idOf = ({ metadata: { uid = '', resourceVersion = '' } = {} }: Listed) => ({ uid, version: resourceVersion });
