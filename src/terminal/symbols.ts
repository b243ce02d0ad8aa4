import type { Verdict } from '../engine/finding.ts';

/** The few characters beyond ASCII that `rb` writes of its own accord. */
export interface Symbols {
  readonly mark: Readonly<Record<Verdict, string>>;
  readonly skipped: string;
  readonly doing: string;
  readonly ellipsis: string;
  readonly frame: { readonly top: string; readonly side: string; readonly bottom: string; readonly rule: string };
}

const unicode: Symbols = {
  mark: { ok: '✓', warn: '!', critical: '✗', unknown: '?' },
  skipped: '–',
  doing: '▸',
  ellipsis: '…',
  frame: { top: '┌', side: '│', bottom: '└', rule: '─' },
};

const ascii: Symbols = {
  mark: { ok: '+', warn: '!', critical: 'x', unknown: '?' },
  skipped: '-',
  doing: '>',
  ellipsis: '...',
  frame: { top: '+', side: '|', bottom: '+', rule: '-' },
};

/** ASCII where the locale says that its characters are not UTF-8. Without any locale (a container) UTF-8 is taken for granted. */
export const symbolsFor = (env: Readonly<Record<string, string | undefined>>): Symbols => {
  const locale = env['LC_ALL'] || env['LC_CTYPE'] || env['LANG'];
  return !locale || /utf-?8/i.test(locale) ? unicode : ascii;
};
