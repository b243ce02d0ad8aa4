import { namesSecret } from '../../../words/secret-words.ts';

const option = /^--?([\w.-]+)(=|$)/;
const notShown = '(not shown)';

/** A command line in one text, or a part of one, without the values that its options name as secret: `--db-password=(not shown)`. */
export const withoutSecretArguments = (text: string): string => {
  let [shown, at] = ['', 0];
  for (const { 0: word, index } of text.matchAll(/[\w.-]+/g)) {
    const end = index + word.length;
    const dash = word.indexOf('-');
    if (end <= at || dash < 0 || !namesSecret(word.slice(dash + 1))) continue;
    const value = valueAfter(text, end);
    if (value === undefined) continue;
    shown += text.slice(at, value.from) + notShown;
    at = value.to;
  }
  return shown + text.slice(at);
};

const gap = /=|\s+/y;
/** A quote that is not closed was cut off: its value goes on to the end. */
const argument = /"[^"]*(?:"|$)|'[^']*(?:'|$)|[^\s"',]+/y;

const valueAfter = (text: string, end: number): { readonly from: number; readonly to: number } | undefined => {
  gap.lastIndex = end;
  if (!gap.test(text)) return undefined;
  const from = gap.lastIndex;
  if (text[end] !== '=' && text[from] === '-') return undefined;
  argument.lastIndex = from;
  return argument.test(text) ? { from, to: argument.lastIndex } : undefined;
};

/** One argument of a command line; `before` is the one before it. */
export const shownArgument = (argument: string, before: string | undefined): string => {
  const named = before === undefined ? undefined : secretOption(before);
  if (named?.isAlone && !argument.startsWith('-')) return notShown;
  const own = secretOption(argument);
  return own && !own.isAlone ? `${own.text}${notShown}` : withoutSecretArguments(argument);
};

const secretOption = (argument: string): { readonly text: string; readonly isAlone: boolean } | undefined => {
  const [text = '', name = '', sign] = option.exec(argument) ?? [];
  return namesSecret(name) ? { text, isAlone: sign !== '=' } : undefined;
};
