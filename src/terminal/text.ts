import type { Verdict } from '../engine/finding.ts';

/** What a piece of text means. Only the sink knows what that looks like. */
export type Style = Verdict | 'strong' | 'dim' | 'heading' | 'command' | 'frame';

export interface Span {
  readonly text: string;
  readonly style?: Style;
  /** Line feeds and tabs in it are kept. Anywhere else they are made visible: foreign text cannot begin a line of its own. */
  readonly breaks?: boolean;
}

/** Styled text as data. Nothing in it is an escape sequence. */
export type Text = string | Span | readonly Text[];

export const span = (style: Style, text: string): Span => ({ text, style });
export const ok = (text: string): Span => span('ok', text);
export const warn = (text: string): Span => span('warn', text);
export const critical = (text: string): Span => span('critical', text);
export const strong = (text: string): Span => span('strong', text);
export const dim = (text: string): Span => span('dim', text);
export const command = (text: string): Span => span('command', text);
export const frame = (text: string): Span => span('frame', text);

/** A text of several lines; every line but the first begins with `indent`. */
export const multiline = (text: string, indent = '  '): Text =>
  text
    .replaceAll('\r\n', '\n')
    .split('\n')
    .flatMap((line, index) => (index === 0 ? [line] : [{ text: `\n${indent}`, breaks: true }, line]));

/** The spans of a text, in order. */
export const spansOf = (text: Text): readonly Span[] => {
  if (typeof text === 'string') return [{ text }];
  if (isSpan(text)) return [text];
  return text.flatMap(spansOf);
};

/** The text without its styles. */
export const plain = (text: Text): string =>
  spansOf(text)
    .map((part) => part.text)
    .join('');

const isSpan = (text: Span | readonly Text[]): text is Span => !Array.isArray(text);
