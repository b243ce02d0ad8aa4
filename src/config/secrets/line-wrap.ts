/*
 * What encodes a long text breaks it into lines: `base64` after 76 characters, `openssl` after 64. A secret in it may be cut anywhere.
 */

/** A text without its line breaks. */
export interface Unwrapped {
  readonly text: string;
  /** Where a character of it is in the text as it was. */
  readonly back: (at: number) => number;
}

/** With the indentation of the next line; also as JSON writes them. */
const lineBreaks = /(?:\r?\n|\\r\\n|\\n)[ \t]*/g;
/** The same after what looks encoded up to the end of its line. */
const encodedBreaks = /(?<=[A-Za-z0-9+/=_-]{16})(?:\r?\n|\\r\\n|\\n)[ \t]*/g;

/** Undefined where it has no line breaks. */
export const unwrapped = (text: string): Unwrapped | undefined => without(text, lineBreaks);

/** Undefined where no line looks like a part of something encoded. */
export const unwrappedEncoded = (text: string): Unwrapped | undefined => without(text, encodedBreaks);

const without = (text: string, breaks: RegExp): Unwrapped | undefined => {
  if (!text.includes('\n') && !text.includes('\\n')) return undefined;
  const parts: { readonly at: number; readonly from: number }[] = [];
  let joined = '';
  let from = 0;
  for (const { 0: found, index } of text.matchAll(breaks)) {
    parts.push({ at: joined.length, from });
    joined += text.slice(from, index);
    from = index + found.length;
  }
  if (from === 0) return undefined;
  parts.push({ at: joined.length, from });
  joined += text.slice(from);
  return {
    text: joined,
    back: (at) => {
      let [low, high] = [0, parts.length];
      while (high - low > 1) {
        const middle = (low + high) >> 1;
        if ((parts[middle]?.at ?? 0) <= at) low = middle;
        else high = middle;
      }
      const part = parts[low];
      return part && part.at <= at ? part.from + at - part.at : at;
    },
  };
};
