import { keyPath } from './key-path.ts';
import { hasReference } from './reference-syntax.ts';
import type { PlacedText } from './texts.ts';
import { mayHoldUrlPassword, urlPasswordsInValue } from './url-password.ts';

/*
 * Where secrets are in a configuration: what is written here is never shown, wherever it came from.
 */

/** What is shown in place of a secret. */
export const hidden = '‹secret›';

/** The key paths of the values that the schema calls secret; see schema/secret.ts. */
export type SecretPlaces = ReadonlySet<string>;

/** No schema knows the variables of a command: those that are named like a secret are one. */
const isSecretVariable = (path: readonly PropertyKey[]): boolean =>
  path.at(-2) === 'environment' && /pass|token|secret|credential|key$|auth/i.test(String(path.at(-1)));

/** May an error message repeat what was found here? Addresses are kept out of errors too: a wrong one may hold a password anywhere. */
export const isEchoed = (
  path: readonly PropertyKey[],
  value: string,
  isSecret: (path: readonly PropertyKey[]) => boolean,
): boolean =>
  !isSecret(path) &&
  !isSecretVariable(path) &&
  !path.some((key) => key === 'url' || key === 'store' || key === 'server' || key === 'command') &&
  passwordsIn(value).length === 0 &&
  !/:\/\/|@/.test(value);

const assignedSecret =
  /((?:[?&]|(?:^|\s)--?)(?:password|passwd|pass|pwd|token|secret|api[-_]?key|access[-_]?key|auth|sslpassword)=)([^&\s#]+)/gi;

/** Those that can match at all: most texts need none, and looking for these signs costs next to nothing. */
const patternsFor = (text: string): readonly RegExp[] => [
  ...(mayHoldUrlPassword(text) ? urlPasswordsInValue : []),
  ...(text.includes('=') ? [assignedSecret] : []),
];

/** Passwords in addresses, and secrets given as `?token=...` or `--token=...`. References among them are left out: they are not values. */
export const passwordsIn = (text: string): readonly string[] =>
  patternsFor(text)
    .flatMap((pattern) => [...text.matchAll(pattern)].map((match) => match[2] ?? ''))
    .filter((secret) => !hasReference(secret));

/** The text with each password in it replaced. */
export const withoutPasswords = (text: string): string =>
  patternsFor(text).reduce(
    (shown, pattern) =>
      shown.replace(pattern, (whole: string, before: string, secret: string) =>
        hasReference(secret) ? whole : `${before}${hidden}${whole.slice(before.length + secret.length)}`,
      ),
    text,
  );

/** In a list of words, the one after `--token` or `--password` is a secret. */
const isSecretWord = (words: readonly unknown[], index: number): boolean => {
  const before = words[index - 1];
  return typeof before === 'string' && /^--?(?:password|passwd|pass|token|secret|api-?key|access-?key)$/i.test(before);
};

/** Is this text as a whole a secret that is written out? */
export const isSecretText = ({ text, path, around }: PlacedText, secrets: SecretPlaces): boolean =>
  text !== '' &&
  !hasReference(text) &&
  (secrets.has(keyPath(path)) || isSecretVariable(path) || isSecretWord(around, Number(path.at(-1))));
