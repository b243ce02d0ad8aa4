import { urlPasswordsOf } from './url-password.ts';

/** One character of a secret, in each of the ways that it may be written: raw, percent-encoded, JSON-escaped, quoted for a shell. */
type Unit = readonly string[];

/** One thing to look for: a known secret, or a piece of one, in one of its encodings. */
export interface Needle {
  readonly name: string;
  /** In characters. */
  readonly length: number;
  /**
   * Its stretches that are written in one way only, the longest first. A text that lacks one of them holds no spelling of the
   * needle, and to see that takes a fraction of what the units and an expression of them take.
   */
  readonly anchors: readonly string[];
  /** Worked out when they are first asked for. */
  readonly units: () => readonly Unit[];
  /** A character before or after it also carries bits of the secret (base64 that is not aligned with it). */
  readonly sharesFirst: boolean;
  readonly sharesLast: boolean;
  /** Found only where it stands by itself. */
  readonly wholeWord: boolean;
}

const shortest = 4;
const piece = 64;

/**
 * What to look for so that `secret` never shows.
 *
 * - Values of 4 characters and more are found anywhere: raw, URL-encoded, JSON-escaped (also twice), quoted for a shell,
 *   in base64 at each of its three alignments, standard and URL-safe, and in hex.
 * - Shorter ones are found raw and only as a word: "7" as a secret must not blank out each 7 of a report.
 * - Long ones are cut into pieces of 64 characters; this bounds how much a stream has to hold back.
 */
export const needlesFor = (name: string, secret: string): readonly Needle[] => {
  const characters = Array.from(secret);
  if (characters.length < shortest) return [{ ...raw(name, characters), wholeWord: true }];
  return piecesOf(characters).flatMap((part) => {
    const text = part.join('');
    return [raw(name, part), ...base64(name, text), ...hex(name, text)];
  });
};

/** A value, and what in it is a secret of its own: the lines of several, the password of a URL. */
export const secretsOf = (value: string): readonly string[] =>
  [...new Set([value, value.trim(), ...longLines(value), ...urlPasswordsOf(value)])].filter(
    (secret) => secret.trim() !== '',
  );

/** The length of the longest spelling of a needle, in UTF-16 units. */
export const longestSpelling = (needle: Needle): number =>
  needle.units().reduce((sum, unit) => sum + Math.max(...unit.map((spelling) => spelling.length)), 2);

/** The source of a regular expression that matches all spellings of a needle. */
export const patternOf = (needle: Needle): string => {
  const body = needle
    .units()
    .map((unit) => (unit.length === 1 ? escaped(unit[0] ?? '') : oneOf(unit)))
    .join('');
  if (needle.wholeWord) return `(?<![A-Za-z0-9_])${body}(?![A-Za-z0-9_])`;
  return `${needle.sharesFirst ? '[A-Za-z0-9+/_-]?' : ''}${body}${needle.sharesLast ? '[A-Za-z0-9+/_-]?={0,2}' : ''}`;
};

/** Does `text` from `start` on end before a spelling of the needle does (or just with it)? */
export const mayGoOn = (needle: Needle, text: string, start: number): boolean => {
  let positions = new Set([start]);
  for (const unit of needle.units()) {
    const next = new Set<number>();
    for (const position of positions) {
      const rest = text.length - position;
      for (const spelling of unit) {
        if (text.startsWith(spelling, position)) next.add(position + spelling.length);
        else if (rest < spelling.length && spelling.startsWith(text.slice(position))) return true;
      }
    }
    if (next.size === 0) return false;
    positions = next;
  }
  return positions.has(text.length);
};

const raw = (name: string, characters: readonly string[]): Needle => ({
  name,
  length: characters.length,
  anchors: anchorsIn(characters.join('')),
  units: once(() => unitsIn(characters).map(spellings)),
  sharesFirst: false,
  sharesLast: false,
  wholeWord: false,
});

const base64 = (name: string, value: string): readonly Needle[] =>
  [0, 1, 2].map((shift) => {
    const bytes = Buffer.concat([Buffer.alloc(shift), Buffer.from(value, 'utf8')]);
    const bits = bytes.length * 8;
    // Characters that hold bits of what stands before or after the value are not known; the needle is what is between.
    const from = Math.ceil((shift * 8) / 6);
    const known = bytes.toString('base64').slice(from, Math.floor(bits / 6));
    return {
      name,
      length: known.length,
      anchors: anchorsIn(known),
      units: once(() => Array.from(known, (character) => base64Spellings[character] ?? [character])),
      sharesFirst: shift > 0,
      sharesLast: bits % 6 > 0,
      wholeWord: false,
    };
  });

/** In small letters or in capital ones. */
const hex = (name: string, value: string): readonly Needle[] => {
  const small = Buffer.from(value, 'utf8').toString('hex');
  return [...new Set([small, small.toUpperCase()])].map((known) => ({
    name,
    length: known.length,
    anchors: [known],
    units: once(() => Array.from(known, (character) => [character])),
    sharesFirst: false,
    sharesLast: false,
    wholeWord: false,
  }));
};

const base64Spellings: Record<string, Unit> = {
  '+': ['+', '-', '%2B', '%2b'],
  '/': ['/', '_', '%2F', '%2f', '\\/'],
};

const once = <Value>(make: () => Value): (() => Value) => {
  let made: Value | undefined;
  return () => (made ??= make());
};

/** Letters and digits have one spelling, raw and in base64. */
const anchorsIn = (text: string): readonly string[] =>
  (text.match(/[A-Za-z0-9]+/g) ?? []).toSorted((a, b) => b.length - a.length);

/** The ways in which one character, or a run that is a unit, may be written. */
const spellings = (text: string): Unit => {
  if (/^[A-Za-z0-9]$/.test(text)) return [text];
  const percent = [...Buffer.from(text, 'utf8')].map((byte) => `%${byte.toString(16).padStart(2, '0')}`).join('');
  const unicode = utf16(text)
    .map((unit) => `\\u${unit.toString(16).padStart(4, '0')}`)
    .join('');
  const once = jsonEscaped(text);
  const all = [
    text,
    percent,
    percent.toUpperCase(),
    percent.toUpperCase().replaceAll('%', '%25'),
    percent.replaceAll('%', '%25'),
    unicode,
    unicode.toUpperCase().replaceAll('\\U', '\\u'),
    unicode.replaceAll('\\', '\\\\'),
    once,
    jsonEscaped(once),
    inAscii(once),
    jsonEscaped(inAscii(once)),
    ...[...shellQuoted(text), ...sqlQuoted(text), ...htmlEscaped(text)].flatMap((quoted) => [
      quoted,
      jsonEscaped(quoted),
      jsonEscaped(jsonEscaped(quoted)),
    ]),
    ...(text.includes('/') ? [once.replaceAll('/', '\\/')] : []),
    ...(text === ' ' ? ['+'] : []),
    ...(text.length > 1 ? [...uriEscaped(text)] : []),
  ];
  return [...new Set(all)].toSorted((a, b) => b.length - a.length);
};

/** As `shown` in providers/command writes it: between quotes, and between those of $'...'. */
const shellQuoted = (text: string): readonly string[] => {
  const inside = text.replaceAll(/[\\'\u0000-\u001f\u007f]/g, (character) =>
    character === '\\' || character === "'"
      ? `\\${character}`
      : `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`,
  );
  return [text.replaceAll("'", `'\\''`), inside].filter((quoted) => quoted !== text);
};

/** As the error texts of a database quote a statement: a quote stands for itself twice. */
const sqlQuoted = (text: string): readonly string[] =>
  [text.replaceAll("'", "''"), text.replaceAll('"', '""')].filter((quoted) => quoted !== text);

const entities: readonly Readonly<Record<string, string>>[] = [
  { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' },
  { '&': '&#38;', '<': '&#60;', '>': '&#62;', '"': '&#34;', "'": '&#039;' },
  { '&': '&#x26;', '<': '&#x3C;', '>': '&#x3E;', '"': '&#x22;', "'": '&#x27;' },
  { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&apos;' },
  { '&': '&amp;', '<': '&lt;', '>': '&gt;' },
];

/** As the error pages of proxies and application servers repeat a request. */
const htmlEscaped = (text: string): readonly string[] =>
  /[&<>"']/.test(text)
    ? entities.map((of) => text.replaceAll(/[&<>"']/g, (character) => of[character] ?? character))
    : [];

/** Of a run: what these leave as it is stands beside what they encode. */
const uriEscaped = (run: string): readonly string[] => {
  try {
    return [encodeURIComponent(run), encodeURI(run), new URLSearchParams({ s: run }).toString().slice(2)];
  } catch {
    return [];
  }
};

const jsonEscaped = (text: string): string => JSON.stringify(text).slice(1, -1);

/** JSON as some languages write it, without characters beyond ASCII. */
const inAscii = (json: string): string =>
  json.replaceAll(/[^\u0000-\u007f]/g, (character) =>
    utf16(character)
      .map((unit) => `\\u${unit.toString(16).padStart(4, '0')}`)
      .join(''),
  );

const utf16 = (text: string): readonly number[] => Array.from({ length: text.length }, (_, at) => text.charCodeAt(at));

/**
 * What is one unit: a character, a run of one kind of quotes, and whatever stands beside a backslash without a letter between. Character by
 * character, the escaped spellings of those would be ambiguous, and slow to match.
 */
const unitsIn = (characters: readonly string[]): readonly string[] =>
  (characters.join('').match(/[A-Za-z0-9]|[^A-Za-z0-9]+/gu) ?? []).flatMap((run) =>
    run.includes('\\') ? [run] : (run.match(/'+|"+|[^]/gu) ?? []),
  );

/** Pieces of at most 64 characters. The last one reaches back, so that none is too short to be told from other text. */
const piecesOf = (characters: readonly string[]): readonly (readonly string[])[] => {
  if (characters.length <= piece) return [characters];
  const pieces = [];
  for (let from = 0; from + piece < characters.length; from += piece) pieces.push(characters.slice(from, from + piece));
  return [...pieces, characters.slice(-piece)];
};

const longLines = (value: string): readonly string[] =>
  value.includes('\n')
    ? value
        .split('\n')
        .map((line) => line.trim())
        .filter((line) => line.length >= 8 && !line.startsWith('-----'))
    : [];

const oneOf = (alternatives: readonly string[]): string => `(?:${alternatives.map(escaped).join('|')})`;

const escaped = (text: string): string => text.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&');
