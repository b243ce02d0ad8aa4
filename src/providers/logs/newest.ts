import type { LogEntry } from './port.ts';

/** Keeps the newest `limit` of all entries that are added, and counts all. Entries of equal time are added the later one first. */
export const keepNewest = (limit: number) => {
  const kept: { readonly at: number; readonly entry: LogEntry }[] = [];
  let total = 0;
  return {
    add(at: number, entry: LogEntry): void {
      total += 1;
      const oldest = kept[0];
      if (kept.length >= limit && (oldest === undefined || at <= oldest.at)) return;
      let low = 0;
      let high = kept.length;
      while (low < high) {
        const middle = (low + high) >> 1;
        if ((kept[middle]?.at ?? 0) < at) low = middle + 1;
        else high = middle;
      }
      kept.splice(low, 0, { at, entry });
      if (kept.length > limit) kept.shift();
    },
    /** Oldest first. */
    entries: (): readonly LogEntry[] => kept.map(({ entry }) => entry),
    total: (): number => total,
  };
};
