import { legible } from './wording.ts';

/**
 * Foreign text as one line of Markdown that is nothing but text: no emphasis, link, image, HTML, table cell, heading or
 * list, in CommonMark and GitHub's dialect (which also turns bare addresses and @names into links).
 */
export const plainText = (text: string): string =>
  oneLine(text)
    .replace(/[&<>]/g, (character) => entities[character] ?? character)
    .replace(/[\\`*_{}[\]|~$!]/g, '\\$&')
    .replace(/(?<!\w)@|@(?=[\w-]+\.)/g, '&#64;')
    .replace(/:(?=\/\/)/g, '&#58;')
    .replace(/\bwww\./gi, (www) => `${www.slice(0, 3)}&#46;`)
    .replace(/^(?:[#+=-]|\d+(?=[.)](?:\s|$)))/, (start) => (/\d/.test(start) ? `${start}\\` : `\\${start}`));

/** A fenced block, its fence longer than any in the text. */
export const codeBlock = (lines: readonly string[], language = ''): string => {
  const code = lines.map(legible).join('\n');
  const fence = '`'.repeat(Math.max(3, longestRun(code) + 1));
  return `${fence}${language}\n${code}\n${fence}`;
};

const entities: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;' };

const oneLine = (text: string): string => legible(text).replace(/\s+/g, ' ').trim();

const longestRun = (text: string): number =>
  (text.match(/`+/g) ?? []).reduce((longest, run) => Math.max(longest, run.length), 0);
