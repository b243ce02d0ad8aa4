/** Nearly every text is made of these alone. The patterns below are then not needed; making their tables takes a few milliseconds. */
const harmless = /^[\x20-\x7E\xA1-\xAC\xAE-\u024F\u2013-\u2026\u2039\u203A\u2500-\u25FF\u2713\u2717]*$/;

/**
 * Characters that act on a terminal or hide in it: C0, C1, bidirectional and zero-width controls, lone surrogates, line
 * and paragraph separators. Variation selectors 15 and 16 only choose how the character before them is drawn.
 */
const hidden = () => /[[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]--[\u{FE0E}\u{FE0F}]]/gv;
/** The joiner inside an emoji such as a family is part of its shape; anywhere else it hides. */
const joinsEmoji = () => /[\p{Extended_Pictographic}\u{1F3FB}-\u{1F3FF}]\u{FE0F}?\u{200D}$/v;
const startsEmoji = () => /^\p{Extended_Pictographic}/v;

export interface Allowed {
  /** Line feeds stay; a carriage return before one goes. */
  readonly lines?: boolean;
  readonly tabs?: boolean;
}

/**
 * Text from anywhere, made safe to write to a terminal. Nothing is dropped: a control character becomes its picture
 * (`␛`, `␊`), anything else that acts or hides becomes its number (`\u{202e}`). Source of the rule: safety.md, "Hostile input".
 */
export const clean = (text: string, allowed: Allowed = {}): string => {
  const lines = allowed.lines ? text.replaceAll('\r\n', '\n') : text;
  if (allowed.lines ? lines.split('\n').every((line) => harmless.test(line)) : harmless.test(lines)) return lines;
  return lines.replace(hidden(), (character, offset: number) => {
    if (character === '\n' && allowed.lines) return character;
    if (character === '\t' && allowed.tabs) return character;
    if (character === '\u200D' && isInsideEmoji(lines, offset)) return character;
    return visible(character);
  });
};

/** The same for text that is JSON already: what acts on a terminal becomes `\uXXXX`, so that no information is lost. */
export const cleanJson = (json: string): string =>
  json
    .split('\n')
    .map((line) => (harmless.test(line) ? line : line.replace(hidden(), escaped)))
    .join('\n');

const isInsideEmoji = (text: string, offset: number): boolean =>
  joinsEmoji().test(text.slice(Math.max(0, offset - 3), offset + 1)) &&
  startsEmoji().test(text.slice(offset + 1, offset + 3));

const visible = (character: string): string => {
  const code = character.codePointAt(0) ?? 0;
  if (code < 0x20) return String.fromCodePoint(0x2400 + code);
  if (code === 0x7f) return '\u2421';
  return `\\u{${code.toString(16)}}`;
};

const escaped = (character: string): string =>
  Array.from(
    { length: character.length },
    (_, index) => `\\u${character.charCodeAt(index).toString(16).padStart(4, '0')}`,
  ).join('');
