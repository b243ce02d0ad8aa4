/** A word as it is typed in a POSIX shell: what is shown as the next command may be copied. */
export const quoted = (word: string): string =>
  /^[\w@%+=:,./{}-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
