const longest = 300;

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
 * may be a customer's data or a password. The server cuts statements, so that the last literal may have no end.
 */
export const shownQuery = (text: string): string => {
  const line = withoutLiterals(text).replaceAll(/\s+/g, ' ').trim();
  // Not in the middle of a pair of surrogates.
  return line.length <= longest ? line : `${line.slice(0, longest - 1).replace(/[\uD800-\uDBFF]$/, '')}…`;
};

const withoutLiterals = (text: string): string => {
  let shown = '';
  let at = 0;
  parts.lastIndex = 0;
  for (let found = parts.exec(text); found; found = parts.exec(text)) {
    const [part] = found;
    shown += text.slice(at, found.index);
    if (part === '/*') parts.lastIndex = endOfComment(text, found.index);
    at = parts.lastIndex;
    if (part === '/*' || part.startsWith('--')) shown += ' ';
    else if (!/^(?:[eE]?'|\$)/.test(part)) shown += part;
    // What is behind it may be within it: better too little than a secret.
    else if (part.startsWith("'") && isAmbiguous(part)) return `${shown}'…`;
    else shown += "'…'";
  }
  return shown + text.slice(at);
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
