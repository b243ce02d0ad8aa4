import stringWidth from 'fast-string-width';

/** Each of these is one column: ASCII, Latin letters, pictures of controls, and what `rb` writes of its own accord. */
const narrow = /^[\x20-\x7E\xC0-\u024F\u2400-\u2426‹›…▸✓✗┌│└─–]*$/;
// Made when the first text needs it: loading its tables takes as long as a short command.
let segmenter: Intl.Segmenter | undefined;
const graphemesOf = (text: string): Intl.Segments => (segmenter ??= new Intl.Segmenter()).segment(text);

/** Columns that a clean text takes on a terminal: 2 for CJK and emoji, 0 for combining marks. */
export const widthOf = (text: string): number => (narrow.test(text) ? text.length : stringWidth(text));

/** At most `width` columns of a clean text; what is cut off leaves `ellipsis`. */
export const truncate = (text: string, width: number, ellipsis: string): string => {
  if (widthOf(text) <= width) return text;
  if (width < widthOf(ellipsis)) return ''.padEnd(Math.max(0, width), '.');
  return text.slice(0, indexAt(text, width - widthOf(ellipsis))).trimEnd() + ellipsis;
};

/** Lines of at most `width` columns, broken between words where that is possible. */
export const wrap = (text: string, width: number): readonly string[] => {
  if (widthOf(text) <= width) return [text];
  const lines: string[] = [];
  let [line, used] = ['', 0];
  for (const word of text.split(' ')) {
    // A space never joins with what is beside it, so widths add up; to measure the line again for each word takes five times as long.
    const columns = widthOf(word);
    const longer = line === '' ? columns : used + 1 + columns;
    if (longer <= width) {
      [line, used] = [line === '' ? word : `${line} ${word}`, longer];
      continue;
    }
    if (line !== '') lines.push(line);
    const pieces = chop(word, width);
    line = pieces.pop() ?? '';
    used = widthOf(line);
    for (const piece of pieces) lines.push(piece);
  }
  return [...lines, line];
};

export const padEnd = (text: string, width: number): string => text + ' '.repeat(Math.max(0, width - widthOf(text)));
export const padStart = (text: string, width: number): string => ' '.repeat(Math.max(0, width - widthOf(text))) + text;

/** A word in pieces that fit; a character wider than `width` stands alone. */
const chop = (word: string, width: number): string[] => {
  if (narrow.test(word)) {
    const count = Math.max(1, Math.ceil(word.length / width));
    return Array.from({ length: count }, (_, index) => word.slice(index * width, (index + 1) * width));
  }
  const pieces: string[] = [];
  let [from, used] = [0, 0];
  for (const { segment, index } of graphemesOf(word)) {
    const columns = widthOf(segment);
    if (used + columns > width && index > from) {
      pieces.push(word.slice(from, index));
      [from, used] = [index, 0];
    }
    used += columns;
  }
  return [...pieces, word.slice(from)];
};

/** Where the text has to be cut to take at most `width` columns; never inside what is seen as one character. */
const indexAt = (text: string, width: number): number => {
  if (narrow.test(text)) return Math.min(text.length, width);
  let used = 0;
  for (const { segment, index } of graphemesOf(text)) {
    used += widthOf(segment);
    if (used > width) return index;
  }
  return text.length;
};
