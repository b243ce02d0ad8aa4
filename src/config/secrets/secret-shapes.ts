import { urlPasswordSpans } from './url-password.ts';

/** A stretch of text that must not be shown. */
export interface Span {
  readonly from: number;
  readonly to: number;
  /** The secret's name; absent where only its place is known (the password of a URL). */
  readonly name?: string;
}

/**
 * What gives a secret away although nobody registered it. Where `pattern` has two groups, the first is kept and the
 * second is the secret; without groups the whole match is.
 */
interface Shape {
  /** A text without it (in lower case) cannot match; spares the expression on plain text. */
  readonly hint: string;
  readonly name?: string;
  readonly pattern: RegExp;
}

/** Each quantifier has a bound, and what may follow a match begins with another character: a text is read once by each. */
const shapes: readonly Shape[] = [
  {
    hint: '=',
    pattern:
      /((?:password|passwd|secret|token|api[_-]?key|access[_-]?key)=)(?!‹|\$\{)("[^"\n]{1,1024}"|'[^'\n]{1,1024}'|[^\s&"';,‹›]{1,4096})/gi,
  },
  { hint: 'sig', pattern: /([?&](?:sig|signature|x-amz-signature|x-amz-security-token)=)(?!‹)([^\s&"'<>]{8,4096})/gi },
  {
    hint: 'authorization',
    pattern:
      /(authorization["']?\s{0,4}[:=]\s{0,4}["']?(?:basic|token|bearer|apikey)\s{1,4})(?!‹)([^\s"',;]{3,8192})/gi,
  },
  {
    hint: 'bearer',
    name: 'bearer token',
    pattern: /(bearer\s{1,4})(?=[A-Za-z._~+/=-]{0,64}\d|\S{24})([A-Za-z0-9._~+/=-]{8,8192})/gi,
  },
  {
    hint: 'secret',
    name: 'aws secret key',
    pattern: /(aws_?secret_?access_?key["']?\s{0,4}[:=]\s{0,4}["']?)([A-Za-z0-9/+=]{40})/gi,
  },
  { hint: 'akia', name: 'aws key', pattern: /\bAKIA[A-Z0-9]{16}\b/g },
  { hint: 'asia', name: 'aws key', pattern: /\bASIA[A-Z0-9]{16}\b/g },
  { hint: 'gh', name: 'github token', pattern: /\bgh[pousr]_[A-Za-z0-9]{36,255}/g },
  { hint: 'github_pat_', name: 'github token', pattern: /\bgithub_pat_[A-Za-z0-9_]{22,255}/g },
  { hint: 'glpat-', name: 'gitlab token', pattern: /\bglpat-[A-Za-z0-9_-]{20,255}/g },
  { hint: 'npm_', name: 'npm token', pattern: /\bnpm_[A-Za-z0-9]{36}/g },
  { hint: 'aiza', name: 'google key', pattern: /\bAIza[A-Za-z0-9_-]{35}/g },
  { hint: '_live_', name: 'stripe key', pattern: /\b[rs]k_live_[A-Za-z0-9]{16,255}/g },
  { hint: 'xox', name: 'slack token', pattern: /\bxox[abeoprs]-[A-Za-z0-9-]{10,512}/g },
  { hint: 'xapp-', name: 'slack token', pattern: /\bxapp-[A-Za-z0-9-]{10,512}/g },
  {
    hint: 'hooks.slack.com',
    name: 'slack webhook',
    pattern: /(hooks\.slack\.com\/(?:services|workflows)\/)([A-Za-z0-9/_-]{8,512})/g,
  },
];

/** Where `text` has something in the shape of a secret. The spans may overlap. */
export const shapedSecrets = (text: string): readonly Span[] => {
  const spans: Span[] = [...keyBlocks(text), ...urlPasswordSpans(text, 'text'), ...webTokens(text)];
  const lower = text.toLowerCase();
  // Positions come from `text`: a few characters change their length in lower case.
  for (const { hint, name, pattern } of shapes) {
    if (!lower.includes(hint)) continue;
    for (const match of text.matchAll(pattern)) {
      const from = match.index + (match[1]?.length ?? 0);
      const to = from + (match[2] ?? match[0]).length;
      spans.push(name === undefined ? { from, to } : { from, to, name });
    }
  }
  return spans;
};

/** Where a private key begins that has not ended yet; the length of the text if none has. */
export const openKeyBlock = (text: string): number => {
  const begin = text.lastIndexOf('-----BEGIN ');
  return begin >= 0 && !/-----END [A-Z0-9 ]{0,64}-----/.test(text.slice(begin)) ? begin : text.length;
};

const keyBegin = /-----BEGIN [A-Z0-9 ]{0,64}PRIVATE KEY(?: BLOCK)?-----/g;
const keyEnd = /-----END [A-Z0-9 ]{0,64}PRIVATE KEY(?: BLOCK)?-----/g;
/** A block without an end is a cut-off one: everything that can belong to it goes. */
const keyBody = /[A-Za-z0-9+/=\s\\]*/y;

const keyBlocks = (text: string): readonly Span[] => {
  const spans: Span[] = [];
  let hasEnd = true;
  keyBegin.lastIndex = 0;
  for (let begin = keyBegin.exec(text); begin; begin = keyBegin.exec(text)) {
    const inside = keyBegin.lastIndex;
    keyEnd.lastIndex = inside;
    // Where one has no end, none after it has.
    hasEnd &&= keyEnd.test(text);
    keyBody.lastIndex = inside;
    if (!hasEnd) keyBody.test(text);
    const to = hasEnd ? keyEnd.lastIndex : keyBody.lastIndex;
    spans.push({ from: begin.index, to, name: 'private key' });
    keyBegin.lastIndex = to;
  }
  return spans;
};

const webTokenPart = /[A-Za-z0-9_-]*/y;

/** `eyJ...`, a dot, the claims, a dot, and the signature, which may be empty. */
const webTokens = (text: string): readonly Span[] => {
  const spans: Span[] = [];
  const endOfPart = (from: number): number => {
    webTokenPart.lastIndex = from;
    webTokenPart.test(text);
    return webTokenPart.lastIndex;
  };
  for (let at = text.indexOf('eyJ'); at >= 0;) {
    if (at > 0 && /\w/.test(text.charAt(at - 1))) {
      at = text.indexOf('eyJ', at + 3);
      continue;
    }
    const head = endOfPart(at);
    const claims = text[head] === '.' ? endOfPart(head + 1) : head;
    const isToken = head - at >= 11 && claims - head > 4 && text[claims] === '.';
    const to = isToken ? endOfPart(claims + 1) : head;
    if (isToken) spans.push({ from: at, to, name: 'jwt' });
    at = text.indexOf('eyJ', to);
  }
  return spans;
};
