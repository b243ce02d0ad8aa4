/** A column, with what ANALYZE found out about it. */
export interface ColumnWidth {
  /** Bytes; below 0 the length varies. */
  readonly length: number;
  /** `c` 1, `s` 2, `i` 4, `d` 8 bytes. */
  readonly align: string;
  /** Average of those that are not NULL, in bytes, as stored. */
  readonly width: number;
  /** 0 to 1. */
  readonly nullShare: number;
}

const alignment: ReadonlyMap<string, number> = new Map([
  ['c', 1],
  ['s', 2],
  ['i', 4],
  ['d', 8],
]);
const word = 8;
const upTo = (unit: number, size: number): number => Math.ceil(size / unit) * unit;

/** Short values of varying length are stored with one byte of header and without alignment. */
const longestShort = 126;

/** The bytes of the values of an average row, in their order, with the gaps between them. */
const dataBytes = (columns: readonly ColumnWidth[]): number => {
  let offset = 0;
  for (const { length, align, width, nullShare } of columns) {
    const aligned = length > 0 || width > longestShort ? upTo(alignment.get(align) ?? 1, offset) : offset;
    offset = offset + (aligned - offset + width) * (1 - nullShare);
  }
  return offset;
};

const hasNulls = (columns: readonly ColumnWidth[]): boolean => columns.some(({ nullShare }) => nullShare > 0);
const pageHeader = 24;
const itemPointer = 4;

/** How many pages of a heap so many rows need. `fillFactor` in percent. */
export const heapPages = (
  rows: number,
  columns: readonly ColumnWidth[],
  blockSize: number,
  fillFactor = 100,
): number => {
  const header = upTo(word, 23 + (hasNulls(columns) ? Math.ceil(columns.length / 8) : 0));
  const row = header + upTo(word, dataBytes(columns)) + itemPointer;
  return pagesFor(rows, row, blockSize - pageHeader, fillFactor);
};

/** A row in a list of the rows of one key, and how long such a list may become: https://www.postgresql.org/docs/current/btree.html */
const rowPointer = 6;
const longestList = (blockSize: number): number => Math.floor(blockSize / 10);

/**
 * The same for the leaves of a B-tree, with its first page and the levels above. `distinct`: how many different keys there are, where
 * equal ones are stored once (13 and later).
 */
export const btreePages = (
  rows: number,
  columns: readonly ColumnWidth[],
  blockSize: number,
  fillFactor = 90,
  distinct = rows,
): number => {
  const single = (hasNulls(columns) ? 16 : 8) + upTo(word, dataBytes(columns)) + itemPointer;
  const perList = Math.min(
    rows / Math.max(1, distinct),
    Math.max(1, Math.floor((longestList(blockSize) - single) / rowPointer)),
  );
  // On average, for each row.
  const entry = perList < 2 ? single : (single + upTo(word, perList * rowPointer)) / perList;
  const usable = blockSize - pageHeader - 16;
  const perPage = Math.max(2, Math.floor(usable / single));
  let pages = 1;
  for (let level = pagesFor(rows, entry, usable, fillFactor); ; level = Math.ceil(level / perPage)) {
    pages += level;
    if (level <= 1) return pages;
  }
};

const pagesFor = (rows: number, rowBytes: number, usable: number, fillFactor: number): number =>
  Math.ceil(rows / Math.max(1, Math.floor((usable * fillFactor) / 100 / rowBytes)));
