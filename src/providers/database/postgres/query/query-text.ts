import { namesSecret } from '../../../../words/secret-words.ts';

const longest = 300;
/** A comment that is longer is none that an application tags its statements with. */
const longestTag = 200;

/** What a name is made of: a dollar or an E within one begins nothing. */
const name = String.raw`[A-Za-z_\u0080-\uFFFF][\w$\u0080-\uFFFF]*`;
const tag = String.raw`[A-Za-z_\u0080-\uFFFF][\w\u0080-\uFFFF]*`;

const parts = new RegExp(
  [
    String.raw`--[^\n]*`,
    String.raw`\/\*`,
    String.raw`"[^"]*(?:""[^"]*)*(?:"|$)`,
    String.raw`\$(${tag})?\$[^]*?(?:\$\1\$|$)`,
    String.raw`[eE]'[^'\\]*(?:(?:\\[^]|'')[^'\\]*)*(?:'|$)`,
    String.raw`'[^']*(?:''[^']*)*(?:'|$)`,
    name,
  ].join('|'),
  'g',
);

/**
 * Whether a quote in it comes after a backslash: with `standard_conforming_strings = off` it does not end the literal there, and
 * nothing in the text tells which it is.
 */
const isAmbiguous = (literal: string): boolean => /(?<!\\)(?:\\\\)*\\'/.test(literal);

/**
 * A statement as it may be shown and recorded: on one line, shortened, and without what its string literals contain, which
 * may be a customer's data or a password. The server cuts statements, so that the last literal may have no end. The comment
 * that says where it comes from stands at its end.
 */
export const shownQuery = (text: string): string => {
  const { shown, tag } = withoutLiterals(text);
  const line = shown.replaceAll(/\s+/g, ' ').trim();
  if (tag === '') return cut(line, longest);
  return `${cut(line, longest - tag.length - 1)} ${tag}`.trim();
};

/** Not in the middle of a pair of surrogates. */
const cut = (line: string, most: number): string =>
  line.length <= most ? line : `${line.slice(0, most - 1).replace(/[\uD800-\uDBFF]$/, '')}…`;

/** `controller:orders` as marginalia writes it, `action='index'` as sqlcommenter does (encoded, so that it has no quotes in it). */
const tagPart = /^([A-Za-z_][\w.-]*)(?::|=)(?:'[\w%.:/#+-]*'|[\w%.:/#+-]*)$/;

/** What an application says of itself in a comment; empty for every other comment, and for one that may have a secret in it. */
const tagIn = (comment: string): string => {
  if (comment.length > longestTag) return '';
  const parts = comment
    .slice(2, -2)
    .split(',')
    .map((part) => part.trim());
  const isTag = parts.every((part) => {
    const name = tagPart.exec(part)?.[1];
    return name !== undefined && !namesSecret(name);
  });
  return isTag ? `/* ${parts.join(',')} */` : '';
};

const withoutLiterals = (text: string): { readonly shown: string; readonly tag: string } => {
  let shown = '';
  let tag = '';
  let at = 0;
  parts.lastIndex = 0;
  for (let found = parts.exec(text); found; found = parts.exec(text)) {
    const [part] = found;
    shown += text.slice(at, found.index);
    if (part === '/*') {
      parts.lastIndex = endOfComment(text, found.index);
      tag ||= tagIn(text.slice(found.index, parts.lastIndex));
    }
    at = parts.lastIndex;
    if (part === '/*' || part.startsWith('--')) shown += ' ';
    else if (!/^(?:[eE]?'|\$)/.test(part)) shown += part;
    // What is behind it may be within it: better too little than a secret.
    else if (part.startsWith("'") && isAmbiguous(part)) return { shown: `${shown}'…`, tag };
    else shown += "'…'";
  }
  return { shown: shown + text.slice(at), tag };
};

/** Comments stand within comments: the first end may not be that of the first. */
const endOfComment = (text: string, from: number): number => {
  const bounds = /\/\*|\*\//g;
  bounds.lastIndex = from;
  let depth = 0;
  for (let bound = bounds.exec(text); bound; bound = bounds.exec(text)) {
    depth += bound[0] === '/*' ? 1 : -1;
    if (depth === 0) return bounds.lastIndex;
  }
  return text.length;
};
