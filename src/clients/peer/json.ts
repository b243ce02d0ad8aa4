import { collectGarbage, leaveGarbage } from './garbage.ts';
import { limits } from './limits.ts';
import { UnusableAnswer } from './unusable.ts';

/**
 * Parses a peer's JSON, and as `JSON.parse` does, leaves what it is to the caller. What comes after it (comparing, printing) goes down into it step by step, so it must not be too deep.
 * Errors: `UnusableAnswer` for text that is not JSON (`notJson` says so), or is over `limits.jsonDepth` or `limits.jsonEntries`.
 */
export const parseJson = (text: string, notJson = 'answers with text that is not JSON') => {
  // Too few characters for too many entries: then its depth is seen in the value, which has fewer parts than the text has characters.
  const short = text.length <= limits.jsonEntries;
  if (!short) return parseCounted(text, notJson).value;
  const value = parsed(text, notJson);
  if (isDeeper(value, limits.jsonDepth)) throw tooMuch(tooDeep);
  return value;
};

/** The same, with how many objects, lists and entries there are in it. */
export const parseCounted = (text: string, notJson: string) => {
  const entries = entriesIn(text);
  if (typeof entries === 'string') throw tooMuch(entries);
  return { value: parsed(text, notJson), entries };
};

const parsed = (text: string, notJson: string) => {
  leaveGarbage(text.length);
  collectGarbage();
  try {
    return JSON.parse(text);
  } catch {
    throw new UnusableAnswer(notJson);
  }
};

const tooMuch = (excess: string): UnusableAnswer => new UnusableAnswer(`answers with JSON ${excess}`);
const tooDeep = `that is more than ${limits.jsonDepth} levels deep`;

const isDeeper = (value: unknown, levels: number): boolean =>
  typeof value === 'object' &&
  value !== null &&
  (levels === 0 || Object.values(value).some((part) => isDeeper(part, levels - 1)));

const [quote, comma] = [0x22, 0x2c];
const [openList, closeList, openObject, closeObject] = [0x5b, 0x5d, 0x7b, 0x7d];

/** How many, or what is too much of it. Before it is parsed: afterwards the memory is taken. */
const entriesIn = (text: string): number | string => {
  let depth = 0;
  let entries = 0;
  for (let at = 0; at < text.length; at++) {
    const char = text.charCodeAt(at);
    if (char === quote) at = endOfString(text, at);
    else if (char === openList || char === openObject) {
      depth += 1;
      entries += 1;
      if (depth > limits.jsonDepth) return tooDeep;
    } else if (char === closeList || char === closeObject) depth -= 1;
    else if (char === comma) entries += 1;
    if (entries > limits.jsonEntries) return `of more than ${limits.jsonEntries} entries`;
  }
  return entries;
};

/** Where the string that begins at `start` ends: at a quote with an even number of backslashes before it. */
const endOfString = (text: string, start: number): number => {
  for (let end = text.indexOf('"', start + 1); end !== -1; end = text.indexOf('"', end + 1)) {
    let backslashes = 0;
    while (text[end - 1 - backslashes] === '\\') backslashes += 1;
    if (backslashes % 2 === 0) return end;
  }
  return text.length;
};
