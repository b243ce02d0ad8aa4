/*
 * The one grammar of "a password in an address": `scheme://user:password@host`. The user's part ends at the last @ before the path; a
 * password that should have been encoded and holds a slash ends at the first @. A port is not a password, and neither is what stands in
 * place of one: a reference, a placeholder, or what a secret was replaced by.
 */

/** Each has two groups: what comes before the password, and the password. `ends`: characters that end an address, besides space. */
const grammar = (ends: string): readonly RegExp[] => {
  const before = `(://[^\\s/?#@:${ends}]{0,256}:)(?!‹|\\$\\{|\\{\\{)`;
  const toLastAt = `[^\\s/?#${ends}]{1,1024}`;
  const port = '\\d+(?:[/?#]|$)';
  return [
    new RegExp(`${before}(${toLastAt})@`, 'g'),
    new RegExp(`${before}(?!${port}|${toLastAt}@)([^\\s${ends}]{1,1024}?)@`, 'g'),
  ];
};

/** In a text among other things. */
export const urlPasswordsInText = grammar(`"'<>`);

/** In a value of a configuration or of a variable, where quotes are part of the password. */
export const urlPasswordsInValue = grammar('');

/** A text without it has no address with a password. */
export const mayHoldUrlPassword = (text: string): boolean => text.includes('://') && text.includes('@');

/** The passwords of the addresses in a value, as they are written and decoded. */
export const urlPasswordsOf = (value: string): readonly string[] => {
  if (!mayHoldUrlPassword(value)) return [];
  const written = urlPasswordsInValue.flatMap((pattern) => [...value.matchAll(pattern)].map((match) => match[2] ?? ''));
  return [...new Set(written.flatMap((password) => [password, decoded(password)]))];
};

export const decoded = (text: string): string => {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
};
