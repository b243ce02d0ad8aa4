import { hasReference } from './reference-syntax.ts';

/*
 * Where secrets are in a configuration: what is written here is never shown, wherever it came from.
 */

/** What is shown in place of a secret. */
export const hidden = '‹secret›';

const secretKeys = new Set(['token', 'routingKey', 'webhook', 'password']);

/** Is the whole value at this key path a secret? So is everything below such a key, and a variable of a command that is named like one. */
const isSecretPath = (path: readonly PropertyKey[]): boolean =>
  path.some((key) => secretKeys.has(String(key))) ||
  (path.at(-2) === 'environment' && /pass|token|secret|credential|key$|auth/i.test(String(path.at(-1))));

/** May an error message repeat what was found here? Addresses are kept out of errors too: a wrong one may hold a password anywhere. */
export const isEchoed = (path: readonly PropertyKey[], value: string): boolean =>
  !isSecretPath(path) &&
  !path.some((key) => key === 'url' || key === 'store' || key === 'server' || key === 'command') &&
  passwordsIn(value).length === 0 &&
  !/:\/\/|@/.test(value);

// The user's part of an address ends at the last @ before the path.
const urlPassword = /\b[a-z][a-z0-9+.-]*:\/\/[^\s/?#:@]*:([^\s/?#]+)@/gi;
const assignedSecret =
  /(?:[?&]|(?:^|\s)--?)(?:password|passwd|pass|pwd|token|secret|api[-_]?key|access[-_]?key|auth|sslpassword)=([^&\s#]+)/gi;

/** Those that can match at all: most texts need none, and looking for these signs costs next to nothing. */
const patternsFor = (text: string): readonly RegExp[] => [
  ...(text.includes('://') && text.includes('@') ? [urlPassword] : []),
  ...(text.includes('=') ? [assignedSecret] : []),
];

/** Passwords in addresses, and secrets given as `?token=...` or `--token=...`. References among them are left out: they are not values. */
export const passwordsIn = (text: string): readonly string[] =>
  patternsFor(text)
    .flatMap((pattern) => [...text.matchAll(pattern)].map((match) => match[1] ?? ''))
    .filter((secret) => secret !== '' && !hasReference(secret));

/** The text with each password in it replaced. */
export const withoutPasswords = (text: string): string =>
  patternsFor(text).reduce(
    (shown, pattern) =>
      shown.replace(pattern, (whole: string, secret: string) =>
        hasReference(secret) ? whole : whole.replace(secret, () => hidden),
      ),
    text,
  );

/** In a list of words, the one after `--token` or `--password` is a secret. */
const isSecretWord = (words: readonly unknown[], index: number): boolean => {
  const before = words[index - 1];
  return typeof before === 'string' && /^--?(?:password|passwd|pass|token|secret|api-?key|access-?key)$/i.test(before);
};

/** Is this text as a whole a secret that is written out? */
export const isSecretText = (text: string, path: readonly PropertyKey[], around: readonly unknown[]): boolean =>
  text !== '' && !hasReference(text) && (isSecretPath(path) || isSecretWord(around, Number(path.at(-1))));
