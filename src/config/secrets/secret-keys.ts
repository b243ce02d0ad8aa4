import { namesSecret } from '../../words/secret-words.ts';
import { keyPath } from '../file/key-path.ts';
import { hasReference } from '../references/reference-syntax.ts';
import type { PlacedText } from '../references/texts.ts';
import { urlPasswordSpans } from './url-password.ts';
import type { PasswordSpan } from './url-password.ts';

/*
 * Where secrets are in a configuration: what is written here is never shown, wherever it came from.
 */

/** What is shown in place of a secret. */
export const hidden = '‹secret›';

/** The key paths of the values that the schema calls secret; see schema/secret.ts. */
export type SecretPlaces = ReadonlySet<string>;

/** No schema knows the variables of a command: those that are named like a secret are one. */
const isSecretVariable = (path: readonly PropertyKey[]): boolean =>
  path.at(-2) === 'environment' && namesSecret(String(path.at(-1)));

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

/** `?name=value`, `&name=value`, `--name=value`. Which names are secret, the list of words says. */
const assigned = /((?:[?&]|(?:^|\s)--?)([\w.-]{1,256})=)([^&\s#]+)/g;

/** Most texts have none, and the signs of one cost next to nothing to look for. */
const passwordSpans = (text: string): readonly PasswordSpan[] => {
  const secrets = text.includes('=') ? [...text.matchAll(assigned)].filter(([, , name = '']) => namesSecret(name)) : [];
  const spans = [
    ...urlPasswordSpans(text, 'value'),
    ...secrets.map(({ index, 1: before = '', 3: secret = '' }) => {
      const from = index + before.length;
      return { from, to: from + secret.length };
    }),
  ];
  return spans.filter(({ from, to }) => !hasReference(text.slice(from, to))).toSorted((a, b) => a.from - b.from);
};

/** Passwords in addresses, and secrets given as `?token=...` or `--token=...`. References among them are left out: they are not values. */
export const passwordsIn = (text: string): readonly string[] =>
  passwordSpans(text).map(({ from, to }) => text.slice(from, to));

/** The text with each password in it replaced. */
export const withoutPasswords = (text: string): string => {
  let [shown, at] = ['', 0];
  for (const { from, to } of passwordSpans(text)) {
    if (from >= at) shown += text.slice(at, from) + hidden;
    at = Math.max(at, to);
  }
  return shown + text.slice(at);
};

/** In a list of words, the one after `--token`, `--client-secret` or `-p` is a secret. */
const isSecretWord = (words: readonly unknown[], index: number): boolean => {
  const [before, word] = [words[index - 1], words[index]];
  if (typeof before !== 'string' || typeof word !== 'string' || word.startsWith('-')) return false;
  if (before === '-p') return mayBePassword(word);
  return /^--?[\w.-]{2,256}$/.test(before) && namesSecret(before);
};

/** What follows `-p` is a port, a path, a mapping or a patch for many programs. */
const mayBePassword = (word: string): boolean => word.length >= 4 && !/^\d{1,5}$|[/:{},\s]/.test(word);

/** Is this text as a whole a secret that is written out? */
export const isSecretText = ({ text, path, around }: PlacedText, secrets: SecretPlaces): boolean =>
  text !== '' &&
  !hasReference(text) &&
  (secrets.has(keyPath(path)) || isSecretVariable(path) || isSecretWord(around, Number(path.at(-1))));
