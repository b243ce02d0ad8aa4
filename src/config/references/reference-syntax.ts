/*
 * `${env:NAME}`, `${file:path}` and `${command:program argument ...}` inside any text of the configuration.
 *
 * A reference ends at the next `}`; in a command, a `}` inside quotes does not end it. `${` that is not followed by one of
 * the three kinds is ordinary text.
 */

import { messageOf } from '../../engine/errors.ts';

const kinds = ['env', 'file', 'command'] as const;
export type ReferenceKind = (typeof kinds)[number];

export interface Reference {
  readonly kind: ReferenceKind;
  /** What follows the colon, without spaces around it. */
  readonly target: string;
  /** `env:NAME`: what the reference is called where its value must not be shown. */
  readonly name: string;
  /** What is wrong with it, where it cannot be resolved at all. */
  readonly fault?: string;
}

const opening = /\$\{(env|file|command):/;

export const hasReference = (text: string): boolean => text.includes('${') && opening.test(text);

/** `${` that begins no reference: most often a shell variable, which nothing would fill in. */
export const strangeDollar = (text: string): string | undefined =>
  /\$\{(?!(?:env|file|command):)[^}]*\}?/.exec(text)?.[0];

/** The text cut into literal parts and references, in order. */
export const parseReferences = (text: string): readonly (string | Reference)[] => {
  const parts: (string | Reference)[] = [];
  let rest = text;
  for (let match = opening.exec(rest); match; match = opening.exec(rest)) {
    const kind = kinds.find((one) => one === match[1]);
    if (kind === undefined) break;
    if (match.index > 0) parts.push(rest.slice(0, match.index));
    const start = match.index + match[0].length;
    const end = endOf(rest, start, kind);
    parts.push(reference(kind, rest.slice(start, end).trim(), end < rest.length));
    rest = rest.slice(end + 1);
  }
  if (rest !== '') parts.push(rest);
  return parts;
};

export const referencesIn = (text: string): readonly Reference[] =>
  hasReference(text) ? parseReferences(text).filter((part) => typeof part !== 'string') : [];

const reference = (kind: ReferenceKind, target: string, closed: boolean): Reference => {
  const fault = closed ? faultOf(kind, target) : 'the closing } is missing';
  return { kind, target, name: `${kind}:${target}`, ...(fault === undefined ? {} : { fault }) };
};

const faultOf = (kind: ReferenceKind, target: string): string | undefined => {
  if (kind === 'env')
    return /^[A-Za-z_][A-Za-z0-9_]*$/.test(target) ? undefined : 'expected the name of an environment variable';
  if (kind === 'file') return target === '' ? 'expected the path of a file' : undefined;
  try {
    return splitWords(target).length === 0 ? 'expected a command' : undefined;
  } catch (error) {
    return messageOf(error);
  }
};

const endOf = (text: string, start: number, kind: ReferenceKind): number => {
  let quote = '';
  for (let i = start; i < text.length; i += 1) {
    const character = text.charAt(i);
    if (quote !== '') {
      if (character === '\\' && quote === '"') i += 1;
      else if (character === quote) quote = '';
    } else if (kind === 'command' && (character === '"' || character === "'")) quote = character;
    else if (character === '}') return i;
  }
  return text.length;
};

/**
 * Cuts a command into its words: they are separated by spaces; `'...'` is taken as it is; inside `"..."` a backslash takes the
 * next `"` or `\` as it is. There is no shell: `$`, `*`, `|` and a backslash outside quotes mean nothing.
 * Errors: an `Error` where a quote is not closed.
 */
export const splitWords = (line: string): readonly string[] => {
  const words: string[] = [];
  let word: string | undefined;
  let quote = '';
  for (let i = 0; i < line.length; i += 1) {
    const character = line.charAt(i);
    if (quote !== '') {
      if (character === quote) quote = '';
      else if (quote === '"' && character === '\\' && /["\\]/.test(line.charAt(i + 1))) word += line.charAt((i += 1));
      else word += character;
    } else if (character === '"' || character === "'") {
      quote = character;
      word ??= '';
    } else if (/\s/.test(character)) {
      if (word !== undefined) words.push(word);
      word = undefined;
    } else word = (word ?? '') + character;
  }
  if (quote !== '') throw new Error(`the closing ${quote} is missing`);
  if (word !== undefined) words.push(word);
  return words;
};
