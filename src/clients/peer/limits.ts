const kib = 1024;
const mib = 1024 * kib;

/**
 * How much of what a server sends is read, for every peer in one place. Far above what real ones need, and low enough that `rb`
 * stays under 150 MB whatever the other side does. What is over a limit is an `UnusableAnswer`, never a shortened answer.
 */
export const limits = {
  /** An error text or a notice, before it stands in a sentence or is searched. Characters. */
  text: 16 * kib,
  /** Objects and lists within each other, in JSON. */
  jsonDepth: 100,
  /** Objects, lists and entries: each takes many times the memory of the two bytes that it may be written with. */
  jsonEntries: 250_000,
  /** How much of what was read lies about before it is collected. */
  garbage: 2 * mib,
  /** Before an answer over HTTP: 100 Continue, 103 Early Hints. */
  interimAnswers: 20,
  health: { bytes: 64 * kib },
  http: {
    /** One answer, after it is unpacked. An API server of Kubernetes itself takes objects of up to 3 MiB. */
    bytes: 8 * mib,
    /** What is longer is read by itself where several may come at once. */
    small: 512 * kib,
    /** A long answer may take a second more for as much of it. */
    bytesPerSecond: 64 * kib,
    /** The part of an answer that says no which is read. */
    errorBytes: 64 * kib,
    /** One line of an answer that comes line by line, such as an event of a watch. Characters. */
    line: 4 * mib,
  },
  kubernetes: {
    /** Of one list, or one mirror. */
    pages: 100,
    items: 20_000,
    /** Of one list, or one mirror, as JSON. */
    listBytes: 16 * mib,
    /** Of one list, counted as `jsonEntries`. */
    listEntries: 500_000,
  },
  aws: { bytes: 4 * mib, pages: 100, items: 20_000 },
  /** Of one connection: a step opens one for each look. */
  postgres: { bytes: 16 * mib, rows: 50_000, columns: 100 },
} as const;

/** "64 KiB", "16 MiB". */
export const inBytes = (bytes: number): string => (bytes >= mib ? `${bytes / mib} MiB` : `${bytes / kib} KiB`);
