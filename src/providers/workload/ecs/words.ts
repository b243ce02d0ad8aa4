/** "a", "a and b", "a, b and c". */
export const listing = (names: readonly string[]): string =>
  names.length < 2 ? (names[0] ?? 'none') : `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`;

/** A sentence of AWS as a part of one of ours. */
export const unended = (sentence: string): string => sentence.trim().replace(/(?<!\.)\.+$/, '');
