import type { Json } from '../../engine/json.ts';
import { inBytes, limits } from '../../clients/peer/limits.ts';
import { parseJson } from '../../clients/peer/json.ts';

/** What an answer's body turned out to be. `unreadable`: it says something, and nobody here can tell what. */
export type Body =
  | { readonly kind: 'empty' }
  | { readonly kind: 'json'; readonly value: Json }
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'html' }
  | { readonly kind: 'unreadable'; readonly why: string };

export interface Received {
  /** Up to the limit. */
  readonly bytes: Buffer;
  /** The answer was longer than the limit. */
  readonly cut: boolean;
  readonly contentType: string;
  readonly contentEncoding: string;
}

export const readBody = ({ bytes, cut, contentType, contentEncoding }: Received): Body => {
  // rb asks for it plain: what comes compressed comes from something that does not read what it is asked.
  if (contentEncoding !== '' && contentEncoding.toLowerCase() !== 'identity')
    return unreadable(`the answer is compressed (${contentEncoding.slice(0, 40)}), and rb asked for it plain`);
  const decoded = decode(bytes, cut);
  if (decoded === undefined) return unreadable('the answer is not text in UTF-8');
  const text = decoded.trim();
  const json = cut ? undefined : jsonIn(text);
  if (json !== undefined) return { kind: 'json', value: json };
  if (/^(text\/html|application\/xhtml)/i.test(contentType) || looksLikeHtml(text)) return { kind: 'html' };
  if (cut) return unreadable(`the answer is longer than ${inBytes(limits.health.bytes)}`);
  if (text === '') return { kind: 'empty' };
  if (/json/i.test(contentType) || /^[[{"]/.test(text))
    return unreadable('the answer is not the JSON that it looks like');
  return text.startsWith('<') ? unreadable('the answer is markup, which rb does not read') : { kind: 'text', text };
};

/** A page is one wherever it begins: behind a byte order mark, white space, comments, a word of something in between. */
const looksLikeHtml = (text: string): boolean =>
  /<(?:!doctype\s+html|html|head|title|meta|body|form|script|iframe)\b/i.test(text);

/** Without a byte order mark. Undefined for what is not text. The last character of what was cut may be half a one. */
const decode = (bytes: Buffer, cut: boolean): string | undefined => {
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes, { stream: cut });
    return text.includes('\0') ? undefined : text;
  } catch {
    return undefined;
  }
};

/** Undefined for what is not JSON, or is too deep to look at. */
const jsonIn = (text: string): Json | undefined => {
  if (text === '') return undefined;
  try {
    const value: Json = parseJson(text);
    return value;
  } catch {
    return undefined;
  }
};

const unreadable = (why: string): Body => ({ kind: 'unreadable', why });
