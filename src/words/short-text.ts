/** More than anyone reads of one error, in characters. */
const longest = 16 * 1024;
/** How far back a cut looks for the end of a word: a secret that is cut in two is not recognised. */
const longestWord = 1024;

/** The beginning of a text that others wrote, for a sentence of ours: at most 16 KiB, and how much was cut off. */
export const shortText = (text: string): string => {
  if (text.length <= longest) return text;
  const end = longest - (/\s\S*$/.exec(text.slice(longest - longestWord, longest))?.[0].length ?? 0);
  return `${text.slice(0, end).toWellFormed()} [${text.length - end} characters cut off]`;
};

/** The end of one, where the reason is at the end: of a trace, of usage, of logs. At most 16 KiB. */
export const textEnd = (text: string): string => {
  if (text.length <= longest) return text;
  const from = text.length - longest;
  const word = /^\S*/.exec(text.slice(from, from + longestWord))?.[0].length ?? 0;
  return text.slice(from + word);
};
