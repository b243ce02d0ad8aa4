/*
 * The one grammar of "a password in an address": `scheme://user:password@host`. The user's part ends at the last @ before the path; a
 * password that should have been encoded and holds a slash ends at the first @. A port is not a password, and neither is what stands in
 * place of one: a reference, a placeholder, or what a secret was replaced by.
 *
 * By hand, in one pass: as an expression it would read on from each `://` to the end of the text.
 */

/** Where a password is in a text. */
export interface PasswordSpan {
  readonly from: number;
  readonly to: number;
}

/** In a text among other things, quotes and angle brackets end an address. In a value as a whole they are part of the password. */
export type Within = 'text' | 'value';

const ends = {
  text: { address: /[\s"'<>]/g, authority: /[\s/?#"'<>]/g, user: /[\s/?#@:"'<>]/g },
  value: { address: /\s/g, authority: /[\s/?#]/g, user: /[\s/?#@:]/g },
} as const satisfies Record<Within, object>;

const instead = ['‹', '${', '{{'];
const port = /\d+(?:[/?#]|$)/y;

/** A text without it has no address with a password. */
const mayHoldUrlPassword = (text: string): boolean => text.includes('://') && text.includes('@');

/** The passwords of the addresses in a text, in their order; they do not overlap. */
export const urlPasswordSpans = (text: string, within: Within): readonly PasswordSpan[] => {
  if (!mayHoldUrlPassword(text)) return [];
  const { address, authority, user } = ends[within];
  const [endOfAddress, endOfAuthority, endOfUser, nextAt] = [
    nextOf(text, address),
    nextOf(text, authority),
    nextOf(text, user),
    nextOf(text, /@/g),
  ];
  const spans: PasswordSpan[] = [];
  for (let at = text.indexOf('://'); at >= 0;) {
    const colon = endOfUser(at + 3);
    const from = colon + 1;
    const to = text[colon] === ':' ? endOfPassword(from) : undefined;
    if (to !== undefined) spans.push({ from, to });
    at = text.indexOf('://', to ?? at + 3);
  }
  return spans;

  function endOfPassword(from: number): number | undefined {
    if (instead.some((mark) => text.startsWith(mark, from))) return undefined;
    const stop = endOfAuthority(from);
    // Only where there is one: without, it would be looked for back to the beginning.
    const last = nextAt(from) < stop ? text.lastIndexOf('@', stop - 1) : -1;
    if (last > from) return last;
    port.lastIndex = from;
    if (port.test(text)) return undefined;
    const first = nextAt(from + 1);
    return first < text.length && first < endOfAddress(from) ? first : undefined;
  }
};

/** The passwords of the addresses in a value, as they are written and decoded. */
export const urlPasswordsOf = (value: string): readonly string[] => [
  ...new Set(
    urlPasswordSpans(value, 'value').flatMap(({ from, to }) => {
      const password = value.slice(from, to);
      return [password, decoded(password)];
    }),
  ),
];

export const decoded = (text: string): string => {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
};

/** The next match at or after a position that only grows, or the length of the text: what was found is not looked for again. */
const nextOf = (text: string, pattern: RegExp): ((from: number) => number) => {
  let found = -1;
  return (from) => {
    if (found < from) {
      pattern.lastIndex = from;
      found = pattern.exec(text)?.index ?? text.length;
    }
    return found;
  };
};
