const longest = 300;

/**
 * A statement as it may be shown and recorded: on one line, shortened, and without what its string literals contain, which
 * may be a customer's data or a password. The server cuts statements, so that the last literal may have no end.
 */
export const shownQuery = (text: string): string => {
  const withoutLiterals = text.replaceAll(
    /--[^\n]*|\/\*[^]*?(?:\*\/|$)|"(?:[^"]|"")*(?:"|$)|\$([A-Za-z_\u0080-\uFFFF][\w\u0080-\uFFFF]*)?\$[^]*?(?:\$\1\$|$)|(?<![\w$])([eE])'(?:[^'\\]|\\[^]|'')*(?:'|$)|'(?:[^']|'')*(?:'|$)/g,
    (part) => {
      if (part.startsWith('--') || part.startsWith('/*')) return ' ';
      return part.startsWith('"') ? part : "'…'";
    },
  );
  const line = withoutLiterals.replaceAll(/\s+/g, ' ').trim();
  // Not in the middle of a pair of surrogates.
  return line.length <= longest ? line : `${line.slice(0, longest - 1).replace(/[\uD800-\uDBFF]$/, '')}…`;
};
