/** Lines around a change that did not change. */
const context = 2;
/** More pairs of lines than this are not compared with each other. */
const mostPairs = 4_000_000;

/** Two texts line by line: `- ` what is gone, `+ ` what is new, two spaces before what is around it, `...` where lines are left out. */
export const textDifference = (before: string, after: string): readonly string[] => {
  const [old, fresh] = [linesOf(before), linesOf(after)];
  let start = 0;
  while (start < Math.min(old.length, fresh.length) && old[start] === fresh[start]) start += 1;
  let end = 0;
  while (end < Math.min(old.length, fresh.length) - start && old.at(-1 - end) === fresh.at(-1 - end)) end += 1;
  const middle = changed(old.slice(start, old.length - end), fresh.slice(start, fresh.length - end));
  return aroundChanges([...old.slice(0, start).map(same), ...middle, ...old.slice(old.length - end).map(same)]);
};

const linesOf = (text: string): readonly string[] => text.replace(/\n$/, '').split('\n');
const same = (line: string): string => `  ${line}`;

/** By the longest common subsequence. */
const changed = (old: readonly string[], fresh: readonly string[]): readonly string[] => {
  if (old.length * fresh.length > mostPairs)
    return [...old.map((line) => `- ${line}`), ...fresh.map((line) => `+ ${line}`)];
  const width = fresh.length + 1;
  const common = new Uint32Array((old.length + 1) * width);
  const at = (row: number, column: number) => common[row * width + column] ?? 0;
  for (let row = old.length - 1; row >= 0; row -= 1)
    for (let column = fresh.length - 1; column >= 0; column -= 1)
      common[row * width + column] =
        old[row] === fresh[column] ? at(row + 1, column + 1) + 1 : Math.max(at(row + 1, column), at(row, column + 1));
  const lines: string[] = [];
  for (let row = 0, column = 0; row < old.length || column < fresh.length;) {
    if (row < old.length && column < fresh.length && old[row] === fresh[column]) {
      lines.push(same(old[row] ?? ''));
      row += 1;
      column += 1;
    } else if (column >= fresh.length || (row < old.length && at(row + 1, column) >= at(row, column + 1))) {
      lines.push(`- ${old[row]}`);
      row += 1;
    } else {
      lines.push(`+ ${fresh[column]}`);
      column += 1;
    }
  }
  return lines;
};

const aroundChanges = (lines: readonly string[]): readonly string[] => {
  const shown = new Set(
    lines.flatMap((line, index) =>
      line.startsWith('  ') ? [] : Array.from({ length: 2 * context + 1 }, (_, offset) => index - context + offset),
    ),
  );
  return lines.flatMap((line, index) => {
    if (shown.has(index)) return [line];
    return shown.has(index - 1) && index < lines.length - 1 ? ['...'] : [];
  });
};
