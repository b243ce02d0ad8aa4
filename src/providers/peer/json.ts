import { limits } from './limits.ts';
import { UnusableAnswer } from './unusable.ts';

/**
 * Parses a peer's JSON, and as `JSON.parse` does, leaves what it is to the caller. What comes after it (comparing, printing) goes down into it step by step, so it must not be too deep.
 * Errors: `UnusableAnswer` for text that is not JSON (`notJson` says so), or is deeper than `limits.jsonDepth`.
 */
export const parseJson = (text: string, notJson = 'answers with text that is not JSON') => {
  if (isTooDeep(text)) throw new UnusableAnswer(`answers with JSON that is more than ${limits.jsonDepth} levels deep`);
  try {
    return JSON.parse(text);
  } catch {
    throw new UnusableAnswer(notJson);
  }
};

const quote = 0x22;
const [openList, closeList, openObject, closeObject] = [0x5b, 0x5d, 0x7b, 0x7d];

const isTooDeep = (text: string): boolean => {
  let depth = 0;
  for (let at = 0; at < text.length; at++) {
    const char = text.charCodeAt(at);
    if (char === quote) at = endOfString(text, at);
    else if (char === openList || char === openObject) {
      depth += 1;
      if (depth > limits.jsonDepth) return true;
    } else if (char === closeList || char === closeObject) depth -= 1;
  }
  return false;
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
