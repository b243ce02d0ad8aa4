import type { Cell, Column, Table, Verdict } from '../engine/finding.ts';
import { padEnd, padStart, truncate, widthOf } from './layout.ts';
import { clean } from './sanitise.ts';
import type { Redactor } from './sink.ts';
import type { Symbols } from './symbols.ts';
import { dim, span } from './text.ts';
import type { Text } from './text.ts';

export interface TableLayout {
  /** Columns there are; the lines fit into it as long as each column can have `leastWidth`. */
  readonly width: number;
  readonly symbols: Symbols;
  readonly redactor: Pick<Redactor, 'redact'>;
  /** Spaces before each line. */
  readonly indent?: number;
}

const gap = '  ';
const leastWidth = 4;
/** Columns are not made narrower than this, or than their title, to keep another one whole. */
const readableWidth = 10;

interface Shown {
  readonly text: string;
  readonly verdict?: Verdict;
}

/** A table as lines: a header, then one line a row. What does not fit is taken from the widest columns and ends with `…`. */
export const renderTable = (table: Table, layout: TableLayout): readonly Text[] => {
  const indent = ' '.repeat(layout.indent ?? 0);
  // Secrets go before anything is cut: half a secret is not recognised any more.
  const safe = (text: string) => clean(layout.redactor.redact(text));
  const titles = table.columns.map((column) => safe(column.title));
  const rows = table.rows.map((row) =>
    table.columns.map((_, index) => shown(row[index] ?? null, layout.symbols, safe)),
  );
  const natural = titles.map((title, index) =>
    Math.max(widthOf(title), ...rows.map((row) => widthOf(row[index]?.text ?? ''))),
  );
  const columns = natural.map((width, index) => ({
    width,
    readable: Math.min(width, Math.max(readableWidth, widthOf(titles[index] ?? ''))),
    whole: table.columns[index]?.whole === true,
  }));
  const widths = fit(columns, layout.width - indent.length - gap.length * (natural.length - 1));
  const right = table.columns.map((column, index) => alignsRight(column, table.rows, index));

  const place = (text: string, index: number): string => {
    const width = widths[index] ?? 0;
    const cut = truncate(text, width, layout.symbols.ellipsis);
    if (right[index]) return padStart(cut, width);
    return index === widths.length - 1 ? cut : padEnd(cut, width);
  };
  const line = (cells: readonly Text[]): Text => [
    indent,
    ...cells.flatMap((cell, index) => (index === 0 ? [cell] : [gap, cell])),
  ];
  return [
    line(titles.map((title, index) => dim(place(title, index)))),
    ...rows.map((row) =>
      line(
        row.map((cell, index) => {
          const text = place(cell.text, index);
          return cell.verdict === undefined ? text : span(cell.verdict, text);
        }),
      ),
    ),
  ];
};

const shown = (cell: Cell, symbols: Symbols, safe: (text: string) => string): Shown => {
  if (cell === null) return { text: symbols.skipped };
  if (typeof cell === 'string') return { text: safe(cell) };
  if (typeof cell === 'number') return { text: String(cell) };
  return { text: `${symbols.mark[cell.verdict]} ${safe(cell.text)}`, verdict: cell.verdict };
};

/** As the column says; else numbers stand on the right. */
const alignsRight = (column: Column, rows: Table['rows'], index: number): boolean => {
  if (column.align !== undefined) return column.align === 'right';
  const cells = rows.map((row) => row[index] ?? null).filter((cell) => cell !== null);
  return cells.length > 0 && cells.every((cell) => typeof cell === 'number');
};

interface Width {
  readonly width: number;
  readonly readable: number;
  readonly whole: boolean;
}

/** Takes a column at a time from the widest until the sum fits; from those that are to stay whole last. */
const fit = (columns: readonly Width[], available: number): readonly number[] => {
  const widths = columns.map(({ width }) => width);
  let excess = widths.reduce((sum, width) => sum + width, 0) - available;
  const cut = (least: (column: Width) => number): void => {
    const room = () =>
      columns.map((column, index) => ((widths[index] ?? 0) > least(column) ? (widths[index] ?? 0) : 0));
    for (let rooms = room(); excess > 0 && Math.max(...rooms) > 0; rooms = room()) {
      const widest = Math.max(...rooms);
      widths[rooms.lastIndexOf(widest)] = widest - 1;
      excess -= 1;
    }
  };
  if (columns.some(({ whole }) => whole)) cut(({ whole, width, readable }) => (whole ? width : readable));
  cut(() => leastWidth);
  return widths;
};
