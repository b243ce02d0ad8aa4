/** What in the name of a variable or of an option says that its value may be a secret; of a regular expression without case. */
export const secretWord = '(?:pass|secret|token|key|credential|auth|dsn)';
const option = String.raw`--?[\w.-]*${secretWord}[\w.-]*`;
const withValue = new RegExp(`^(${option}=).*$`, 'is');
const alone = new RegExp(`^${option}$`, 'i');
const withinText = new RegExp(String.raw`(${option}(?:=|\s+(?!-)))(?:"[^"]*"|'[^']*'|[^\s"',]+)`, 'gi');
const notShown = '(not shown)';

/** A command line in one text, or a part of one, without the values that its options name as secret: `--db-password=(not shown)`. */
export const withoutSecretArguments = (text: string): string => text.replaceAll(withinText, `$1${notShown}`);

/** One argument of a command line; `before` is the one before it. */
export const shownArgument = (argument: string, before: string | undefined): string => {
  if (before !== undefined && alone.test(before) && !argument.startsWith('-')) return notShown;
  return withValue.test(argument) ? argument.replace(withValue, `$1${notShown}`) : withoutSecretArguments(argument);
};
