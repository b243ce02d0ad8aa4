import { legible } from './wording.ts';

/** Text that is HTML already. Only `html` makes it. */
export class Html {
  readonly source: string;
  constructor(source: string) {
    this.source = source;
  }
}

type Part = string | number | Html | readonly Html[] | undefined;

/** A piece of HTML. What is put in is text and is escaped, for content and for quoted attributes, unless `html` made it. */
export const html = (strings: TemplateStringsArray, ...parts: readonly Part[]): Html =>
  new Html(strings.reduce((source, string, at) => source + sourceOf(parts[at - 1]) + string));

const sourceOf = (part: Part): string => {
  if (part === undefined) return '';
  if (part instanceof Html) return part.source;
  if (typeof part === 'object') return part.map(({ source }) => source).join('');
  return legible(String(part)).replace(/[&<>"'`]/g, (character) => `&#${character.charCodeAt(0)};`);
};
