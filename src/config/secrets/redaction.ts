import { StringDecoder } from 'node:string_decoder';
import { unwrapped, unwrappedEncoded } from './line-wrap.ts';
import { openKeyBlock, shapedSecrets, type Span } from './secret-shapes.ts';
import { longestSpelling, mayGoOn, type Needle, needlesFor, patternOf, secretsOf } from './secret-spellings.ts';

/** Takes secrets out of everything that leaves the program. There is one, and it stands before every sink. */
export interface Redactor {
  /**
   * Registers a known secret: from now on it is shown as `‹secret:name›`, however it is encoded; see
   * `secret-spellings.ts`. Values shorter than 4 characters are only found as a word of their own. Empty ones are ignored.
   */
  readonly add: (name: string, value: string) => void;
  /** The text without known secrets, passwords in URLs and common shapes of tokens. */
  readonly redact: (text: string) => string;
  /** The same for each string, number and key of a value; buffers become redacted text, errors plain objects. */
  readonly redactJson: <T>(value: T) => T;
  /** The name of a registered secret that stands in the text, in any spelling; undefined where there is none. */
  readonly known: (text: string) => string | undefined;
  /** For text that comes in chunks: a secret that is cut by a chunk's border is found. */
  readonly redactStream: () => RedactedStream;
}

/** Hands out whole lines, as soon as no secret can reach beyond them. */
export interface RedactedStream {
  /** Returns what may be shown by now, perhaps nothing. */
  readonly write: (chunk: string | Uint8Array) => string;
  /** Returns the rest. */
  readonly end: () => string;
}

// A line without an end must not fill the memory; longer than any token.
const longestLine = 64 * 1024;
const tail = 32 * 1024;
/** Keys, words and cells are short, few, and come again and again: on the screen, in the log, in a report. */
const shortText = 80;
const mostShort = 2000;

/** A needle with what finds it. The expression is compiled when a text has the anchors. */
interface Known extends Needle {
  pattern?: RegExp;
}

/** A redactor that knows no secret yet, only the shapes of tokens. */
export const createRedactor = (): Redactor => {
  const needles: Known[] = [];
  const seen = new Set<string>();
  const short = new Map<string, string>();
  let reach: number | undefined;
  let hasNumbers = false;

  const add = (name: string, value: string): void => {
    if (seen.has(value)) return;
    seen.add(value);
    hasNumbers ||= /^-?\d[\d.]{3,}$/.test(value.trim());
    for (const secret of secretsOf(value)) {
      if (secret !== value && seen.has(secret)) continue;
      seen.add(secret);
      needles.push(...needlesFor(name, secret));
    }
    // The longest comes first: a secret that begins with another one keeps its own name.
    needles.sort((a, b) => b.length - a.length);
    reach = undefined;
    short.clear();
  };

  /** `among` has the longest first. No spelling is shorter than the secret, so that most words are done with at once. */
  const found = (among: readonly Known[], text: string): Span[] => {
    const spans: (readonly Span[])[] = [];
    for (let at = among.length - 1; at >= 0; at -= 1) {
      const needle = among[at];
      if (!needle || needle.length > text.length) break;
      if (needle.anchors.every((anchor) => text.includes(anchor)))
        spans.unshift(occurrences((needle.pattern ??= new RegExp(patternOf(needle), 'g')), needle.name, text));
    }
    return spans.flat();
  };

  const wrapped = (text: string): Span[] => {
    const lines = unwrapped(text);
    if (!lines) return [];
    const spans = found(needles.filter(mayBeWrapped), lines.text);
    return spans.map(({ from, to, ...span }) => ({ ...span, from: lines.back(from), to: lines.back(to - 1) + 1 }));
  };

  const knownSecrets = (text: string): Span[] => [...found(needles, text), ...wrapped(text)];

  const secretsIn = (text: string): readonly Span[] => merged([...knownSecrets(text), ...shapedSecrets(text)]);

  const redact = (text: string): string => {
    if (text.length > shortText) return blanked(text, secretsIn(text));
    const known = short.get(text);
    if (known !== undefined) return known;
    const redacted = blanked(text, secretsIn(text));
    if (short.size < mostShort) short.set(text, redacted);
    return redacted;
  };

  /** A number is looked at only where a secret is one: mostly none is. */
  const redactNumber = (value: number | bigint): unknown => {
    if (!hasNumbers) return value;
    const text = String(value);
    return text.length < 4 || knownSecrets(text).length === 0 ? value : redact(text);
  };

  const redactJson = (value: unknown): unknown => {
    if (typeof value === 'string') return redact(value);
    if (typeof value === 'number' || typeof value === 'bigint') return redactNumber(value);
    if (typeof value !== 'object' || value === null) return value;
    if (Array.isArray(value)) return value.map(redactJson);
    if (value instanceof Uint8Array) return redact(Buffer.from(value).toString('utf8'));
    if (value instanceof Date) return value;
    if (value instanceof Error)
      return { name: value.name, message: redact(value.message), ...(value.stack && { stack: redact(value.stack) }) };
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [redact(key), redactJson(inner)]));
  };

  const unsettledIn = (text: string, among: readonly Known[]): number => {
    reach ??= Math.max(0, ...needles.map(longestSpelling));
    for (let at = Math.max(0, text.length - reach); at < text.length; at += 1)
      if (among.some((needle) => mayGoOn(needle, text, at))) return at;
    return text.length;
  };

  const redactStream = (): RedactedStream => {
    const decoder = new StringDecoder('utf8');
    let held = '';

    const firstUnsettled = (): number => {
      const first = unsettledIn(held, needles);
      const encoded = unwrappedEncoded(held);
      if (!encoded) return first;
      const at = unsettledIn(encoded.text, needles.filter(mayBeWrapped));
      if (at === encoded.text.length) return first;
      // The line as a whole: its length says that it is a part of something encoded.
      return Math.min(first, held.lastIndexOf('\n', encoded.back(at) - 1) + 1);
    };

    const write = (chunk: string | Uint8Array): string => {
      held += typeof chunk === 'string' ? chunk : decoder.write(chunk);
      const lines = Math.max(held.lastIndexOf('\n'), held.lastIndexOf('\r')) + 1;
      const tooLong = held.length > longestLine ? held.length - tail : 0;
      if (lines === 0 && tooLong === 0) return '';
      const spans = secretsIn(held);
      let until = Math.max(tooLong, Math.min(lines, firstUnsettled(), openKeyBlock(held)));
      until = spans.find((span) => span.from < until && until < span.to)?.from ?? until;
      // One secret that is longer than the longest line cannot be waited for: it goes as it was found so far.
      if (until === 0 && tooLong > 0) until = held.length;
      const shown = blanked(
        held.slice(0, until),
        spans.filter((span) => span.from < until),
      );
      held = held.slice(until);
      return shown;
    };

    const end = (): string => {
      const rest = redact(held + decoder.end());
      held = '';
      return rest;
    };
    return { write, end };
  };

  return {
    add,
    redact,
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- texts become texts, and the shape of a value stays
    redactJson: (value) => redactJson(value) as typeof value,
    known: (text) => knownSecrets(text)[0]?.name,
    redactStream,
  };
};

/** They may overlap: the search goes on inside of what was found. */
const occurrences = (pattern: RegExp, name: string, text: string): readonly Span[] => {
  const spans: Span[] = [];
  pattern.lastIndex = 0;
  for (let match = pattern.exec(text); match; match = pattern.exec(text)) {
    spans.push({ from: match.index, to: match.index + match[0].length, name });
    pattern.lastIndex = match.index + 1;
  }
  return spans;
};

/** Overlapping and touching spans as one. A name is kept where one is known. */
const merged = (spans: Span[]): readonly Span[] => {
  if (spans.length < 2) return spans;
  const result: Span[] = [];
  for (const span of spans.toSorted((a, b) => a.from - b.from || b.to - a.to)) {
    const last = result.at(-1);
    const touches = last !== undefined && (span.from < last.to || (span.from === last.to && span.name === last.name));
    if (touches) result[result.length - 1] = { ...span, ...last, to: Math.max(last.to, span.to) };
    else result.push(span);
  }
  return result;
};

/** What is shorter would be found where one line ends and the next one begins by chance. */
const mayBeWrapped = ({ length, wholeWord }: Needle): boolean => length >= 8 && !wholeWord;

const blanked = (text: string, spans: readonly Span[]): string => {
  if (spans.length === 0) return text;
  let result = '';
  let at = 0;
  for (const { from, to, name } of spans) {
    result += `${text.slice(at, from)}${name === undefined ? '‹secret›' : `‹secret:${name}›`}`;
    at = to;
  }
  return result + text.slice(at);
};
