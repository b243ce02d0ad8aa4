/**
 * Characters that act on a terminal or hide in it: C0, C1, bidirectional and zero-width controls, lone surrogates, line
 * and paragraph separators. Variation selectors 15 and 16 only choose how the character before them is drawn.
 */
const hidden = /[[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]--[\u{FE0E}\u{FE0F}]]/v;
const allHidden = new RegExp(hidden.source, 'gv');
/** The joiner inside an emoji such as a family is part of its shape; anywhere else it hides. */
const joinsEmoji = /[\p{Extended_Pictographic}\u{1F3FB}-\u{1F3FF}]\u{FE0F}?\u{200D}$/v;
const startsEmoji = /^\p{Extended_Pictographic}/v;

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
  if (!hidden.test(text)) return text;
  const lines = allowed.lines ? text.replaceAll('\r\n', '\n') : text;
  return lines.replace(allHidden, (character, offset: number) => {
    if (character === '\n' && allowed.lines) return character;
    if (character === '\t' && allowed.tabs) return character;
    if (character === '\u200D' && isInsideEmoji(lines, offset)) return character;
    return visible(character);
  });
};

/** The same for text that is JSON already: what acts on a terminal becomes `\uXXXX`, so that no information is lost. */
export const cleanJson = (json: string): string =>
  json.replace(allHidden, (character) => (character === '\n' ? character : escaped(character)));

const isInsideEmoji = (text: string, offset: number): boolean =>
  joinsEmoji.test(text.slice(Math.max(0, offset - 3), offset + 1)) &&
  startsEmoji.test(text.slice(offset + 1, offset + 3));

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
