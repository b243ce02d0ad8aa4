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

/** What a column of text is at least worth having: a column that is `extra` is left out before others become narrower. */
const worthHaving = 24;
/** A column that becomes narrower before the others do keeps so much at first: 30 characters of a statement, and that it goes on. */
const statement = 31;
/** And so much before what is left of the others goes. */
const narrowed = 12;

/**
 * A table as lines: a header, then one line a row. Where there is no room columns that are `extra` are left out; what still
 * does not fit is taken from the widest columns and ends with `…`.
 */
export const renderTable = (whole: Table, layout: TableLayout): readonly Text[] => {
  const table = withoutExtra(whole, layout);
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
    narrows: table.columns[index]?.narrows === true,
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

const withoutExtra = (table: Table, { width, indent = 0 }: TableLayout): Table => {
  const needed = table.columns.map(({ title }, index) => {
    const widest = Math.max(widthOf(title), ...table.rows.map((row) => widthOf(plainCell(row[index] ?? null))));
    return Math.min(widest, table.columns[index]?.narrows ? statement : worthHaving) + gap.length;
  });
  let excess = needed.reduce((sum, one) => sum + one, 0) - gap.length - (width - indent);
  const dropped = new Set<number>();
  for (let index = needed.length - 1; index >= 0 && excess > 0; index -= 1) {
    if (!table.columns[index]?.extra) continue;
    dropped.add(index);
    excess -= needed[index] ?? 0;
  }
  if (dropped.size === 0) return table;
  const kept = <Of>(of: readonly Of[]): readonly Of[] => of.filter((_, index) => !dropped.has(index));
  return { columns: kept(table.columns), rows: table.rows.map(kept) };
};

/** Good enough to measure by. */
const plainCell = (cell: Cell): string =>
  cell !== null && typeof cell === 'object' ? `  ${cell.text}` : String(cell ?? '-');

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
  readonly narrows: boolean;
  readonly whole: boolean;
}

/**
 * Takes a column at a time from the widest until the sum fits: first from those that give way, as long as they can be read, from those
 * that are to stay whole last.
 */
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
  const giving = columns.some(({ narrows }) => narrows);
  if (giving) {
    cut(({ narrows, width }) => (narrows ? statement : width));
    cut(({ narrows, whole, width, readable }) => (narrows ? statement : whole ? width : readable));
    cut(({ narrows, width }) => (narrows ? narrowed : width));
  }
  if (columns.some(({ whole }) => whole)) cut(({ whole, width, readable }) => (whole ? width : readable));
  cut(() => leastWidth);
  return widths;
};
