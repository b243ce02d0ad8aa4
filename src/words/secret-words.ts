/*
 * The one list of what names a secret: variables, options, parameters of an address, fields of a foreign document.
 */

/** A word of a name that says so, also at the end of a longer one: `PGPASSWORD`. */
const secret =
  /(?:(?<!by|com)pass|password|passwd|passphrase|pwd|secret|token|credential|apikey|accesskey|privatekey|authorization|dsn)s?$/;
/** As the last word, or before one that says what it holds. */
const atTheEnd = new Set(['key', 'auth', 'sig', 'signature', 'sas', 'jwt', 'otp', 'pat']);
/** What is named is about a secret and is none: where it is kept, of which kind it is, how long it lives. */
const about = new Set(['file', 'path', 'dir', 'url', 'uri', 'type', 'mode', 'method', 'ttl', 'timeout', 'name', 'ref']);

/** Does a name say that its value is a secret: `client-secret`, `API_TOKEN`, `dbPassword`, `key`? Dashes before it do not matter. */
export const namesSecret = (name: string): boolean => {
  const words = name
    .slice(0, 256)
    .replaceAll(/([a-z0-9])([A-Z])/g, '$1-$2')
    .toLowerCase()
    .split(/[^a-z0-9]+/)
    .filter((word) => word !== '');
  const last = words.at(-1) ?? '';
  if (about.has(last)) return false;
  return atTheEnd.has(last) || words.some((word) => secret.test(word)) || words[0] === 'auth';
};
