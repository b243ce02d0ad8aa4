/*
 * How a secret may be written, worked out without the help of what hides them.
 */

const json = (text: string): string => JSON.stringify(text).slice(1, -1);
const percent = (text: string): string => encodeURIComponent(text);
const base64 = (text: string): string => Buffer.from(text, 'utf8').toString('base64').replace(/=+$/, '');

/** As an argument that somebody could type into a shell. */
const shellQuoted = (text: string): string => text.replaceAll("'", `'\\''`);

const whole = (secret: string): readonly string[] => [
  secret,
  json(secret),
  json(json(secret)),
  shellQuoted(secret),
  json(shellQuoted(secret)),
  percent(secret),
  percent(secret).replaceAll(/%../g, (code) => code.toLowerCase()),
  new URLSearchParams({ s: secret }).toString().slice(2),
  base64(secret),
  Buffer.from(secret, 'utf8').toString('base64url'),
  Buffer.from(secret, 'utf8').toString('hex'),
  Buffer.from(secret, 'utf8').toString('hex').toUpperCase(),
];

/** In base64 behind something else, with a line break in the middle of it: as `base64` and as `openssl` break lines. */
const wrapped = (secret: string): readonly string[] =>
  [
    { width: 76, before: 54 },
    { width: 64, before: 45 },
  ].map(({ width, before }) =>
    (base64(`${'x'.repeat(before)}${secret}`).match(new RegExp(`.{1,${String(width)}}`, 'g')) ?? []).join('\n'),
  );

/** As a program might print it: also within a longer text in base64, where it begins at any of three places. */
export const spellings = (secret: string): readonly string[] => [
  ...new Set([...whole(secret), base64(`:${secret}`), base64(`x:${secret};`), ...wrapped(secret)]),
];

/** What must not be read anywhere: of the longer texts in base64 the part that is the secret's alone. */
const traces = (secret: string): readonly string[] => [
  ...new Set([...whole(secret), base64(`:${secret}`).slice(2, -2), base64(`x:${secret};`).slice(3, -3)]),
];

/** The secrets that can be read out of a text, and how each is spelled there. Lines that were broken are put together again. */
export const leaks = (text: string, secrets: Readonly<Record<string, string>>): readonly string[] => {
  const unbroken = text.replaceAll(/\r?\n[│\s]*/g, '');
  // As JSON has line breaks.
  const unescaped = text.replaceAll(/\\+n[│\s]*/g, '');
  return Object.entries(secrets).flatMap(([name, secret]) =>
    traces(secret)
      .filter((trace) => [text, unbroken, unescaped].some((one) => one.includes(trace)))
      .map((trace) => `${name} as ${trace}`),
  );
};
